"""One agent: the loop, its tools, its limits."""
