"""How a mission goes: begun, planned, paused, cut off, ended."""

from collections.abc import Callable, Mapping
from typing import Any

from teams.engine.event import Event
from tui import fields
from tui.projection.replacing import replace
from tui.snapshot import Mission

WORKER = "worker"
"""The role that is meant where none is named, as :data:`teams.mission.roles.roles.WORKER` (a test holds them)."""


class Course:
    """The newest mission of the team, and the word for where it stands. ``mission`` is None before the first."""

    def __init__(self) -> None:
        self.mission: Mission | None = None
        self._interrupted = False
        self._word = ""
        """What somebody said from outside that still stands: ``pause`` or ``stop``."""

    def begin(self, event: Event) -> None:
        data = event.data
        self._interrupted = False
        self._word = ""
        self.mission = Mission(
            id=event.mission or "",
            goal=fields.text(data, "goal"),
            branch=fields.text(data, "branch"),
            phase="",
            model=fields.text(data, "model"),
            scripted=fields.flag(data, "scripted"),
            sandbox=fields.text(data, "sandbox"),
            workers=fields.number(data, "workers"),
            max_attempts=fields.number(data, "max_attempts"),
            serving=fields.flag(data, "serving"),
            started_at=event.at,
            address=fields.text(data, "address"),
            who=_who(data),
        )

    def plan(self) -> None:
        if self.mission:
            self.mission = replace(self.mission, planned=True)

    def resume(self, event: Event) -> None:
        self._interrupted = False
        if before := self.mission:
            self.mission = replace(
                before,
                ending=None,
                ended_at=None,
                reason="",
                workers=fields.number(event.data, "workers", before.workers),
                max_attempts=fields.number(event.data, "max_attempts", before.max_attempts),
                address=fields.text(event.data, "address") if "address" in event.data else before.address,
                who=_who(event.data) if "who" in event.data else before.who,
            )

    def interrupt(self) -> None:
        self._interrupted = True

    def halt(self, event: Event, word: str) -> None:
        if self.mission and word != self._word:
            self.mission = replace(self.mission, halted_at=event.at)
        self._word = word

    def release(self) -> None:
        self._word = ""
        if self.mission:
            self.mission = replace(self.mission, halted_at=None)

    def end(self, event: Event, ending: str, reason: str) -> None:
        self._interrupted = False
        self.release()
        if self.mission:
            commit = fields.text(event.data, "commit")
            self.mission = replace(self.mission, ending=ending, reason=reason, ended_at=event.at, commit=commit)

    def picture(self, states: Mapping[str, int], busy: Callable[[], bool]) -> Mission | None:
        """Return the mission with its phase, which the ``states`` of its tasks decide while it runs.

        Args:
            busy: says whether an agent has something in hand, which a word to pause lets come to its end.
        """
        mission = self.mission
        return replace(mission, phase=self._phase(mission, states, busy)) if mission else None

    def _phase(self, mission: Mission, states: Mapping[str, int], busy: Callable[[], bool]) -> str:
        if mission.ending:
            return mission.ending.replace("_", " ")
        if self._interrupted:
            return "interrupted"
        if self._word:
            return "stopping" if self._word == "stop" else "pausing" if busy() else "paused"
        if not mission.planned and not mission.serving:
            return "planning"
        if states.get("needs_input") and not states.get("running"):
            return "needs input"
        if states.get("running"):
            return "working"
        if states.get("review"):
            return "validating"
        return "serving" if mission.serving else "working"


def _who(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who works as ``--worker`` says it."""
    who = fields.mapping(data, "who")
    return tuple(kind if role == WORKER else f"{role}={kind}" for role, kind in who.items() if isinstance(kind, str))
