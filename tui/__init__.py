"""The monitor: a live picture of a team, its board, messages, memory and cost. Nothing imports this package."""
