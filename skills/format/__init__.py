"""What a skill is: the format of agentskills.io, as it is written (strict) and as it is met (forgiving)."""
