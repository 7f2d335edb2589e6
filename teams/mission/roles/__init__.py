"""Which roles a mission has, and who of those that have one is free."""
