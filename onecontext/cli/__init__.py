"""The command line: one entry point, every command loaded only when it is named."""
