"""Markdown skills: found, listed in a line each, read in full only when activated."""
