"""What an agent does, written down as it happens: to the team's journal, and as steps of the agent's memory.

Rule 1: the intent of a tool call is in the journal before the tool runs, its result after; so a crash between shows.
Rule 2: whatever a model or a tool says, each of its texts is cut and has a UTF-8 form; a line has a limit.
"""

from typing import Any

from onecontext.errors import ModelError
from teams.agent.tools import Tool, digest_of_text
from teams.engine.journal import Journal
from teams.models.patient import Limited
from teams.models.port import Conversation, Reply, ToolCall
from teams.models.routing import FellBack

HEAD_CHARACTERS = 2000
NAME_CHARACTERS = 200


class Recorder:
    """The observer of one agent in one attempt, or of a member without a mission (:mod:`teams.agent.observer`)."""

    def __init__(self, journal: Journal, *, mission: str | None, agent: str, scripted: bool, **where: Any) -> None:
        self._journal = journal
        self._scripted = scripted
        self._where = {"mission": mission, "agent": agent, **where}

    def state(self, state: str, detail: str) -> None:
        self._append("agent.state", {"state": state, "detail": detail})

    def model_called(self, reply: Reply, latency_s: float, *, calls: int = 1) -> None:
        """Record an answer, or what ``calls`` answers took together, as another program tells it at its end."""
        usage = reply.usage
        counted = {"tokens": reply.counted.tokens, "usd": reply.counted.usd} if reply.counted else None
        self._append(
            "model.called",
            {
                "model": reply.model,
                "provider": _head(reply.provider, NAME_CHARACTERS),
                "scripted": self._scripted,
                "tokens_in": usage.tokens_in,
                "tokens_cached": usage.tokens_cached,
                "tokens_out": usage.tokens_out,
                "cost_usd": usage.cost_usd,
                "latency_s": round(latency_s, 4),
                "text": _head(reply.text),
                **({"counted": counted} if counted else {}),
                **({"cached": True} if reply.cached else {}),
                **({"calls": calls} if calls != 1 else {}),
                **({"window": reply.window} if reply.window else {}),
            },
        )

    def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
        self._append(
            "tool.intent",
            {
                **_named(call),
                "arguments": _head(call.arguments),
                "digest": digest_of_text(call.arguments),
                "idempotent": tool.idempotent if tool else True,
                "effect": tool.effect if tool else "confined",
            },
        )

    def tool_returned(self, call: ToolCall, *, ok: bool, output: str, duration_s: float) -> None:
        self._append(
            "tool.result",
            {
                **_named(call),
                "ok": ok,
                "output": _head(output),
                "duration_s": round(duration_s, 4),
            },
        )

    def _append(self, type_: str, data: dict[str, Any]) -> None:
        self._journal.append(type_, data, **self._where)


def fallbacks(journal: Journal, *, mission: str) -> FellBack:
    """Return what records that another model carries a conversation on."""

    def record(whose: Conversation, left: str, taken: str, error: ModelError) -> None:
        data = {"from": left, "to": taken, "reason": _head(f"{type(error).__name__}: {error.message}")}
        journal.append("model.fallback", data, mission=mission, agent=whose.agent)

    return record


def waits(journal: Journal, *, mission: str) -> Limited:
    """Return what records that a call waits for its turn, or before it is made again."""

    def record(whose: Conversation, model: str, reason: str, wait_s: float) -> None:
        data = {"model": model, "reason": _head(reason), "wait_s": round(wait_s, 1)}
        journal.append("model.limited", data, mission=mission, agent=whose.agent)

    return record


def _named(call: ToolCall) -> dict[str, str]:
    return {"call": _head(call.id, NAME_CHARACTERS), "tool": _head(call.name, NAME_CHARACTERS)}


def _head(text: str, limit: int = HEAD_CHARACTERS) -> str:
    return text[:limit].encode("utf-8", "backslashreplace").decode("utf-8")
