"""A goal reached by several agents: contract, scheduling, verification, merge, resume."""
