"""Memories of other programs: what they read is written, what they wrote is taken in."""
