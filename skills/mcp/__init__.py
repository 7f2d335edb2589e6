"""MCP servers as skills: imported once, read as signature lines, called through a session that is kept open."""
