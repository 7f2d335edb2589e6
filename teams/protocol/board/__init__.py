"""The board of a team: tasks as files, their life as one table, the journal as their truth."""
