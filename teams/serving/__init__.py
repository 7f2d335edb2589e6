"""Serving a board: whoever puts a task on it has a worker do it, for as long as this runs."""
