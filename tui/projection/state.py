"""From events to a picture: a pure projection.

Rule 1: no clock, no files, no Textual; the same events give the same snapshot.
Rule 2: applying an event costs the same whatever came before; lists that only grow keep their newest items and an
    exact count.
Rule 3: a type nobody knows is counted, and told by its name.
"""

from collections import Counter

from teams.engine.event import Event
from tui.projection.handlers import HANDLED, TOLD_ONLY, task_changed
from tui.projection.parts import Parts
from tui.snapshot import Attention, Snapshot

KEPT_LINES = 2_000
NOT_TOLD = frozenset({"agent.state", "task.renewed", "message.delivered", "message.posted"})
"""What happens so often, and says so little, that it has no line in the log; it still counts."""


class Monitor:
    """Takes events in the order of the journal and shows where they have led.

    ``kept``: how many lines of the log and milestones are held; 0 holds none and costs less.
    """

    def __init__(self, kept: int = KEPT_LINES) -> None:
        self._team = ""
        self._parts = Parts(kept)
        self._unknown: Counter[str] = Counter()
        self._last: Event | None = None

    def apply(self, event: Event) -> None:
        """Take in one event."""
        parts = self._parts
        self._team = event.team or self._team
        self._last = event
        parts.counts["events"] += 1
        parts.people.seen(event)
        handler = HANDLED.get(event.type)
        if handler is not None:
            handler(parts, event)
        elif event.type.startswith("task."):
            # Of a newer version: what any of them has is the whole document.
            task_changed(parts, event)
        elif event.type not in TOLD_ONLY:
            self._unknown[event.type] += 1
            parts.counts["unknown_events"] += 1
        if event.type not in NOT_TOLD:
            parts.log.add(event, self.task_name(event.task or ""))

    def snapshot(self) -> Snapshot:
        """Return the picture so far. Copies references, not what they refer to."""
        parts = self._parts
        states = parts.tasks.states()
        return Snapshot(
            team=self._team,
            mission=parts.course.picture(states, parts.people.busy),
            agents=parts.people.all(),
            tasks=parts.tasks.all(),
            task_states=states,
            messages=parts.mail.all(),
            verdicts=tuple(parts.checks.verdicts),
            verifications=tuple(parts.checks.verifications),
            changes=tuple(parts.checks.changes),
            assertions=parts.checks.assertions(),
            memory=tuple(parts.memory),
            attention=parts.attention.items(),
            violations=parts.violations.all(),
            requests=parts.requests.all(),
            log=parts.log.lines(),
            skill_uses=parts.skills.picture(),
            totals=parts.totals(),
            spending=parts.ledger.picture(),
            unknown_types=dict(self._unknown),
            last_event_at=self._last.at if self._last else None,
        )

    @property
    def over(self) -> bool:
        """Whether the mission has ended."""
        mission = self._parts.course.mission
        return mission is not None and mission.ending is not None

    def task_name(self, task_id: str) -> str:
        """Return what people call the task: ``#id key`` where it is known; "" of none."""
        return self._parts.tasks.name(task_id) if task_id else ""

    @property
    def newest_attention(self) -> Attention | None:
        """What a person was last asked to look at; None before the first."""
        return self._parts.attention.newest
