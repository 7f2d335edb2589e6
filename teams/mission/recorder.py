"""What an agent does, written down as it happens: to the team's journal, and as steps of the agent's memory.

Rule 1: the intent of a tool call is in the journal before the tool runs, its result after; so a crash between shows.
"""

from typing import Any

from teams.agent.tools import Tool
from teams.engine.journal import Journal
from teams.models.port import Reply, ToolCall

HEAD_CHARACTERS = 2000


class Recorder:
    """The observer of one agent in one attempt (see :class:`teams.agent.loop.Observer`)."""

    def __init__(self, journal: Journal, *, mission: str, agent: str, scripted: bool, **where: Any) -> None:
        self._journal = journal
        self._scripted = scripted
        self._where = {"mission": mission, "agent": agent, **where}

    def state(self, state: str, detail: str) -> None:
        self._append("agent.state", {"state": state, "detail": detail})

    def model_called(self, reply: Reply, latency_s: float) -> None:
        usage = reply.usage
        self._append(
            "model.called",
            {
                "model": reply.model,
                "scripted": self._scripted,
                "tokens_in": usage.tokens_in,
                "tokens_cached": usage.tokens_cached,
                "tokens_out": usage.tokens_out,
                "cost_usd": usage.cost_usd,
                "latency_s": round(latency_s, 4),
                "text": reply.text[:HEAD_CHARACTERS],
            },
        )

    def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
        idempotent = tool.idempotent if tool else True
        arguments = call.arguments[:HEAD_CHARACTERS]
        self._append(
            "tool.intent", {"call": call.id, "tool": call.name, "arguments": arguments, "idempotent": idempotent}
        )

    def tool_returned(self, call: ToolCall, *, ok: bool, output: str, duration_s: float) -> None:
        self._append(
            "tool.result",
            {
                "call": call.id,
                "tool": call.name,
                "ok": ok,
                "output": output[:HEAD_CHARACTERS],
                "duration_s": round(duration_s, 4),
            },
        )

    def _append(self, type_: str, data: dict[str, Any]) -> None:
        self._journal.append(type_, data, **self._where)
