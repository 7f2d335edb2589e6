"""Who runs a mission and says how it goes on: one process at a time, words from outside, what the dead left."""
