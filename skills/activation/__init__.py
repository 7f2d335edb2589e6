"""A skill opened: its body, and the files that the body sends to."""
