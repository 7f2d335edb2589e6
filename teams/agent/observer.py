"""Who is told what an agent does, as it does it.

Rule 1: a tool's intent is told before it runs and its result after, so an intent without a result was interrupted.
Rule 2: an observer that raises stops the agent: what cannot be written down must not happen.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from teams.agent.tools import Tool
from teams.models.port import Reply, ToolCall

State = Literal["thinking", "tool", "waiting", "idle"]
OBSERVED_CHARACTERS = 4000


class Observer(Protocol):
    """Is told what happens, in the order it happens."""

    def state(self, state: State, detail: str) -> None:
        """The agent is now ``state``; ``detail`` is the tool's name, the ending, or empty."""

    def model_called(self, reply: Reply, latency_s: float) -> None:
        """The model answered after ``latency_s`` seconds."""

    def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
        """``call`` is about to run; ``tool`` is None when the model asked for one that does not exist."""

    def tool_returned(self, call: ToolCall, *, ok: bool, output: str, duration_s: float) -> None:
        """``call`` came back with ``output``, as the model sees it; not ``ok``: the model was told of an error."""


class Notebook(Protocol):
    """The part of a memory that an agent uses; :class:`onecontext.Memory` has it."""

    def step(self, observation: str = "", thought: str = "", action: str = "") -> object:
        """Append one step, durable when it returns."""

    def context(self, *, budget: int | None = None) -> object:
        """Return what matters now, within ``budget`` tokens; ``str()`` of it is the text."""

    def commit(self, contribution: str) -> object:
        """Record a milestone over the steps since the last one, durable when it returns."""


class NoteTaker:
    """Writes each tool call into a memory as one step: what the model said, what it did, what came of it."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._thought = ""

    def state(self, state: State, detail: str) -> None:
        pass

    def model_called(self, reply: Reply, latency_s: float) -> None:
        self._thought = reply.text

    def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
        pass

    def tool_returned(self, call: ToolCall, *, ok: bool, output: str, duration_s: float) -> None:
        action = f"{call.name} {call.arguments}"
        self._notebook.step(storable_head(output), storable_head(self._thought), storable_head(action))
        self._thought = ""  # said once, so it belongs to the first call of its turn


class Observers:
    """Several observers as one, told in order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    @property
    def each(self) -> Sequence[Observer]:
        """Those that are told."""
        return self._observers

    def state(self, state: State, detail: str) -> None:
        for observer in self._observers:
            observer.state(state, detail)

    def model_called(self, reply: Reply, latency_s: float) -> None:
        for observer in self._observers:
            observer.model_called(reply, latency_s)

    def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
        for observer in self._observers:
            observer.tool_intended(call, tool)

    def tool_returned(self, call: ToolCall, *, ok: bool, output: str, duration_s: float) -> None:
        for observer in self._observers:
            observer.tool_returned(call, ok=ok, output=output, duration_s=duration_s)


def told_aside(observer: Observer, reply: Reply, latency_s: float) -> None:
    """Tell of an answer that a tool asked a model for: to all but note takers, as the agent itself did not say it."""
    if isinstance(observer, Observers):
        for one in observer.each:
            told_aside(one, reply, latency_s)
    elif not isinstance(observer, NoteTaker):
        observer.model_called(reply, latency_s)


def storable_head(text: str) -> str:
    """Return the head of what a tool or a model said, with escapes for what a memory refuses because no file has it."""
    storable = text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
    if len(storable) <= OBSERVED_CHARACTERS:
        return storable
    return f"{storable[:OBSERVED_CHARACTERS]}\n[… {len(storable) - OBSERVED_CHARACTERS:,} more characters]"
