"""The projection: what events mean for the picture."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teams.engine.event import Event
from tests.tui.story import Story
from tests.tui.till import middle, opening, whole
from tui.projection.state import HANDLED, TOLD_ONLY, Monitor
from tui.snapshot import Agent, Snapshot, Task
from tui.snapshot.value import value


def picture(events: Iterable[Event]) -> Snapshot:
    monitor = Monitor()
    for event in events:
        monitor.apply(event)
    return monitor.snapshot()


def agent(snapshot: Snapshot, name: str) -> Agent:
    return next(agent for agent in snapshot.agents if agent.name == name)


def task(snapshot: Snapshot, number: str) -> Task:
    return next(task for task in snapshot.tasks if task.id == number)


def test_nothing_happened_yet() -> None:
    snapshot = picture([])

    assert snapshot == Snapshot()
    assert snapshot.mission is None


def test_a_mission_is_planning_until_it_has_a_contract() -> None:
    planned = next(index for index, event in enumerate(opening().events) if event.type == "mission.planned")

    before, after = picture(opening().events[:planned]), picture(opening().events)

    assert before.mission is not None
    assert before.mission.phase == "planning"
    assert after.mission is not None
    assert after.mission.phase == "working"
    assert (after.mission.goal, after.mission.scripted) == ("Make the suite pass and let the till print receipts", True)
    assert after.mission.sandbox == "bubblewrap"


def test_the_middle_of_a_run() -> None:
    snapshot = picture(middle().events)

    assert snapshot.task_states == {"done": 1, "running": 1, "waiting": 1}
    assert task(snapshot, "2").attempt == 2
    assert task(snapshot, "2").owner == "worker-2"
    assert task(snapshot, "3").blocked_by == ("1", "2")
    assert (agent(snapshot, "worker-2").state, agent(snapshot, "worker-1").state) == ("tool", "idle")
    tool = agent(snapshot, "worker-2").tool
    assert tool is not None
    assert (tool.tool, tool.ok) == ("run", None)
    assert [assertion.holds for assertion in snapshot.assertions] == [True, False, None]


def test_a_rejection_needs_attention_until_it_was_put_right() -> None:
    during, after = picture(middle().events), picture(whole().events)

    assert [(item.kind, item.task, item.open) for item in during.attention] == [
        ("failed command", "2", True),
        ("rejected", "2", True),
    ]
    assert during.totals.attention_open == 2
    assert [item.open for item in after.attention] == [False, False]
    assert after.totals.attention_open == 0
    assert after.totals.rejections == 1


def test_the_end_of_a_run() -> None:
    snapshot = picture(whole().events)

    assert snapshot.mission is not None
    assert (snapshot.mission.phase, snapshot.mission.ending) == ("done", "done")
    assert snapshot.mission.ended_at == whole().events[-1].at
    assert {agent.state for agent in snapshot.agents} == {"idle"}
    assert all(assertion.holds for assertion in snapshot.assertions)


def test_a_pause_is_shown_until_it_is_taken_back_and_who_said_so_is_no_agent() -> None:
    story = middle()
    story.tell("mission.halted", "zoe", word="pause", by="zoe", reason="lunch")
    held = picture(story.events)
    story.tell("mission.released", "zoe", by="zoe")
    after = picture(story.events)

    assert held.mission is not None
    assert (held.mission.phase, held.attention[-1].text) == ("pausing", "by zoe: lunch")
    assert held.totals.attention_open == after.totals.attention_open + 1
    assert after.mission is not None
    assert after.mission.phase == "working"
    assert "zoe" not in {agent.name for agent in after.agents}


def test_a_word_takes_the_place_of_the_one_before() -> None:
    story = middle()
    before = picture(story.events).totals.attention_open
    for word, open_items in (("pause", 1), ("pause", 1), ("stop", 0)):
        story.tell("mission.halted", "zoe", word=word, by="zoe", reason="lunch")
        assert picture(story.events).totals.attention_open == before + open_items


@pytest.mark.parametrize("ending", ["blocked", "infeasible", "budget_exhausted", "stopped"])
def test_an_ending_that_is_not_done_needs_attention(ending: str) -> None:
    story = opening()
    story.tell("mission.ended", "orchestrator", ending=ending, reason="no key", branch="b", commit=None)

    snapshot = picture(story.events)

    assert snapshot.mission is not None
    assert snapshot.mission.phase == ending.replace("_", " ")
    assert snapshot.attention[-1].text.endswith("no key")
    assert snapshot.totals.attention_open == 1


def test_a_reason_that_says_how_it_ended_is_enough() -> None:
    story = opening()
    story.tell("mission.ended", "team-lead", ending="stopped", reason="stopped by ada", branch="b", commit=None)

    assert picture(story.events).attention[-1].text == "stopped by ada"


def test_a_cost_that_nobody_knows_stays_unknown() -> None:
    story = Story()
    story.tell("model.called", "ann", model="m", scripted=False, tokens_in=10, tokens_out=1, cost_usd=None)

    usage = agent(picture(story.events), "ann").usage

    assert (usage.turns, usage.cost_usd, usage.unpriced_turns) == (1, None, 1)


def test_known_and_unknown_costs_are_kept_apart() -> None:
    story = Story()
    for cost in (0.25, None, 0.5):
        story.tell("model.called", "ann", model="m", scripted=False, tokens_in=10, tokens_out=1, cost_usd=cost)

    usage = picture(story.events).totals.usage

    assert (usage.turns, usage.cost_usd, usage.unpriced_turns) == (3, 0.75, 1)
    assert (usage.tokens_in, usage.tokens_out) == (30, 3)


def test_a_type_that_nobody_foresaw_is_counted_and_shown() -> None:
    story = Story()
    story.tell("weather.changed", "ann", to="rain")
    story.tell("weather.changed", "ann", to="sun")

    snapshot = picture(story.events)

    assert snapshot.unknown_types == {"weather.changed": 2}
    assert snapshot.totals.unknown_events == 2
    assert "weather.changed" in snapshot.log[-1].text


def test_idle_notices_are_marked_and_delivery_is_noted() -> None:
    messages = picture(middle().events).messages

    assert [(message.summary, message.idle, message.delivered) for message in messages] == [
        ("fix-prices is ready", False, True),
        ("", True, False),
    ]


def test_a_blocked_task_needs_attention_until_it_is_unblocked() -> None:
    story = opening()
    story.task("blocked", 1, "blocked", reason="no network")

    during = picture(story.events)
    story.task("unblocked", 1, "ready")
    after = picture(story.events)

    assert [(item.kind, item.text) for item in during.attention if item.open] == [("blocked", "no network")]
    assert after.totals.attention_open == 0


def test_a_violation_stays_open_when_its_task_is_done() -> None:
    story = opening()
    story.tell("violation", "worker-1", "1", path="/etc/passwd", what="wrote outside its copy")
    story.task("completed", 1, "done")

    assert [item.kind for item in picture(story.events).attention if item.open] == ["violation"]


def test_a_violation_that_lasts_is_open_until_it_ends() -> None:
    story = opening()
    what = {"path": "tasks/till-1/1.json", "rule": "taken", "what": "taken by bob"}
    first = story.tell("violation", "bob", "1", lasting=True, **what)
    story.tell("violation", None, "2", lasting=True, **{**what, "path": "tasks/till-1/2.json"})
    during = picture(story.events)
    story.tell("violation.ended", **what).cause = first.id
    story.tell("violation.ended", **what).cause = "nothing that is known"
    after = picture(story.events)

    assert [(item.path, item.rule, item.task, item.agent) for item in during.violations] == [
        ("tasks/till-1/1.json", "taken", "1", "bob"),
        ("tasks/till-1/2.json", "taken", "2", ""),
    ]
    assert [item.path for item in after.violations] == ["tasks/till-1/2.json"]
    assert [(item.text, item.open) for item in after.attention] == [
        ("tasks/till-1/1.json: taken by bob", False),
        ("tasks/till-1/2.json: taken by bob", True),
    ]
    assert after.totals.attention_open == 1


def test_members_come_and_go_through_other_programs_and_take_turns() -> None:
    story = Story()
    story.tell("member.found", name="guest", role="general-purpose")
    story.tell("member.joined", "ann", name="ann", role="worker")
    story.tell("turn.started", "ann", msg_id="m", **{"from": "guest"})
    during = picture(story.events)
    story.tell("turn.ended", "ann", msg_id="m", outcome="answered", text="yes")
    story.tell("member.gone", name="guest")
    after = picture(story.events)

    assert (agent(during, "guest").role, agent(during, "guest").state) == ("general-purpose", "idle")
    assert (agent(during, "ann").state, agent(during, "ann").detail) == ("thinking", "a message of guest")
    assert (agent(after, "ann").state, agent(after, "guest").state) == ("idle", "left")
    assert after.totals.unknown_events == 0


def test_what_could_not_be_done_for_the_team_needs_attention() -> None:
    story = opening()
    story.tell("team.trouble", "team-lead", doing="take in", reason="Damaged: garbled")

    (item,) = picture(story.events).attention

    assert (item.kind, item.text, item.open) == ("trouble", "could not take in: Damaged: garbled", True)


def test_who_is_stuck_is_shown_as_such_until_the_task_is_done() -> None:
    story = middle()
    story.tell("agent.stalled", "worker-2", "2", reason="the tool run gave no sign of life for 300 s", times=1)
    snapshot = picture(story.events)

    stuck = agent(snapshot, "worker-2")
    assert (stuck.state, stuck.detail) == ("stuck", "the tool run gave no sign of life for 300 s")
    assert stuck.tool is not None
    assert stuck.tool.ok is False
    (item,) = [item for item in snapshot.attention if item.kind == "stuck"]
    assert (item.task, item.agent, item.text) == ("2", "worker-2", "the tool run gave no sign of life for 300 s")


def test_what_a_resume_allows_anew_counts_from_then_on_and_the_rest_is_as_before() -> None:
    story = Story()
    story.tell("mission.started", "team-lead", goal="g", branch="b", model="m", workers=2, max_attempts=1)
    story.tell("mission.resumed", "team-lead", reason="", max_attempts=3)
    story.tell("mission.resumed", "team-lead", reason="", workers=5, max_attempts="many")

    mission = picture(story.events).mission

    assert mission is not None
    assert (mission.workers, mission.max_attempts) == (5, 3)


def test_a_tool_that_was_cut_off_is_in_doubt_after_a_resume() -> None:
    story = middle()
    story.tell("mission.resumed", "orchestrator", reason="the process was killed")

    items = [item for item in picture(story.events).attention if item.kind == "in doubt"]

    assert [(item.agent, item.task) for item in items] == [("worker-2", "2")]


def test_a_deleted_task_leaves_the_board() -> None:
    story = opening()
    story.task("deleted", 1, "ready")

    snapshot = picture(story.events)

    assert [task.id for task in snapshot.tasks] == ["2", "3"]
    assert snapshot.task_states == {"ready": 1, "waiting": 1}


def test_a_task_of_a_foreign_program_has_a_place_on_the_board() -> None:
    story = Story()
    story.tell("task.created", "lead", "7", task={"id": "7", "subject": "look", "status": "in_progress"})

    assert (task(picture(story.events), "7").state, task(picture(story.events), "7").key) == ("running", "")


def test_a_snapshot_does_not_change_afterwards() -> None:
    monitor = Monitor()
    for event in opening().events:
        monitor.apply(event)
    before = monitor.snapshot()
    kept = replace(before)

    for event in whole().events[len(opening().events) :]:
        monitor.apply(event)

    assert before == kept
    assert before.task_states == {"ready": 2, "waiting": 1}


def test_mypy_is_told_that_the_values_of_a_picture_are_frozen() -> None:
    snapshot = Snapshot()

    # Were it allowed, mypy would say that the comment is of no use.
    snapshot.team = "another"  # type: ignore[misc]

    told = value.__dataclass_transform__  # type: ignore[attr-defined]
    # Python 3.11 has it among what it does not know.
    assert {**told["kwargs"], **told}["frozen_default"]


KNOWN_TYPES = sorted({event.type for event in whole().events} | {*HANDLED, *TOLD_ONLY})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3),
    max_leaves=6,
)
NAMES = [
    "task",
    "ending",
    "contract",
    "findings",
    "cost_usd",
    "tokens_in",
    "exit_code",
    "text",
    "state",
    "name",
    "msg_id",
]


@settings(max_examples=150, deadline=None)
@given(type_=st.sampled_from(KNOWN_TYPES) | st.text(max_size=12), data=st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_event_whatever_it_holds_stops_the_picture(type_: str, data: dict[str, object]) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)

    snapshot = picture([*opening().events, Event(99, "e", at, type_, "till-1", data, task="1", agent="ann")])

    assert snapshot.totals.events == len(opening().events) + 1
