"""One member of a team, ours, whoever leads it: it joins, takes its mail and its tasks, answers, and leaves."""
