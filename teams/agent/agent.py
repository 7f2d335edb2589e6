"""One agent: a name, a model, tools, and perhaps a memory.

Rule 1: each run is a conversation of its own unless it is told what was said before; what outlives it is the memory,
    and what the tools did.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from onecontext.api import Memory
from onecontext.errors import UsageError
from onecontext.names import check_name
from teams.agent.compaction import Compaction
from teams.agent.limits import Limits, Result
from teams.agent.loop import Loop
from teams.agent.observer import Notebook, NoteTaker, Observer, Observers, told_aside
from teams.agent.prompt import recalled, system_prompt, task_prompt
from teams.agent.remembering import Searchable, recall_tool, remembered
from teams.agent.shelf import CTX, Shelf
from teams.agent.tools import Tool, tool_from
from teams.models.port import Conversation, Message, Model, OnText, OpenModel, Reply, Windowed
from teams.models.reader import ROLE
from teams.models.registry import open_models

__all__ = ["Agent", "Limits", "Result", "Tool", "tool_from"]


class Agent:
    """An agent that can be run.

    Args:
        name: what it is called; see :mod:`onecontext.names`.
        model: a name (``scripted:PATH`` or any of litellm's), or a model that was opened already.
        instructions: who it is and how it works; comes after a short text of ours in the system prompt.
        tools: plain functions, or :class:`Tool` where more is to be said about one.
        memory: each call of a tool becomes a step in it, and what it says stands behind the task; of one that can be
            searched that is what matters for the task, and it is searched with the tool ``recall``, unless one of
            ``tools`` is called so. None is none.
        limits: what one run may take.
        api_base: address of the model's server; None is the provider's own.
        observer: is told what happens; None is nobody.
        stop: set from another thread, ends the run before its next call; None is an event of its own.
        pause: set from another thread, holds the run before its next call until it is cleared; None never does.
        env: where the model's key is looked up; None is the environment of this process.
        shelf: where results go that are too large, to be looked into with the tool ``ctx``; None: to the memory, where
            it is a :class:`onecontext.Memory`, and else they are cut in the middle.

    Raises:
        InvalidName, UsageError: the name or a tool cannot be. UnknownModel, NoCredentials: the model cannot be had.
    """

    def __init__(
        self,
        name: str,
        *,
        model: str | Model,
        instructions: str = "",
        tools: Iterable[Tool | Callable[..., object]] = (),
        memory: Notebook | None = None,
        limits: Limits | None = None,
        api_base: str | None = None,
        observer: Observer | None = None,
        stop: threading.Event | None = None,
        pause: threading.Event | None = None,
        env: Mapping[str, str] | None = None,
        shelf: Shelf | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = check_name(name, what="agent")
        self.limits = limits or Limits()
        self.stop = stop or threading.Event()
        self._pause = pause
        self._open = _opener(model, api_base or "", env)
        self._instructions = instructions
        self._tools = _by_name(tools)
        if isinstance(memory, Searchable):
            looking = recall_tool(memory)
            self._tools.setdefault(looking.spec.name, looking)
        self._memory = memory
        self._shelf = shelf or (Shelf(memory.variables) if isinstance(memory, Memory) else None)
        if self._shelf is not None and CTX in self._tools:
            raise UsageError(
                f"a tool may not be called {CTX}: it is the one that looks into results that are too large"
            )
        told = [] if memory is None else [NoteTaker(memory)]
        self._observer = Observers([*([observer] if observer else []), *told])
        self._clock = clock

    def run(self, prompt: str, *, after: Sequence[Message] = (), on_text: OnText | None = None) -> Result:
        """Work on ``prompt`` until it is done or a limit is reached; ``on_text`` gets the text as it arrives.

        Args:
            after: what was said before, such as ``messages`` of an earlier result; its system prompt is left out.

        Raises:
            ModelError: the model gave no usable answer.
            StorageError, Damaged, Conflict, SetupError: the host failed under a tool, the memory or the observer.
        """

        def opening(words: str = "") -> tuple[Message, Message]:
            system = Message("system", system_prompt(self.name, self._instructions))
            return system, Message("user", task_prompt(prompt, self._remembered(prompt), words))

        model = self._open(Conversation(agent=self.name, role="agent"))
        window = self.limits.window_tokens or (model.window() if isinstance(model, Windowed) else None)
        tools = dict(self._tools)
        loop = Loop(
            model,
            tools,
            limits=self.limits,
            observer=self._observer,
            stop=self.stop,
            pause=self._pause,
            compaction=Compaction(opening, self._memory, window),
            fit=self._shelf.fitted if self._shelf else None,
            clock=self._clock,
        )
        if self._shelf is not None:
            tools[CTX] = self._looking(self._shelf, loop)
        system, task = opening()
        earlier = [message for message in after if message.role != "system"]
        return loop.run([system, *earlier, task], on_text=on_text)

    def _looking(self, shelf: Shelf, loop: Loop) -> Tool:
        """Return the tool that looks into what is on the shelf; what it has a model say counts as this run's."""

        def told(reply: Reply, latency_s: float) -> None:
            loop.spend_aside(reply.usage)
            told_aside(self._observer, reply, latency_s)

        whose = Conversation(agent=self.name, role=ROLE)
        return shelf.tool(told, loop.sign, open_reader=lambda: self._open(whose), stop=self.stop)

    def _remembered(self, purpose: str) -> str:
        if self._memory is None:
            return ""
        return recalled(remembered(self._memory, purpose, budget=self.limits.context_tokens))


def _opener(model: str | Model, api_base: str, env: Mapping[str, str] | None) -> OpenModel:
    if isinstance(model, str):
        # The one place besides the command line that looks at the environment: here the caller is a library's user.
        return open_models(model, api_base=api_base, env=os.environ if env is None else env)
    if api_base:
        raise UsageError("api_base belongs to a model given by name; this one was opened already")
    return lambda whose: model


def _by_name(tools: Iterable[Tool | Callable[..., Any]]) -> dict[str, Tool]:
    found: dict[str, Tool] = {}
    for given in tools:
        tool = given if isinstance(given, Tool) else tool_from(given)
        if tool.spec.name in found:
            raise UsageError(f"two tools are called {tool.spec.name}")
        found[tool.spec.name] = tool
    return found
