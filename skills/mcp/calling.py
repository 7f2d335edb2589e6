"""Call a tool of an imported server: from the command line, from an agent, or from Python.

    server = find_server("time", Path.cwd(), Path.home())
    with Caller(server, os.environ) as caller:
        print(caller.call("get_current_time", {"timezone": "Europe/Rome"}).text())

Rule 1: only a server that the person trusts is started (:mod:`skills.mcp.trusting`).
Rule 2: no SDK and no pydantic here: a call costs what a message to the daemon costs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skills.mcp.holder import IDLE_S, Holder
from skills.mcp.start import Server
from skills.mcp.tools import Tool
from skills.mcp.trusting import check_trusted

TIMEOUT_S = 120.0
_STARTING_S = 90.0


@dataclass(frozen=True)
class Called:
    """What a call brought: the server's result as it said it, and sentences for whoever asked."""

    result: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether the tool says that it failed."""
        return self.result.get("isError") is True

    def text(self) -> str:
        """Return the texts in the result, one after the other; see :mod:`skills.mcp.result` for all of it."""
        content = self.result.get("content")
        parts = content if isinstance(content, list) else []
        return "\n".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")


class Caller:
    """Calls tools of one server through the session that the daemon holds.

    Args:
        env: where the values are looked up that the server is started with.
        idle_s: see :class:`skills.mcp.holder.Holder`.

    Raises:
        NotTrusted: the person did not say that it may start. SetupError: a variable is not set.
    """

    def __init__(self, server: Server, env: Mapping[str, str], *, idle_s: float = IDLE_S) -> None:
        check_trusted(server, env)
        self.server = server
        self._launch = server.launch(env)
        self._holder = Holder(env, idle_s=idle_s)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        timeout_s: float = TIMEOUT_S,
        show: Callable[[str], None] | None = None,
    ) -> Called:
        """Call a tool; see :meth:`skills.mcp.holder.Holder.ask` for ``show``.

        Raises:
            UsageError: there is no such tool. ToolChanged: it takes something else now. NoServer, NeedsLogin,
            ServerFailed: the server did not do it. CallInDoubt: whether it did is not known.
        """
        about = self.server.tools.get(tool, {})
        request = {
            "op": "call",
            "launch": self._launch,
            "tool": tool,
            "arguments": dict(arguments),
            "timeout_s": timeout_s,
            "expected": {"schema": about.get("schema", ""), "listing": self.server.listing},
        }
        answer = self._holder.ask(request, wait_s=timeout_s + _STARTING_S, show=show)
        return Called(answer["result"], tuple(answer["notes"]))

    def close(self) -> None:
        """Hang up; the session is held on."""
        self._holder.close()


@dataclass(frozen=True)
class Listed:
    """What a server says of itself: its tools, ``name``, ``version`` and ``protocol``, and sentences about oddities."""

    tools: tuple[Tool, ...]
    about: Mapping[str, str]
    notes: tuple[str, ...]


def listed(
    server: Server,
    env: Mapping[str, str],
    *,
    timeout_s: float,
    show: Callable[[str], None] | None = None,
) -> Listed:
    """Return the tools of a server that a person named just now, which is why nobody is asked for trust.

    Args:
        timeout_s: seconds that it may take to answer.

    Raises:
        NoServer, NeedsLogin, ServerFailed: it does not say.
    """
    holder = Holder(env)
    try:
        request = {"op": "tools", "launch": server.launch(env), "timeout_s": timeout_s}
        answer = holder.ask(request, wait_s=timeout_s + _STARTING_S, show=show)
    finally:
        holder.close()
    tools = tuple(Tool(name, description, schema, exact) for name, description, schema, exact in answer["tools"])
    return Listed(tools, answer["about"], tuple(answer["notes"]))
