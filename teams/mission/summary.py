"""A mission in a few figures, read from its journal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from teams.engine.event import Event
from teams.mission.mission import Ending
from teams.mission.spending.ledger import Spent
from teams.protocol.board.states import EVENTS

ANSWER_CHARACTERS = 200
TOLD = frozenset({*EVENTS.values(), "task.created", "task.imported", "task.edited", "model.called", "verdict.given"})


@dataclass(frozen=True)
class TaskSummary:
    """One task as it stands; ``attempts`` counts claims that were handed over or are running."""

    id: str
    key: str
    subject: str
    state: str
    attempts: int
    author: str | None


@dataclass(frozen=True)
class Summary:
    """The end of a run; ``unread`` counts messages that wait for the lead.

    ``discovered`` is what authors of accepted work found and did not touch, ``advice`` what was found in it and did not
    stop it, ``asked`` what in it could make tests pass by itself, and what its validator answered; each begins with the
    task's key.
    """

    mission: str
    ending: str
    reason: str
    branch: str
    commit: str | None
    tasks: tuple[TaskSummary, ...]
    spent: Spent
    rejections: int
    unread: int
    discovered: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


def summarize(events: Iterable[Event], ending: Ending, *, unread: int) -> Summary:
    """Sum up a mission; each task counts as its newest event tells it. Events of :data:`TOLD` are enough."""
    tasks: dict[str, Any] = {}
    used, rejections = Spent(), 0
    for event in events:
        if event.type == "task.deleted":
            tasks.pop(event.task or "", None)
        elif event.type.startswith("task.") and event.data.get("task"):
            tasks[event.data["task"]["id"]] = event.data["task"]
        elif event.type == "model.called":
            used = used.plus(event)
        elif event.type == "verdict.given" and event.data["verdict"] == "rejected":
            rejections += 1
    return Summary(
        mission=ending.mission,
        ending=ending.ending,
        reason=ending.reason,
        branch=ending.branch,
        commit=ending.commit,
        tasks=tuple(_task(document) for document in tasks.values()),
        spent=used,
        rejections=rejections,
        unread=unread,
        discovered=_told(tasks, _discovered),
        advice=_told(tasks, lambda evidence: evidence.get("advice")),
        asked=_told(tasks, _asked),
    )


def _task(document: dict[str, Any]) -> TaskSummary:
    ours = (document.get("metadata") or {}).get("onecontext") or {}
    return TaskSummary(
        id=document["id"],
        key=ours.get("key", ""),
        subject=document["subject"],
        state=ours.get("state", document["status"]),
        attempts=ours.get("attempt", 0),
        author=ours.get("author"),
    )


def _discovered(evidence: dict[str, Any]) -> Any:
    # Who calls a task done from outside says what shows it, and may say anything.
    handoff = evidence.get("handoff")
    return handoff.get("discovered") if isinstance(handoff, dict) else None


def _asked(evidence: dict[str, Any]) -> list[str]:
    asked, answers = evidence.get("asked"), evidence.get("answers")
    if not isinstance(asked, list) or not isinstance(answers, list):
        return []
    pairs = zip(asked, answers, strict=False)
    return [f"{what}: {' '.join(str(answer).split())[:ANSWER_CHARACTERS]}" for what, answer in pairs]


def _told(tasks: dict[str, Any], of: Callable[[dict[str, Any]], Any]) -> tuple[str, ...]:
    """Return the sentences that the evidence of accepted work has."""
    told = []
    for document in tasks.values():
        ours = (document.get("metadata") or {}).get("onecontext") or {}
        sentences = of(ours.get("evidence") or {}) if ours.get("state") == "done" else None
        if isinstance(sentences, list):
            told += [f"{ours.get('key', '')}: {sentence}" for sentence in sentences]
    return tuple(told)
