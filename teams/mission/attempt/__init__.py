"""One attempt at one task: its copy of the repository, what of it outlives a kill, and how it is taken away."""
