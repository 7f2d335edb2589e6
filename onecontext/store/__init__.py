"""The only door to git objects and to files that must be atomic or durable."""
