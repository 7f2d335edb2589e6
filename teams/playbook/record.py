"""What a play leaves in its team's journal, and what a resumed play reads there.

Rule 1: the document and the inputs are in the first event, so a resumed play does what it began with, whatever
    became of the file.
Rule 2: what was done is taken from the journal and not done again; what failed, was skipped or cut short is.
Rule 3: groups and ``set`` are worked out anew: the same values come to the same.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from onecontext.errors import Damaged
from teams.engine.event import Event
from teams.mission.site import LEAD, Site
from teams.playbook.checking import problems
from teams.playbook.document import Kind, Playbook

Outcome = Literal["done", "failed", "skipped", "interrupted"]
REASON_CHARACTERS = 4000


@dataclass(frozen=True)
class StepResult:
    """How a step came out.

    ``outputs`` of a step that is not done are empty, but for a group, which says what of it is done. ``failures`` are
    the steps that failed in it, with their reasons. ``interrupted``: the play was stopped before it came to an end.
    """

    outcome: Outcome
    outputs: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    failures: tuple[tuple[str, str], ...] = ()

    @property
    def is_done(self) -> bool:
        return self.outcome == "done"


INTERRUPTED = StepResult("interrupted")


def document_of(playbook: Playbook, inputs: Mapping[str, Any], *, source: str) -> dict[str, Any]:
    """Return what the first event says of a play; ``source`` is the file, or "shipped"."""
    document = playbook.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {"name": playbook.name, "source": source, "document": document, "inputs": dict(inputs)}


def read_document(recorded: Mapping[str, Any]) -> tuple[Playbook, dict[str, Any]]:
    """Return the playbook and the inputs that were recorded.

    Raises:
        Damaged: they are none.
    """
    try:
        playbook, inputs = Playbook.model_validate(recorded["document"]), dict(recorded["inputs"])
        if wrong := problems(playbook):
            raise ValueError(wrong[0].what)
        return playbook, inputs
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"the journal's first event has no playbook that can be read: {error}") from error


class Record:
    """The steps of one play, written and read. Safe for threads."""

    def __init__(self, site: Site, events: Iterable[Event] = ()) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._last: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._tries: dict[str, int] = {}
        self._agents: dict[str, set[str]] = {}
        for event in events:
            self._note(event)

    def done(self, path: str) -> StepResult | None:
        """Return what the step came to, if it is done."""
        outcome, outputs = self._last.get(path, ("", {}))
        return StepResult("done", outputs) if outcome == "done" else None

    def started(self, path: str, kind: Kind, *, agent: str | None = None) -> int:
        """Record that a step begins and return which try of it this is, from 1.

        A group that is done and is only worked out anew is not told again.
        """
        with self._lock:
            self._tries[path] = self._tries.get(path, 0) + 1
        if self.done(path) is None:
            self._append("step.started", {"step": path, "kind": kind}, agent)
        if agent is not None:
            self._had_a_part(path, agent)
        return self._tries[path]

    def ended(self, path: str, kind: Kind, result: StepResult, *, keep: bool, agent: str | None = None) -> StepResult:
        """Record how a step ended and return it as it was recorded, without secrets; ``keep``: with its outputs."""
        if self._last.get(path, ("", {}))[0] == result.outcome != "failed":
            return result
        data: dict[str, Any] = {"step": path, "kind": kind, "outcome": result.outcome}
        if result.reason:
            data["reason"] = _storable(result.reason[:REASON_CHARACTERS])
        if keep:
            data["outputs"] = dict(result.outputs)
        event = self._append("step.ended", data, agent)
        self._note(event)
        return StepResult(result.outcome, event.data["outputs"], result.reason) if keep else result

    def who_worked_on(self, name: str) -> frozenset[str]:
        """Return the agents that had a part in the step of this name, or in any inside it."""
        with self._lock:
            return frozenset(self._agents.get(name, ()))

    def _note(self, event: Event) -> None:
        data = event.data
        if event.type == "step.ended":
            outputs = data.get("outputs")
            kept = outputs if isinstance(outputs, dict) else {}
            self._last[str(data.get("step"))] = str(data.get("outcome")), kept
        elif event.type == "step.started":
            path = str(data.get("step"))
            self._tries[path] = self._tries.get(path, 0) + 1
            if event.agent and event.agent != LEAD:
                self._had_a_part(path, event.agent)

    def _had_a_part(self, path: str, agent: str) -> None:
        with self._lock:
            for name in path.split("/"):
                self._agents.setdefault(name, set()).add(agent)

    def _append(self, type_: str, data: dict[str, Any], agent: str | None) -> Event:
        return self._site.journal.append(type_, data, mission=self._site.mission, agent=agent or LEAD)


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
