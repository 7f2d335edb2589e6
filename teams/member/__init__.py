"""A member of a team: somebody who reads mail, takes tasks and answers, whoever does the thinking."""
