"""From events to a picture: a pure projection.

Rule 1: no clock, no files, no Textual; the same events give the same snapshot.
Rule 2: applying an event costs the same whatever came before; lists that only grow keep their newest items and an
    exact count.
Rule 3: nothing an event holds can raise: a type nobody knows is counted, a field that is missing is empty.
Rule 4: every type that is written in teams/ is in ``HANDLED`` or in ``TOLD_ONLY`` (tests/architecture holds it).
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from teams.engine.event import Event
from teams.protocol.board.states import EVENTS
from tui import fields
from tui.projection import attention
from tui.projection.attention import AttentionList
from tui.projection.checks import Checks
from tui.projection.course import Course
from tui.projection.log import Log
from tui.projection.mail import Mail
from tui.projection.people import People, added, together
from tui.projection.requests import LEAD, Requests
from tui.projection.skills import SkillUses
from tui.projection.spending import Ledger
from tui.projection.tasks import Tasks
from tui.projection.violations import OpenViolations
from tui.snapshot import Attention, MemoryCommit, Snapshot, Totals, Usage

KEPT_LINES = 2_000
NOT_TOLD = frozenset({"agent.state", "task.renewed", "message.delivered", "message.posted"})
"""What happens so often, and says so little, that it has no line in the log; it still counts."""


class Monitor:
    """Takes events in the order of the journal and shows where they have led.

    ``kept``: how many lines of the log and milestones are held; 0 holds none and costs less.
    """

    def __init__(self, kept: int = KEPT_LINES) -> None:
        self._team = ""
        self._course = Course()
        self._tasks = Tasks()
        self._people = People()
        self._attention = AttentionList()
        self._checks = Checks()
        self._mail = Mail()
        self._ledger = Ledger()
        self._skills = SkillUses()
        self._violations = OpenViolations()
        self._requests = Requests()
        self._asked: dict[str, int] = {}
        self._memory: deque[MemoryCommit] = deque(maxlen=kept)
        self._log = Log(kept)
        self._counts: Counter[str] = Counter()
        self._usage = Usage()
        self._unknown: Counter[str] = Counter()
        self._last: Event | None = None

    def apply(self, event: Event) -> None:
        """Take in one event."""
        self._team = event.team or self._team
        self._last = event
        self._counts["events"] += 1
        self._people.seen(event)
        handler = HANDLED.get(event.type)
        if handler is not None:
            handler(self, event)
        elif event.type.startswith("task."):
            # Of a newer version: what any of them has is the whole document.
            self._task_changed(event)
        elif event.type not in TOLD_ONLY:
            self._unknown[event.type] += 1
            self._counts["unknown_events"] += 1
        if event.type not in NOT_TOLD:
            self._log.add(event, self._tasks.name(event.task) if event.task else "")

    def snapshot(self) -> Snapshot:
        """Return the picture so far. Copies references, not what they refer to."""
        states = self._tasks.states()
        return Snapshot(
            team=self._team,
            mission=self._course.picture(states),
            agents=self._people.all(),
            tasks=self._tasks.all(),
            task_states=states,
            messages=self._mail.all(),
            verdicts=tuple(self._checks.verdicts),
            verifications=tuple(self._checks.verifications),
            changes=tuple(self._checks.changes),
            assertions=self._checks.assertions(),
            memory=tuple(self._memory),
            attention=self._attention.items(),
            violations=self._violations.all(),
            requests=self._requests.all(),
            log=self._log.lines(),
            totals=self._totals(),
            spending=self._ledger.picture(),
            skill_uses=self._skills.picture(),
            unknown_types=dict(self._unknown),
            last_event_at=self._last.at if self._last else None,
        )

    @property
    def over(self) -> bool:
        """Whether the mission has ended."""
        mission = self._course.mission
        return mission is not None and mission.ending is not None

    def task_name(self, task_id: str) -> str:
        """Return what people call the task: ``#id key`` where it is known; "" of none."""
        return self._tasks.name(task_id) if task_id else ""

    @property
    def newest_attention(self) -> Attention | None:
        """What a person was last asked to look at; None before the first."""
        return self._attention.newest

    def _totals(self) -> Totals:
        return Totals(
            messages=self._mail.sent,
            idle_messages=self._mail.idle,
            attention_open=self._attention.open_count,
            usage=self._usage,
            **self._counts,
        )

    def _raise(self, kind: str, event: Event, text: str) -> int:
        return self._attention.raise_(kind, event.at, text, task=event.task, agent=event.agent or "")

    # --- one method for each kind of event --------------------------------------------------------------------------

    def _mission_started(self, event: Event) -> None:
        self._ledger.allow(event)
        self._checks.forget_promises()
        self._course.begin(event)

    def _mission_planned(self, event: Event) -> None:
        self._checks.promise(event)
        self._course.plan()

    def _mission_decided(self, event: Event) -> None:
        if event.data.get("contract"):
            self._checks.promise(event)

    def _mission_resumed(self, event: Event) -> None:
        self._ledger.allow(event)
        self._attention.close(None, frozenset({attention.ENDED}))
        for agent, use in self._people.cut_off():
            text = f"{use.tool} was cut off; nobody knows whether it ran: {use.arguments}"
            self._attention.raise_(attention.IN_DOUBT, event.at, text, task=agent.task, agent=agent.name)
        self._course.resume()

    def _mission_ended(self, event: Event) -> None:
        ending = fields.text(event.data, "ending") or "ended"
        reason = fields.text(event.data, "reason")
        self._attention.close(None, frozenset({attention.PAUSED}))
        self._people.rest(event)
        if ending != "done":
            words = f"the mission ended as {ending.replace('_', ' ')}: {reason}"
            self._attention.raise_(attention.ENDED, event.at, words, task=None, agent="")
        self._course.end(event, ending, reason)

    def _mission_halted(self, event: Event) -> None:
        words = f"{fields.text(event.data, 'by') or 'somebody'}: {fields.text(event.data, 'reason')}".removesuffix(": ")
        self._course.paused = fields.text(event.data, "word") != "stop"
        # The word that is there is replaced by this one.
        self._attention.close(None, frozenset({attention.PAUSED}))
        if self._course.paused:
            self._attention.raise_(attention.PAUSED, event.at, f"by {words}", task=None, agent="")

    def _mission_released(self, event: Event) -> None:
        self._course.paused = False
        self._attention.close(None, frozenset({attention.PAUSED}))

    def _mission_interrupted(self, event: Event) -> None:
        self._course.interrupt()
        self._people.rest(event)

    def _task_changed(self, event: Event) -> None:
        before, after = self._tasks.apply(event)
        what = event.type.removeprefix("task.")
        if what in ("completed", "finished", "deleted"):
            self._attention.close(event.task, attention.CLOSED_BY_COMPLETION)
        elif what in ("unblocked", "reopened", "claimed"):
            self._attention.close(event.task, frozenset({attention.BLOCKED}))
        if before == "needs_input" != after:
            self._attention.close(event.task, frozenset({attention.NEEDS_INPUT}))
            self._requests.take_answer(event, fields.text(event.data, "reason"))
        if after == "needs_input" != before:
            self._raise(attention.NEEDS_INPUT, event, fields.text(event.data, "reason"))
            self._requests.take_question(event, fields.text(event.data, "reason"))
        if what == "blocked":
            self._raise(attention.BLOCKED, event, fields.text(event.data, "reason"))

    def _model_called(self, event: Event) -> None:
        self._people.model_called(event)
        call = added(Usage(), event.data)
        self._usage = together(self._usage, call)
        self._ledger.take(event, call, self._usage)

    def _verified(self, event: Event) -> None:
        check = self._checks.verify(event)
        self._people.checks(event, check)
        self._counts["verifications"] += 1
        if check.exit_code != 0:
            self._counts["failed_verifications"] += 1
            ended = "timed out" if check.exit_code is None else f"exit {check.exit_code}"
            self._raise(attention.FAILED_COMMAND, event, f"{check.assertion}: {check.command} → {ended}")

    def _verdict_given(self, event: Event) -> None:
        verdict = self._checks.judge(event)
        self._people.judged(event)
        if verdict.verdict == "rejected":
            self._counts["rejections"] += 1
            self._raise(attention.REJECTED, event, "; ".join(verdict.findings))

    def _memory_committed(self, event: Event) -> None:
        data = event.data
        names = ("branch", "commit", "record", "contribution")
        values = {name: fields.text(data, name) for name in names}
        self._memory.append(MemoryCommit(at=event.at, agent=event.agent or "", **values))
        self._counts["memory_commits"] += 1

    def _merged(self, event: Event) -> None:
        self._checks.merge(event)
        self._counts["merges"] += 1

    def _violated(self, event: Event) -> None:
        words = ": ".join(filter(None, (fields.text(event.data, "path"), fields.text(event.data, "what"))))
        number = self._raise(attention.VIOLATION, event, words)
        if fields.flag(event.data, "lasting"):
            self._violations.begin(event, number)

    def _violation_ended(self, event: Event) -> None:
        number = self._violations.end(event.cause)
        if number is not None:
            self._attention.close_one(number)

    def _troubled(self, event: Event) -> None:
        words = ": ".join(filter(None, (fields.text(event.data, "doing"), fields.text(event.data, "reason"))))
        self._raise(attention.TROUBLE, event, f"could not {words}")

    def _stalled(self, event: Event) -> None:
        if event.agent:
            self._people.stuck(event)
        self._raise(attention.STUCK, event, fields.text(event.data, "reason"))

    def _tool_called(self, event: Event) -> None:
        self._people.apply(event)
        self._skills.take(event)

    def _person(self, event: Event) -> None:
        self._people.apply(event)
        if event.type.startswith("member."):
            self._requests.take_member(event)

    def _sent(self, event: Event) -> None:
        self._mail.take_sent(event)
        asked, answered = self._requests.take_sent(event)
        # A lead that ends one of its members asks the member, not a person.
        if asked is not None and not (asked.kind == "shutdown" and asked.to != LEAD):
            words = " ".join(
                filter(None, (asked.asker, asked.kind, asked.tool, fields.head(asked.why or asked.action)))
            )
            self._asked[asked.id] = self._raise(attention.ASKED, event, words)
        for request in answered:
            self._attention.close_one(self._asked.pop(request.id, 0))

    def _decided(self, event: Event) -> None:
        request = self._requests.take_decided(event)
        if request is not None:
            self._attention.close_one(self._asked.pop(request.id, 0))


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
HANDLED: dict[str, Callable[[Monitor, Event], Any]] = {
    "mission.started": Monitor._mission_started,
    "mission.planned": Monitor._mission_planned,
    "mission.decided": Monitor._mission_decided,
    "mission.resumed": Monitor._mission_resumed,
    "mission.interrupted": Monitor._mission_interrupted,
    "mission.halted": Monitor._mission_halted,
    "mission.released": Monitor._mission_released,
    "mission.ended": Monitor._mission_ended,
    "team.created": lambda monitor, event: monitor._requests.take_member(event),
    "message.sent": Monitor._sent,
    "request.decided": Monitor._decided,
    "message.posted": lambda monitor, event: monitor._mail.take_posted(event),
    "message.delivered": lambda monitor, event: monitor._mail.take_delivered(event),
    "model.called": Monitor._model_called,
    "verify.command": Monitor._verified,
    "verdict.given": Monitor._verdict_given,
    "memory.committed": Monitor._memory_committed,
    "work.merged": Monitor._merged,
    "violation": Monitor._violated,
    "violation.ended": Monitor._violation_ended,
    "team.trouble": Monitor._troubled,
    **dict.fromkeys((*EVENTS.values(), "task.created", "task.imported", "task.edited"), Monitor._task_changed),
    "member.joined": Monitor._person,
    "member.rejoined": Monitor._person,
    "member.left": Monitor._person,
    "member.found": Monitor._person,
    "member.gone": Monitor._person,
    "turn.started": Monitor._person,
    "turn.ended": Monitor._person,
    "attempt.started": Monitor._person,
    "attempt.ended": Monitor._person,
    "agent.state": Monitor._person,
    "model.limited": Monitor._person,
    "agent.stalled": Monitor._stalled,
    "tool.intent": Monitor._tool_called,
    "tool.result": Monitor._person,
}
