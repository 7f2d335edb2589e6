"""What the journal has of attempts that are not over: what they did that outlives their copy, and what was said of it.

Rule 1: kept up to date by following the journal, event by event; an attempt that is over is forgotten, so that what is
    kept does not grow with the mission. Who judges a task asks here, and need not read a long journal for each.
Rule 2: a call is known by its tool, the digest of its arguments, and how many such calls came before it in one claim.
    Each claim of an attempt begins its conversation anew, so the counting begins anew with it.
Rule 3: the journal may be anybody's: an event that lacks what it should have is passed over.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from teams.engine.event import Event
from teams.engine.journal import Journal

DOUBT = "In doubt: "
"""What a question begins with that is asked of a call in doubt."""
_TYPES = ("mission.", "task.", "tool.", "effect.settled", "verdict.given", "work.merged")
_OVER = ("task.completed", "task.finished", "task.deleted", "task.rejected", "task.reopened")


class Which(NamedTuple):
    """One call of an attempt: ``occurrence`` counts from 1 among those with the same tool and arguments."""

    tool: str
    digest: str
    occurrence: int


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call: ``ok`` and ``output`` (its head) are those of its result, None while there is none."""

    which: Which
    at: datetime
    agent: str
    arguments: str
    idempotent: bool
    ok: bool | None = None
    output: str | None = None

    @property
    def is_in_doubt(self) -> bool:
        """Whether it was begun and nobody knows what came of it."""
        return self.ok is None


@dataclass(slots=True)
class Attempted:
    """One attempt; ``claimed_seq`` is the number of the event with which it was claimed first."""

    attempt: int
    claimed_seq: int
    calls: dict[Which, Call] = field(default_factory=dict)
    counts: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    open: tuple[str, Which] | None = None
    is_asked: bool = False
    answer: tuple[str, str] | None = None
    """Who answered the question about the call in doubt, and what."""
    verdict: Mapping[str, Any] | None = None
    """The data of ``verdict.given``, while nothing came of it."""
    merged: str | None = None
    """The merge that landed, while the task is not done."""

    @property
    def doubt(self) -> Call | None:
        """The call in doubt that may not be done again unasked."""
        return next((call for call in self.calls.values() if call.is_in_doubt and not call.idempotent), None)


