"""What each type of event changes in a picture.

Rule 1: nothing an event holds can raise; a field that is missing is empty.
Rule 2: every type that is written in teams/ is in ``HANDLED`` or in ``TOLD_ONLY`` (tests/architecture holds it).
"""

from collections.abc import Callable
from typing import Any

from teams.engine.event import Event
from teams.protocol.board.states import EVENTS
from tui import fields
from tui.projection import attention
from tui.projection.parts import Parts
from tui.projection.people import call_of, together
from tui.projection.post import decided, delivered, over, sent
from tui.snapshot import MemoryCommit


def raise_(parts: Parts, kind: str, event: Event, text: str) -> int:
    return parts.attention.raise_(kind, event.at, text, task=event.task, agent=event.agent or "")


def mission_started(parts: Parts, event: Event) -> None:
    parts.ledger.allow(event)
    parts.checks.forget_promises()
    parts.course.begin(event)


def mission_planned(parts: Parts, event: Event) -> None:
    parts.checks.promise(event)
    parts.course.plan()


def mission_decided(parts: Parts, event: Event) -> None:
    if event.data.get("contract"):
        parts.checks.promise(event)


def mission_resumed(parts: Parts, event: Event) -> None:
    parts.ledger.allow(event)
    parts.attention.close(None, frozenset({attention.ENDED, attention.INTERRUPTED}))
    for agent, use in parts.people.cut_off():
        text = f"{use.tool} was cut off; nobody knows whether it ran: {use.arguments}"
        parts.attention.raise_(attention.IN_DOUBT, event.at, text, task=agent.task, agent=agent.name)
    parts.course.resume(event)


def mission_ended(parts: Parts, event: Event) -> None:
    ending = fields.text(event.data, "ending") or "ended"
    reason = fields.text(event.data, "reason")
    parts.attention.close(None, frozenset({attention.PAUSED, attention.INTERRUPTED}))
    parts.people.rest(event)
    if ending != "done":
        # "stopped by ann" says how it ended, too.
        words = reason if reason.startswith(ending) else f"as {ending.replace('_', ' ')}: {reason}".removesuffix(": ")
        parts.attention.raise_(attention.ENDED, event.at, words, task=None, agent="")
    parts.course.end(event, ending, reason)


def mission_halted(parts: Parts, event: Event) -> None:
    words = f"{fields.text(event.data, 'by') or 'somebody'}: {fields.text(event.data, 'reason')}".removesuffix(": ")
    word = "stop" if fields.text(event.data, "word") == "stop" else "pause"
    parts.course.halt(event, word)
    # The word that is there is replaced by this one.
    parts.attention.close(None, frozenset({attention.PAUSED}))
    if word == "pause":
        parts.attention.raise_(attention.PAUSED, event.at, f"by {words}", task=None, agent="")


def mission_released(parts: Parts, event: Event) -> None:
    parts.course.release()
    parts.attention.close(None, frozenset({attention.PAUSED}))


def mission_interrupted(parts: Parts, event: Event) -> None:
    parts.course.interrupt()
    parts.people.rest(event)
    parts.attention.close(None, frozenset({attention.INTERRUPTED}))
    words = fields.head(fields.text(event.data, "reason")) or "nobody said why"
    parts.attention.raise_(attention.INTERRUPTED, event.at, words, task=None, agent="")


def task_changed(parts: Parts, event: Event) -> None:
    before, after = parts.tasks.apply(event)
    what = event.type.removeprefix("task.")
    if what in ("completed", "finished", "deleted"):
        parts.attention.close(event.task, attention.CLOSED_BY_COMPLETION)
    elif what == "submitted":
        # Of a try that has been made anew nobody needs to look at the one before.
        parts.attention.close(event.task, attention.CLOSED_BY_ANOTHER_TRY)
    elif what in ("unblocked", "reopened", "claimed"):
        parts.attention.close(event.task, frozenset({attention.BLOCKED}))
    if before == "needs_input" != after:
        parts.attention.close(event.task, frozenset({attention.NEEDS_INPUT}))
        parts.requests.take_answer(event, fields.text(event.data, "reason"))
    if after == "needs_input" != before:
        raise_(parts, attention.NEEDS_INPUT, event, fields.text(event.data, "reason"))
        parts.requests.take_question(event, fields.text(event.data, "reason"))
    if what == "blocked":
        raise_(parts, attention.BLOCKED, event, fields.text(event.data, "reason"))


