"""What an agent can do with its memory: step, commit, branch, switch, merge, diff."""
