"""The tool ``call``: an agent calls a tool of an MCP server that the person imported and trusts.

Rule 1: it is offered only where there is such a server, and reaches no other: what a repository brings starts nothing.
Rule 2: the server runs outside the sandbox, with the person's rights, in the session that the person's own calls use;
        the call is an effect that outlives the agent's copy, and is not repeated by itself.
Rule 3: what comes back is somebody else's text: fenced, and put on the shelf when it is long, as any result.
Rule 4: nobody is asked to log in, and a server that is not ready stops no agent: it is told in a sentence.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onecontext.errors import InvalidDocument, SetupError, UnknownSkill, UsageError
from onecontext.text.fence import fenced
from skills.mcp.calling import Caller
from skills.mcp.result import text_of
from skills.mcp.start import Server, find_servers
from skills.mcp.trusting import NotTrusted, check_trusted
from teams.agent.tools import Tool, tool_from

NAME = "call"


def calling_tools(project: Path, env: Mapping[str, str]) -> list[Tool]:
    """Return the tool ``call``, or nothing where no server is trusted.

    Args:
        env: of the person: where the home folder is, and what servers are started with.
    """
    if not trusted_servers(project, env):
        return []

    def call(server: str, tool: str, arguments: dict[str, Any] | None = None) -> str:
        """Call a tool of an MCP server; do so where a skill says `onecontext call SERVER TOOL key=value`."""
        found = trusted_servers(project, env)
        if server not in found:
            raise UnknownSkill(f"no MCP server {server!r}; there are {', '.join(found) or 'none'}")
        return _called(found[server], tool, arguments or {}, env)

    return [tool_from(call, name=NAME)]


def trusted_servers(project: Path, env: Mapping[str, str]) -> dict[str, Server]:
    """Return the servers that may be started, by name."""
    home = env.get("HOME")
    servers = find_servers(project, Path(home) if home else None)
    return {server.name: server for server in servers if _is_trusted(server, env)}


def _called(server: Server, tool: str, arguments: Mapping[str, Any], env: Mapping[str, str]) -> str:
    try:
        with Caller(server, env) as caller:
            called = caller.call(tool, arguments)
    except SetupError as error:
        # Of these the loop makes the end of a run, since no model could mend them; an agent can do without a server.
        raise UsageError(f"{error.message}; a person can mend that") from error
    text = fenced("result", text_of(called.result, tool=tool, folder=None))
    notes = "".join(f"[{note}]\n" for note in called.notes)
    if called.is_error:
        raise UsageError(f"{tool} of {server.name} says that it failed:\n{notes}{text}")
    return f"{notes}{text}"


def _is_trusted(server: Server, env: Mapping[str, str]) -> bool:
    try:
        check_trusted(server, env)
    except (NotTrusted, SetupError, InvalidDocument):
        return False
    return True