def model_called(parts: Parts, event: Event) -> None:
    call = call_of(event.data)
    parts.people.model_called(event, call)
    parts.usage = together(parts.usage, call)
    parts.ledger.take(event, call, parts.usage)


def verified(parts: Parts, event: Event) -> None:
    check = parts.checks.verify(event)
    parts.people.checks(event, check)
    parts.counts["verifications"] += 1
    if check.exit_code != 0:
        parts.counts["failed_verifications"] += 1
        ended = "timed out" if check.exit_code is None else f"exit {check.exit_code}"
        raise_(parts, attention.FAILED_COMMAND, event, f"{check.assertion}: {check.command} → {ended}")


def verdict_given(parts: Parts, event: Event) -> None:
    verdict = parts.checks.judge(event)
    parts.people.judged(event)
    if verdict.verdict == "rejected":
        parts.counts["rejections"] += 1
        raise_(parts, attention.REJECTED, event, "; ".join(verdict.findings))


def memory_committed(parts: Parts, event: Event) -> None:
    data = event.data
    names = ("branch", "commit", "record", "contribution")
    values = {name: fields.text(data, name) for name in names}
    parts.memory.append(MemoryCommit(at=event.at, agent=event.agent or "", task=event.task or "", **values))
    parts.counts["memory_commits"] += 1


def merged(parts: Parts, event: Event) -> None:
    parts.checks.merge(event)
    parts.counts["merges"] += 1


def violated(parts: Parts, event: Event) -> None:
    words = ": ".join(filter(None, (fields.text(event.data, "path"), fields.text(event.data, "what"))))
    number = raise_(parts, attention.VIOLATION, event, words)
    if fields.flag(event.data, "lasting"):
        parts.violations.begin(event, number)


def violation_ended(parts: Parts, event: Event) -> None:
    number = parts.violations.end(event.cause)
    if number is not None:
        parts.attention.close_one(number)


def troubled(parts: Parts, event: Event) -> None:
    words = ": ".join(filter(None, (fields.text(event.data, "doing"), fields.text(event.data, "reason"))))
    raise_(parts, attention.TROUBLE, event, f"could not {words}")


def stalled(parts: Parts, event: Event) -> None:
    if event.agent:
        parts.people.stuck(event)
    raise_(parts, attention.STUCK, event, fields.text(event.data, "reason"))


def tool_called(parts: Parts, event: Event) -> None:
    parts.people.apply(event)
    parts.skills.take(event)


def person(parts: Parts, event: Event) -> None:
    parts.people.apply(event)
    if event.type.startswith("member."):
        over(parts, parts.requests.take_member(event))


TOLD_ONLY = frozenset(
    {
        "mission.forked",
        "mission.redirected",
        "mission.examined",
        "model.fallback",
        "foreign.write",
        "effect.settled",
        "step.started",
        "step.ended",
        "workflow.loaded",
        "workflow.refused",
        "attempt.delayed",
        "attempt.cancelled",
    }
)
"""What changes nothing in the picture but the log."""
HANDLED: dict[str, Callable[[Parts, Event], Any]] = {
    "mission.started": mission_started,
    "mission.planned": mission_planned,
    "mission.decided": mission_decided,
    "mission.resumed": mission_resumed,
    "mission.interrupted": mission_interrupted,
    "mission.halted": mission_halted,
    "mission.released": mission_released,
    "mission.ended": mission_ended,
    "team.created": lambda parts, event: parts.requests.take_member(event),
    "message.sent": sent,
    "request.decided": decided,
    "message.posted": lambda parts, event: parts.mail.take_posted(event),
    "message.delivered": delivered,
    "model.called": model_called,
    "verify.command": verified,
    "verdict.given": verdict_given,
    "memory.committed": memory_committed,
    "work.merged": merged,
    "violation": violated,
    "violation.ended": violation_ended,
    "team.trouble": troubled,
    **dict.fromkeys((*EVENTS.values(), "task.created", "task.imported", "task.edited"), task_changed),
    "member.joined": person,
    "member.rejoined": person,
    "member.left": person,
    "member.found": person,
    "member.gone": person,
    "turn.started": person,
    "turn.ended": person,
    "attempt.started": person,
    "attempt.ended": person,
    "agent.state": person,
    "model.limited": person,
    "agent.stalled": stalled,
    "tool.intent": tool_called,
    "tool.result": person,
}
