"""Models that say what a test wants, and an observer that keeps what it is told."""

from collections.abc import Callable, Sequence
from typing import Any

from teams.agent.agent import Agent
from teams.agent.limits import Result
from teams.agent.tools import Tool
from teams.models.port import Message, OnText, Reply, ToolCall, ToolSpec, Usage

FREE = Usage(10, 0, 5, 0.0)


class Says:
    """A model that gives these replies in turn; the last one for ever. It keeps what it was sent."""

    name = "says"
    scripted = False

    def __init__(self, *replies: Reply | Exception) -> None:
        self._replies = list(replies)
        self.sent: list[Sequence[Message]] = []
        self.tools: Sequence[ToolSpec] = ()

    def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, on_text: OnText | None = None) -> Reply:
        self.sent.append(messages)
        self.tools = tools
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        if on_text:
            on_text(reply.text)
        return reply


def text(words: str, usage: Usage = FREE, stop: Any = "end") -> Reply:
    return Reply(words, (), usage, "says", stop)


def calls(*names: str, arguments: str = "{}", stop: Any = "tools", usage: Usage = FREE) -> Reply:
    return Reply("", tuple(ToolCall(f"c{n}", name, arguments) for n, name in enumerate(names)), usage, "says", stop)


class Told:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def state(self, state: str, detail: str) -> None:
        self.lines.append(f"{state} {detail}".strip())

    def model_called(self, reply: Reply, latency_s: float) -> None:
        self.lines.append(f"model {reply.stop} {latency_s >= 0}")

    def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
        self.lines.append(f"intent {call.name} {tool is not None}")

    def tool_returned(self, call: ToolCall, *, ok: bool, output: str, duration_s: float) -> None:
        self.lines.append(f"result {call.name} {ok} {output}")


def run(model: Says, *tools: Tool | Callable[..., object], **more: Any) -> Result:
    return Agent("ann", model=model, tools=tools, **more).run("Do it.")
