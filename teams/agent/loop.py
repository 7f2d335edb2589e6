"""The loop: ask the model, do what it asks for, tell it what came of it, until it is done or a limit is reached.

Rule 1: the messages are one list that only grows, until the window is full and it begins anew; each call asked for is
    answered in it exactly once.
Rule 2: a call of a reply that was cut short never runs, however complete it looks.
Rule 3: an error of the model or of the host ends the run as an exception; everything else ends it as a result.
Rule 4: a call that was given up for its silence is told no observer as returned: nobody knows whether it took effect.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from onecontext.errors import ContextOverflow
from teams.agent.compaction import Compaction
from teams.agent.limits import Ending, Limits, Result, Spending
from teams.agent.observer import Observer
from teams.agent.patience import Patience, Stuck
from teams.agent.repeats import Repeats
from teams.agent.tools import Outcome, Tool, invoke, waits_for_something
from teams.models.port import Message, Model, OnText, Reply, ToolCall, ToolSpec, Usage

CUT_SHORT: Final = (
    "Your last reply was cut off at its length limit, and nothing it asked for was done. "
    "Answer again, in smaller pieces."
)
OPENING: Final = 2
"""System prompt and task."""
EMPTY: Final = "(nothing)"
"""Stands for a reply that was cut off before it said anything: providers refuse messages without content."""
MOST_CALLS: Final = 100
"""Of one reply: a model that asks for more at once would work for long between two limits."""
TOO_MANY: Final = f"error: not run: of one reply {MOST_CALLS} calls are run at the most; ask again for what you need"
PAUSE_LOOK_S = 0.1
GRACE_S = 30.0
"""How long a call of the model may go on when the run should be over; what is said by then is paid for."""
BEGUN_ANEW: Final = "the window was full: begun anew from memory"


class Overdue(Exception):
    """A call of the model goes on though the run should be over; it is cut off."""


class Loop:
    """One run of one agent; used once."""

    def __init__(
        self,
        model: Model,
        tools: Mapping[str, Tool],
        *,
        limits: Limits,
        observer: Observer,
        stop: threading.Event,
        pause: threading.Event | None = None,
        compaction: Compaction | None = None,
        fit: Callable[[str, int], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._tools = tools
        self._limits = limits
        self._observer = observer
        self._stop = stop
        self._pause = pause or threading.Event()
        self._compaction = compaction
        self._fit = fit
        self._clock = clock
        self._spending = Spending(limits, clock)
        self._repeats = Repeats(limits.repeats, limits.polls)
        self._patience = Patience(limits.silence_s)
        self._reason = ""
        self._over_since: float | None = None
        self._aside = threading.Lock()
        self._messages: list[Message] = []
        self._opened = 0
        self._text = ""

    def run(self, messages: Sequence[Message], *, on_text: OnText | None = None) -> Result:
        """Go on from ``messages`` until there is an ending.

        Raises:
            ModelError: the model gave no usable answer.
            StorageError, Damaged, Conflict, SetupError: from a tool or an observer.
        """
        self._messages += messages
        self._opened = len(self._messages)
        ending: Ending | None = None
        with self._patience:
            while ending is None:
                ending = self._before_a_turn() or self._turn(on_text)
        self._observer.state("idle", ending)
        spent = self._spending
        notes = spent.notes(self._model.name)
        return Result(self._text, ending, spent.turns, spent.usage, tuple(self._messages), notes, self._reason)

    def spend_aside(self, usage: Usage) -> None:
        """Count what a tool of this run had a model say: against the limits, and as no turn. Safe for threads."""
        with self._aside:
            self._spending.add_aside(usage)

    def sign(self) -> None:
        """Note that the tool that this thread runs is alive; see :meth:`Patience.sign`."""
        self._patience.sign()

    def _before_a_turn(self) -> Ending | None:
        self._hold()
        return "stopped" if self._stop.is_set() else self._spending.exceeded()

    def _hold(self) -> None:
        """Wait while the run is paused, unless it is stopped; that time counts against no limit."""
        if not self._pause.is_set() or self._stop.is_set():
            return
        began = self._clock()
        self._observer.state("waiting", "paused")
        while self._pause.is_set() and not self._stop.wait(PAUSE_LOOK_S):
            continue
        self._spending.leave_out(self._clock() - began)

    def _turn(self, on_text: OnText | None) -> Ending | None:
        try:
            reply = self._ask(on_text)
        except Stuck as stuck:
            self._reason = f"{self._model.name} {stuck}"
            return "stalled"
        except Overdue:
            return "stopped" if self._stop.is_set() else "seconds"
        if reply.stop == "length":
            # Neither the calls nor a text that looks whole: who was cut off has not said the end.
            self._messages.append(Message("assistant", reply.text if reply.text.strip() else EMPTY))
            self._messages.append(Message("user", CUT_SHORT))
            if not self._repeats.cut_short():
                return None
            self._reason = "one reply after the other was cut off at its length limit"
            return "loop"
        self._messages.append(Message("assistant", reply.text, reply.tool_calls))
        if not reply.tool_calls:
            return "finished"
        return self._work_off(reply.tool_calls)

    def _ask(self, on_text: OnText | None) -> Reply:
        self._observer.state("thinking", "")
        started = self._clock()
        specs = [tool.spec for tool in self._tools.values()]
        if self._compaction is not None and self._compaction.is_due(self._messages, specs):
            self._begin_anew(self._compaction)
        reply = self._reply_in_window(specs, on_text)
        self._spending.add(reply.usage)
        self._text = reply.text or self._text
        if self._compaction is not None and self._compaction.window_tokens is not None:
            reply = replace(reply, window=self._compaction.window_tokens)
        self._observer.model_called(reply, self._clock() - started)
        return reply

    def _reply_in_window(self, specs: Sequence[ToolSpec], on_text: OnText | None) -> Reply:
        """Ask; where the conversation is too long, ask anew with the task and the last calls, then with the task."""
        try:
            return self._reply(specs, on_text)
        except ContextOverflow:
            if self._compaction is None or len(self._messages) <= OPENING:
                raise
        self._begin_anew(self._compaction)
        try:
            return self._reply(specs, on_text)
        except ContextOverflow:
            if len(self._messages) <= OPENING:
                raise
        # They are steps in the memory, where there is one.
        del self._messages[OPENING:]
        return self._reply(specs, on_text)

    def _reply(self, specs: Sequence[ToolSpec], on_text: OnText | None) -> Reply:
        messages = tuple(self._messages)

        def heard(piece: str) -> None:
            self._patience.sign()
            self._check_overdue()
            if on_text is not None and piece:
                on_text(piece)

        return self._patience.call(lambda: self._model.reply(messages, specs, on_text=heard))

    def _check_overdue(self) -> None:
        """Cut off a call that drips on and on while a stop, or the end of the time, waits for it."""
        over = self._stop.is_set() or self._spending.exceeded() == "seconds"
        self._over_since = (self._over_since or self._clock()) if over else None
        if self._over_since is not None and self._clock() - self._over_since >= GRACE_S:
            raise Overdue

    def _begin_anew(self, compaction: Compaction) -> None:
        """Leave behind what was said, and go on from what the memory has of it."""
        self._messages[:] = compaction.anew(self._messages, opened=self._opened, turns=self._spending.turns)
        # Whatever stands behind them came of this run.
        self._opened = OPENING
        self._observer.state("thinking", BEGUN_ANEW)

    def _work_off(self, calls: Sequence[ToolCall]) -> Ending | None:
        ending: Ending | None = None
        for number, call in enumerate(calls):
            if number >= MOST_CALLS:
                self._answer(call, TOO_MANY)
                continue
            if ending is None:
                self._hold()
            if ending is None and self._stop.is_set():
                ending = "stopped"
            if ending is not None:
                self._answer(call, f"error: not run, the work is over ({ending})")
                continue
            ending = self._do(call)
        return ending

    def _do(self, call: ToolCall) -> Ending | None:
        tool = self._tools.get(call.name)
        self._observer.tool_intended(call, tool)
        self._observer.state("tool", call.name)
        started = self._clock()
        try:
            outcome = self._outcome(call, tool)
        except Stuck as stuck:
            self._reason = f"the tool {call.name} {stuck}"
            self._answer(call, f"error: the tool {stuck}; nobody knows whether it took effect")
            return "stalled"
        polls = False
        if tool is not None:
            polls, outcome = waits_for_something(tool, call.arguments, outcome)
        self._observer.tool_returned(call, ok=outcome.ok, output=outcome.text, duration_s=self._clock() - started)
        warning, loop = self._repeats.note(call, outcome.text, polls=polls)
        self._answer(call, outcome.text + warning)
        if tool is not None and tool.ends and outcome.ok:
            self._text = outcome.text
            return "finished"
        self._reason = loop
        return "loop" if loop else None

    def _outcome(self, call: ToolCall, tool: Tool | None) -> Outcome:
        if tool is None:
            return Outcome(
                False, f"error: there is no tool {call.name!r}; there are {', '.join(self._tools) or 'none'}"
            )
        limit = self._limits.result_characters
        return self._patience.call(lambda: invoke(tool, call.arguments, limit_characters=limit, fit=self._fit))

    def _answer(self, call: ToolCall, text: str) -> None:
        self._messages.append(Message("tool", text, tool_call_id=call.id))
