"""What a program that works on a task says of itself, written down as it says it: journal, memory, handoff.

Rule 1: it is the program's word, and cut: the journal has no line of it in full, the handoff a bounded list.
"""

import time
from collections.abc import Sequence

from teams.agent.observer import NoteTaker, Observers, storable_head
from teams.agent.tools import tool_from
from teams.mission.handoff import RunCommand
from teams.mission.workers.port import Assignment
from teams.mission.workers.transcript import Taken
from teams.models.port import Reply, ToolCall

MAX_COMMANDS = 1000


def _elsewhere() -> None:
    """Stand for a tool of another program."""


# Nobody could answer for one call of it: a program that was cut short is begun anew, whole (docs/missions-inside.md).
_ELSEWHERE = tool_from(_elsewhere, effect="confined")


class Hearing:
    """Hears one attempt (:class:`teams.mission.workers.transcript.Heard`).

    Args:
        runs: the command of a program that says nothing of what it does; "": one that does.

    Attributes:
        summary: the last thing it said. failure: why it gave up, "" where it did not say so.
        commands: what it ran, oldest first, the newest thousand.
    """

    def __init__(self, assignment: Assignment, name: str, *, runs: str = "") -> None:
        self._recorder = assignment.recorder(name, False)
        self._observer = Observers([self._recorder, NoteTaker(assignment.notebook)])
        self._open: dict[str, tuple[ToolCall, float]] = {}
        self.summary = ""
        self.failure = ""
        self.commands: list[RunCommand] = []
        self._recorder.state(*(("tool", storable_head(runs)[:200]) if runs else ("thinking", "")))

    def said(self, text: str) -> None:
        """Keep it as the summary, until something else is said."""
        if text.strip():
            self.summary = text.strip()

    def began(self, call: ToolCall) -> None:
        """Record the intent."""
        if len(self._open) < MAX_COMMANDS:
            self._open[call.id] = call, time.monotonic()
        self._recorder.state("tool", storable_head(call.name)[:200])
        self._observer.tool_intended(call, _ELSEWHERE)

    def ended(self, call: str, *, ok: bool, output: str, command: str = "", exit_code: int | None = None) -> None:
        """Record the result of a call that was told; one that was not is passed over."""
        told = self._open.pop(call, None)
        if told is None:
            return
        if command:
            self.commands = [*self.commands[1 - MAX_COMMANDS :], RunCommand(command=command, exit_code=exit_code)]
        self._observer.tool_returned(told[0], ok=ok, output=output, duration_s=time.monotonic() - told[1])

    def failed(self, why: str) -> None:
        """Keep the first reason."""
        self.failure = self.failure or f"it gave up: {why}"

    def took(self, taken: Sequence[Taken]) -> None:
        """Record what models took, one event for each of them."""
        for one in taken:
            reply = Reply(self.summary, (), one.usage, one.model[:200], "end")
            self._recorder.model_called(reply, one.seconds, calls=one.calls)
        self._recorder.state("idle", "")
