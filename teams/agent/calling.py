"""How an agent calls the tools of MCP servers that the person imported and trusts: by the tool ``call``, or natively.

Rule 1: it is offered only where there is such a server, and reaches no other: what a repository brings starts nothing.
Rule 2: the server runs outside the sandbox, with the person's rights, in the session that the person's own calls use;
        the call is an effect that outlives the agent's copy, and is not repeated by itself.
Rule 3: what comes back is somebody else's text: fenced, and put on the shelf when it is long, as any result.
Rule 4: nobody is asked to log in, and a server that is not ready stops no agent: it is told in a sentence.
Rule 5: a small server whose schemas cost less than its skill gives the agent its tools as they are
        (:mod:`skills.mcp.native`), and has no line in the catalogue then.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from onecontext.errors import InvalidDocument, SetupError, UnknownSkill, UsageError
from onecontext.text.fence import fenced
from onecontext.text.tokens import default_counter
from skills.mcp.calling import Caller
from skills.mcp.native import Priced, natives, priced
from skills.mcp.result import text_of
from skills.mcp.start import Server, find_servers
from skills.mcp.trusting import NotTrusted, check_trusted
from teams.agent.tools import Tool, tool_from
from teams.models.port import ToolSpec

NAME = "call"
CALL_TOKENS = 74
"""What the tool ``call`` costs in a request (o200k_base); ``tests/integration/test_agent_calling.py`` counts it."""


class Calling:
    """The servers of one project, as its agents are given them; they are as they are at each question."""

    def __init__(self, project: Path, env: Mapping[str, str]) -> None:
        """Take the person's environment: where the home folder is, and what servers are started with."""
        self._project, self._env = project, env
        self._priced: dict[tuple[Path, str], Priced | None] = {}

    def tools(self, taken: Collection[str] = ()) -> list[Tool]:
        """Return the native tools, and ``call`` where there are other servers; nothing where none is trusted.

        Args:
            taken: names of tools that the agent has; a native one of that name is called ``<server>_<tool>``.
        """
        servers = self._trusted()
        native = self._native(servers)
        offered: list[Tool] = []
        names = {*taken, NAME}
        for one in native:
            for tool in one.tools:
                name = tool.name if tool.name not in names else f"{one.server.name}_{tool.name}"[:64]
                if name not in names:
                    names.add(name)
                    offered.append(self._as_tool(one.server, name, tool.name, tool.description, tool.parsed))
        if {*servers} - {one.server.name for one in native}:
            offered.append(tool_from(self._call(), name=NAME))
        return offered

    def native(self) -> frozenset[str]:
        """Return the names of the servers whose tools are native, so that nobody is told of their skills."""
        return frozenset(one.server.name for one in self._native(self._trusted()))

    def _trusted(self) -> dict[str, Server]:
        home = self._env.get("HOME")
        servers = find_servers(self._project, Path(home) if home else None)
        return {server.name: server for server in servers if _is_trusted(server, self._env)}

    def _native(self, servers: Mapping[str, Server]) -> list[Priced]:
        for server in servers.values():
            if (server.folder, server.listing) not in self._priced:
                self._priced[server.folder, server.listing] = priced(server, default_counter())
        return natives([self._priced[one.folder, one.listing] for one in servers.values()], once=CALL_TOKENS)

    def _as_tool(self, server: Server, name: str, tool: str, description: str, schema: Mapping[str, Any]) -> Tool:
        def call(arguments: Mapping[str, Any]) -> str:
            now = self._trusted().get(server.name)
            if now is None:
                raise UsageError(f"the MCP server {server.name} is not there any more, or not trusted")
            return _called(now, tool, arguments, self._env)

        return Tool(ToolSpec(name, description, schema), call)

    def _call(self) -> Callable[..., str]:
        def call(server: str, tool: str, arguments: dict[str, Any] | None = None) -> str:
            """Call a tool of an MCP server; do so where a skill says `onecontext call SERVER TOOL key=value`."""
            found = self._trusted()
            if server not in found:
                raise UnknownSkill(f"no MCP server {server!r}; there are {', '.join(found) or 'none'}")
            return _called(found[server], tool, arguments or {}, self._env)

        return call


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
