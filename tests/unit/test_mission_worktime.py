"""Time that was worked is counted once, without pauses, over resumes, and when there is none left nothing begins."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from onecontext.errors import BudgetExhausted
from teams.engine.event import Event
from teams.mission.spending.purse import Kind
from teams.mission.spending.worked import worked_before
from teams.mission.spending.worktime import WorkTime
from teams.protocol.board.task import Task

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Mission:
    """A mission's time on a clock that only the test moves."""

    def __init__(self, before: Mapping[tuple[Kind, str], float] | None = None, **allowed: float) -> None:
        self.clock, self.stop, self.pause = Clock(), threading.Event(), threading.Event()
        kinds: dict[Kind, float | None] = {kind: allowed.get(kind) for kind in ("mission", "task", "agent")}
        self.time = WorkTime(
            "m", kinds, stop=self.stop, pause=self.pause, before=lambda: before or {}, clock=self.clock
        )

    def pass_s(self, seconds: float, *, paused: bool = False) -> None:
        self.time.look()
        if paused:
            self.pause.set()
        self.clock.now += seconds
        self.time.look()
        self.pause.clear()


def test_a_mission_is_stopped_when_its_time_is_over_and_not_before() -> None:
    mission = Mission(mission=60)
    with mission.time:
        mission.pass_s(59)
        assert not mission.stop.is_set()
        mission.pass_s(1)

    assert mission.stop.is_set()
    assert mission.time.exhausted == "the budget of m has no time left: 60 of 60 s are over"


def test_a_pause_does_not_count() -> None:
    mission = Mission(mission=60, agent=50)
    with mission.time, mission.time.working("ann"):
        mission.pass_s(10)
        mission.pass_s(3600, paused=True)
        mission.pass_s(10)
        assert mission.time.left_s("bob") == 40
    assert not mission.stop.is_set()


def test_what_was_worked_before_counts() -> None:
    mission = Mission(before={("mission", "m"): 55.0, ("task", "till"): 90.0}, mission=60, task=100)
    with mission.time:
        assert mission.time.left_s("ann", "till") == 5
        mission.pass_s(4)
        mission.time.check("ann", "till")
        mission.pass_s(1)

        with pytest.raises(BudgetExhausted, match="the budget of m has no time left: 60 of 60 s") as over:
            mission.time.check("ann", "till")
    assert (over.value.kind, over.value.name) == ("mission", "m")


def test_a_task_has_the_time_of_its_attempts_and_an_agent_that_of_its_work() -> None:
    mission = Mission(task=10, agent=100)
    with mission.time:
        with mission.time.working("ann", "till"):
            mission.pass_s(6)
        mission.pass_s(30)  # nobody works
        with mission.time.working("bob", "till"):
            assert mission.time.left_s("bob", "till") == 4
            mission.pass_s(5)
        with (
            pytest.raises(BudgetExhausted, match="task till has no time left: 11 of 10 s"),
            mission.time.working("ann", "till"),
        ):
            raise AssertionError("it began all the same")
        assert mission.time.left_s("ann") == 94
        assert mission.time.left_s("bob") == 95


def test_an_attempt_that_fails_has_taken_its_time_too() -> None:
    mission = Mission(agent=10)

    def fail() -> None:
        with mission.time.working("ann"):
            mission.pass_s(11)
            raise KeyError

    with mission.time:
        with pytest.raises(KeyError):
            fail()
        with pytest.raises(BudgetExhausted, match="agent ann has no time left"):
            mission.time.check("ann")


def test_where_nothing_is_limited_nothing_is_read_or_looked_at() -> None:
    mission = Mission(before=None)
    mission.time._read_before = lambda: pytest.fail("the journal was read")
    threads = threading.active_count()

    with mission.time, mission.time.working("ann", "till"):
        assert threading.active_count() == threads
        assert mission.time.left_s("ann", "till") is None


# --- what the journal says --------------------------------------------------------------------------------------------


