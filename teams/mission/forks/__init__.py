"""A mission that begins where another one was."""
