"""What the orchestrator decides after the plan: another approach, less, or an end; and what a person says to that."""