def journal(*told: tuple[float, str, dict[str, Any]]) -> list[Event]:
    """Events at these seconds; ``agent`` and ``task`` stand among the data."""
    task = {
        "id": "1",
        "subject": "x",
        "description": "",
        "status": "pending",
        "blocks": [],
        "blockedBy": [],
        "metadata": {"onecontext": {"v": 1, "rev": 1, "key": "till", "state": "ready", "role": "worker"}},
    }
    made = [(0.0, "task.created", {"task": "1"}), *told]
    events = []
    for seq, (at, type_, more) in enumerate(made, 1):
        data = {key: value for key, value in more.items() if key not in ("agent", "task")}
        if type_ == "task.created":
            data["task"] = task
        where = {"agent": more.get("agent"), "task": more.get("task")}
        events.append(Event(seq, str(seq), BEGIN + timedelta(seconds=at), type_, "t", data, "m", **where))
    Task.parse(task, source="the test")
    return events


START = (0.0, "mission.started", {"agent": "team-lead"})
END = {"agent": "team-lead", "ending": "done"}
ATTEMPT = {"agent": "ann", "task": "1"}


def test_a_run_counts_from_its_beginning_to_its_end() -> None:
    worked = worked_before(
        journal(
            START, (5, "attempt.started", ATTEMPT), (25, "attempt.ended", ATTEMPT), (30, "mission.interrupted", END)
        ),
        "m",
    )
    assert worked == {("mission", "m"): 30.0, ("agent", "ann"): 20.0, ("task", "till"): 20.0}


def test_a_run_that_was_killed_counts_to_the_last_that_was_done_and_the_time_until_the_resume_does_not() -> None:
    worked = worked_before(
        journal(
            START,
            (5, "attempt.started", ATTEMPT),
            (9, "model.called", ATTEMPT),
            (4000, "mission.halted", {"word": "pause", "agent": "human"}),
            (5000, "mission.resumed", {"agent": "team-lead"}),
            (5010, "attempt.started", ATTEMPT),
            (5015, "attempt.ended", ATTEMPT),
            (9999, "mission.ended", {"agent": "human", "ending": "stopped"}),
        ),
        "m",
    )
    assert worked == {("mission", "m"): 9.0 + 15.0, ("agent", "ann"): 4.0 + 5.0, ("task", "till"): 4.0 + 5.0}


def test_pauses_are_left_out_and_what_goes_on_in_them_too() -> None:
    worked = worked_before(
        journal(
            START,
            (10, "attempt.started", ATTEMPT),
            (20, "mission.halted", {"word": "pause", "agent": "human"}),
            (25, "mission.halted", {"word": "pause", "agent": "bob"}),
            (30, "tool.result", ATTEMPT),
            (1000, "mission.released", {"agent": "human"}),
            (1005, "attempt.ended", ATTEMPT),
            (1010, "mission.ended", END),
        ),
        "m",
    )
    assert worked == {("mission", "m"): 30.0, ("agent", "ann"): 15.0, ("task", "till"): 15.0}


def test_who_judges_has_worked_as_long_as_their_calls_and_commands_took() -> None:
    judge = {"agent": "validator-1", "task": "1"}
    worked = worked_before(
        journal(
            START,
            (10, "verify.command", {**judge, "duration_s": 4.0}),
            (12, "model.called", {**judge, "latency_s": 1.5}),
            (13, "tool.result", {**judge, "duration_s": "long"}),
        ),
        "m",
    )
    assert worked == {("mission", "m"): 13.0, ("agent", "validator-1"): 5.5}


def test_another_missions_time_is_its_own_and_a_clock_that_was_set_back_takes_nothing() -> None:
    events = journal(START, (50, "model.called", ATTEMPT), (20, "model.called", ATTEMPT), (60, "mission.ended", END))

    assert worked_before(events, "other") == {}
    assert worked_before(events, "m")["mission", "m"] == 60.0
