"""The one door to the MCP SDK: a connection to one server, without a trace of asyncio outside."""