class Past:
    """Attempts that go on, by task. Safe for threads: an attempt is changed by who catches up, one event at a time."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._attempts: dict[str, Attempted] = {}
        self._reviews: dict[str, tuple[int, Mapping[str, Any]]] = {}
        self._accepted: str | None = None
        self._is_serving = False
        self._resumed_seq = 0
        self._is_followed = False

    def begin(self) -> None:
        """Follow the journal from here on; whoever asks something begins it, too."""
        if not self._is_followed:
            self._is_followed = True
            self._journal.follow(self._apply, _TYPES)

    def of(self, task_id: str, attempt: int) -> Attempted | None:
        """Return what the journal has of this attempt, None when that is nothing."""
        self.begin()
        self._journal.catch_up()
        found = self._attempts.get(task_id)
        return found if found is not None and found.attempt == attempt else None

    def is_taken_up_again(self, task_id: str, attempt: int) -> bool:
        """Say whether a run before this one was at work on the attempt: what it did may be there already."""
        found = self.of(task_id, attempt)
        return found is not None and found.claimed_seq < self._resumed_seq

    def review_of(self, task_id: str) -> tuple[int, Mapping[str, Any]] | None:
        """Return what the newest verdict on a task says of reviews, and of which attempt; None where it says nothing.

        It is ``review`` of its evidence, with rounds or tests in it, as whoever wrote the journal put it there.
        """
        self.begin()
        self._journal.catch_up()
        return self._reviews.get(task_id)

    @property
    def accepted(self) -> str | None:
        """The newest merge that was accepted, before the first the commit that the mission began with.

        None of a board that is served: each of its branches has a past of its own.
        """
        self.begin()
        self._journal.catch_up()
        return self._accepted

    def _apply(self, event: Event) -> None:
        if event.type == "mission.resumed":
            self._resumed_seq = event.seq
        elif event.type == "mission.started":
            self._is_serving = event.data.get("serving") is True
            self._accepted = None if self._is_serving else str(event.data.get("base"))
        elif event.task is not None and event.attempt is not None:
            self._note(event)
            if event.type == "task.claimed":
                known = self._attempts.get(event.task)
                if known is None or known.attempt != event.attempt:
                    self._attempts[event.task] = Attempted(event.attempt, event.seq)
            elif event.type in _OVER:
                self._attempts.pop(event.task, None)
            elif (found := self._attempts.get(event.task)) is not None and found.attempt == event.attempt:
                _add(found, event)

    def _note(self, event: Event) -> None:
        """Keep of a verdict and of a merge what is asked for when its attempt is over, too."""
        assert event.task is not None
        assert event.attempt is not None
        if event.type == "work.merged" and not self._is_serving:
            self._accepted = str(event.data.get("commit"))
        elif event.type == "verdict.given":
            evidence = event.data.get("evidence")
            review = evidence.get("review") if isinstance(evidence, dict) else None
            if isinstance(review, dict) and any(review.get(name) for name in ("rounds", "tests", "scope")):
                self._reviews[event.task] = event.attempt, review
            else:
                self._reviews.pop(event.task, None)


def _add(found: Attempted, event: Event) -> None:
    data = event.data
    if event.type == "tool.intent" and data.get("effect") == "outlives":
        _intended(found, event)
    elif event.type == "tool.result" and found.open is not None and data.get("call") == found.open[0]:
        _came(found, ok=data.get("ok") is True, output=str(data.get("output", "")))
    elif event.type == "effect.settled":
        _settled(found, event)
    elif event.type == "verdict.given" and _is_verdict(data):
        found.verdict = data
    elif event.type == "work.merged":
        found.merged = str(data.get("commit"))
    elif event.type == "task.asked":
        found.is_asked, found.answer = str(data.get("reason", "")).startswith(DOUBT), None
    elif event.type == "task.answered" and found.is_asked:
        found.is_asked, found.answer = False, (event.agent or "somebody", str(data.get("reason", "")))


def _is_verdict(data: Mapping[str, Any]) -> bool:
    """Say whether it is one that can be carried out; those of earlier versions lack what they rest on."""
    told = data.get("findings"), data.get("evidence"), data.get("verdict"), data.get("commit")
    findings, evidence, verdict, commit = told
    if not isinstance(findings, list) or not isinstance(evidence, dict):
        return False
    return bool(findings) if verdict == "rejected" else verdict == "accepted" and isinstance(commit, str)


def _intended(found: Attempted, event: Event) -> None:
    data = event.data
    tool, digest, call = (str(data.get(name, "")) for name in ("tool", "digest", "call"))
    counted = (event.epoch or 0, tool, digest)
    found.counts[counted] += 1
    which = Which(tool, digest, found.counts[counted])
    found.open = call, which
    if which not in found.calls:
        found.calls[which] = Call(
            which,
            at=event.at,
            agent=event.agent or "",
            arguments=str(data.get("arguments", "")),
            idempotent=data.get("idempotent") is True,
        )


def _came(found: Attempted, *, ok: bool, output: str) -> None:
    assert found.open is not None
    call = found.calls[found.open[1]]
    found.open = None
    if call.is_in_doubt:
        found.calls[call.which] = replace(call, ok=ok, output=output)


def _settled(found: Attempted, event: Event) -> None:
    data = event.data
    number = data.get("occurrence")
    which = Which(str(data.get("tool")), str(data.get("digest")), number if isinstance(number, int) else 0)
    call = found.calls.get(which)
    if call is None or not call.is_in_doubt:
        return
    if data.get("happened") is True:
        found.calls[which] = replace(call, ok=True, output=f"{data.get('by')} says: {data.get('answer')}")
    else:
        del found.calls[which]
    found.answer = None
