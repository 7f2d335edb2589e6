"""The agents: what the projection holds of them, what stands in a row, and the page of one."""

import re
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from tests.tui.screen import assert_screen, screen_after, screens_after, shown, still
from tests.tui.shop import shop
from tests.tui.story import START, Story
from tests.tui.till import opening
from tui.plain.words import summary_lines
from tui.projection.people import RECENT, STRETCH_S, STRETCHES
from tui.projection.state import Monitor
from tui.rows.agent_page import agent_page
from tui.rows.agents import agent_row, context, ordered, sparkline, waiting_for
from tui.rows.floor import floor_of
from tui.rows.spans import plain, spans_width
from tui.snapshot import Agent, Heart, Snapshot

SMALL, LARGE = (80, 24), (200, 50)


def picture(story: Story) -> Snapshot:
    monitor = Monitor()
    for event in story.events:
        monitor.apply(event)
    return monitor.snapshot()


def agent(snapshot: Snapshot, name: str) -> Agent:
    return next(found for found in snapshot.agents if found.name == name)


def lively() -> Snapshot:
    snapshot = shown(shop().events)
    lives = {"alice": "alive", "bob": "alive", "carol": "silent", "dave": "alive", "val": "gone"}
    return replace(snapshot, hearts={name: Heart(life, snapshot.last_event_at, 4711) for name, life in lives.items()})


# --- what the events say --------------------------------------------------------------------------------------------


def test_the_last_prompt_and_the_window_are_of_the_newest_call() -> None:
    alice = agent(picture(shop()), "alice")

    assert (alice.prompt_tokens, alice.window) == (29_000, 64_000)
    assert context(alice) == ("▄ 45%", "plain")


def test_of_a_worker_that_is_a_command_the_row_says_what_runs_and_since_when_and_nothing_of_a_try_before() -> None:
    story = opening()
    story.tell("attempt.started", "worker-1", "1", role="worker", model="scripted:x")
    story.tell("tool.intent", "worker-1", "1", call="c", tool="run", arguments="{}")
    story.tell("tool.result", "worker-1", "1", call="c", tool="run", ok=True, output="exit code 0")
    story.tell("attempt.ended", "worker-1", "1", outcome="failed")
    story.tell("attempt.started", "worker-1", "1", role="worker", model="command")
    between = agent(picture(story), "worker-1")
    story.tell("agent.state", "worker-1", "1", state="tool", detail="make test\n\x1b[2J")
    runs = picture(story)
    now = story.events[-1].at + timedelta(seconds=7)
    row = plain(agent_row(agent(runs, "worker-1"), {}, 120, now=now))
    story.tell("attempt.ended", "worker-1", "1", outcome="submitted")

    assert re.search(r"▸ worker-1 +worker +tool +7s +#1 +▸ make test \\x1b\[2J", row), row
    assert "run" not in plain(agent_row(between, {}, 120, now=now)).split()
    assert "worker-1 tool on #1, make test" in "\n".join(summary_lines(runs, now=now, zone=UTC))
    assert "make" not in plain(agent_row(agent(picture(story), "worker-1"), {}, 120, now=now))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"tokens_in": 29_000}, "29.0k/?"),
        ({"tokens_in": 60_000, "window": 64_000}, "█ 94%"),
        ({"tokens_in": 99_000, "window": 64_000}, "█ 155%"),
        ({"tokens_in": 29_000, "window": 64_000, "calls": 7}, "–"),
        ({"tokens_in": 29_000, "window": "big"}, "29.0k/?"),
    ],
)
def test_a_context_of_which_nobody_knows_the_window_says_so(data: dict[str, object], said: str) -> None:
    story = opening()
    story.tell("model.called", "worker-1", "1", model="m", tokens_out=1, cost_usd=None, **data)

    assert context(agent(picture(story), "worker-1"))[0] == said


def test_an_agent_that_waits_for_a_model_says_so_until_the_model_answered() -> None:
    story = shop()
    bob = agent(picture(story), "bob")
    story.tell("model.called", "bob", "2", model="maker/small", tokens_in=1, tokens_out=1)
    after = agent(picture(story), "bob")

    assert (bob.state, bob.detail) == ("waiting", "for maker/small: 429: slow down")
    assert (after.state, after.detail) == ("thinking", "")


def test_the_newest_tools_are_kept_with_what_came_of_them() -> None:
    story = opening()
    for number in range(RECENT + 5):
        story.tell("tool.intent", "worker-1", "1", call=f"c{number}", tool="run", arguments="{}")
        story.tell("tool.result", "worker-1", "1", call=f"c{number}", tool="run", ok=number % 2 == 0, output="x" * 900)
    worker = agent(picture(story), "worker-1")

    assert len(worker.recent) == RECENT
    assert worker.recent[-1] is worker.tool
    assert [use.call for use in worker.recent[:2]] == ["c5", "c6"]
    assert {use.ok for use in worker.recent} == {True, False}
    assert len(worker.recent[-1].output) == 400


def test_a_state_has_an_age_that_more_of_the_same_does_not_change() -> None:
    story = opening()
    story.tell("agent.state", "worker-1", "1", state="thinking", detail="")
    since = story.events[-1].at
    story.tell("model.called", "worker-1", "1", model="m", tokens_in=1, tokens_out=1)
    story.tell("agent.state", "worker-1", "1", state="thinking", detail="")

    assert agent(picture(story), "worker-1").since == since


def test_activity_is_counted_in_stretches_and_forgets_what_is_long_ago() -> None:
    story = opening()
    for _ in range(3):
        story.tell("agent.state", "worker-1", after_s=0.1, state="thinking", detail="")
    story.tell("agent.state", "worker-1", after_s=STRETCH_S * STRETCHES / 2, state="idle", detail="")
    activity = agent(picture(story), "worker-1").activity
    story.tell("agent.state", "worker-1", after_s=STRETCH_S * STRETCHES, state="idle", detail="")
    later = agent(picture(story), "worker-1").activity

    assert sum(count for _, count in activity) == 4
    assert [count for _, count in later] == [1]


def test_the_sparkline_ends_now_and_is_as_wide_as_asked() -> None:
    now = START
    stretch = int(now.timestamp()) // STRETCH_S
    activity = ((stretch - 40, 9), (stretch - 6, 1), (stretch - 2, 4), (stretch, 8))

    assert sparkline(activity, now, 5) == "·▁·▄█"
    assert sparkline(activity, now + timedelta(hours=1), 5) == "·····"
    assert sparkline((), now, 3) == "···"


def test_who_has_commands_of_the_contract_run_is_at_work_until_the_verdict() -> None:
    story = opening()
    story.tell("verify.command", "val", "1", assertion="VAL-1", command="make check", exit_code=0, output="")
    checking = agent(picture(story), "val")
    story.tell("verdict.given", "val", "1", verdict="accepted", by="val", findings=[])
    after = agent(picture(story), "val")

    assert (checking.state, checking.detail) == ("checking", "VAL-1 exit 0: make check")
    assert after.state == "idle"


# --- the rows -------------------------------------------------------------------------------------------------------


def test_who_needs_a_look_comes_first_and_who_left_last() -> None:
    story = shop()
    story.tell("member.left", "team-lead", name="team-lead", reason="over")
    snapshot = replace(picture(story), hearts={"val": Heart("gone"), "carol": Heart("silent"), "bob": Heart("alive")})

    names = [found.name for found in ordered(snapshot.agents, snapshot.hearts)]

    assert names[:3] == ["carol", "dave", "val"]
    assert names[-1] == "team-lead"


def test_a_row_says_for_whom_an_agent_waits_and_how_long_its_tool_runs() -> None:
    snapshot = picture(shop())
    now = snapshot.last_event_at or START
    floor = floor_of(snapshot, now)

    assert waiting_for(agent(snapshot, "carol"), floor) == "you"
    assert waiting_for(agent(snapshot, "bob"), floor) == "maker/small: 429: slow down"
    assert waiting_for(agent(snapshot, "alice"), floor) == ""
    row = plain(agent_row(agent(snapshot, "alice"), {}, 120, now=now))
    assert "1m #3" in " ".join(row.split())
    assert "▸ run python -m pytest -q" in row


@pytest.mark.parametrize("cells", [20, 60, 78, 118, 198])
@pytest.mark.parametrize("whole", [False, True])
def test_rows_are_as_wide_as_there_is_room(cells: int, *, whole: bool) -> None:
    snapshot = lively()
    for found in snapshot.agents:
        row = agent_row(found, snapshot.hearts, cells, now=snapshot.last_event_at or START, whole=whole)
        assert spans_width(row) <= max(cells, 60)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
def test_the_whole_view_tells_of_the_agent_under_the_cursor_below_the_list(size: tuple[int, int]) -> None:
    first, moved = screens_after(still(lively()), size, "22", ["down", "down", "down"])

    assert_screen(f"agents-{size[0]}x{size[1]}", moved)
    assert "6 agents" not in moved
    assert "3 to look at" in moved
    assert "nobody knows" in first or "state" in first
    assert first.split("╮")[2] != moved.split("╮")[2]
    assert max(map(len, moved.splitlines())) <= size[0]


def test_agents_are_narrowed_by_what_they_do() -> None:
    one, two = screens_after(
        still(lively()), LARGE, ["2", "2", "slash", *"state:stuck"], ["slash", "escape", "slash", *"context:>30"]
    )

    def names(text: str) -> list[str]:
        return re.findall(r"^│ [◐‖▸◌○] (\w+) ", text.split("╭─ agent")[0], re.MULTILINE)

    assert names(one) == ["dave"]
    assert names(two) == ["alice"]


def test_the_page_of_an_agent_has_its_tools_tasks_messages_and_cost() -> None:
    snapshot = picture(shop())

    text = "\n".join(f"{label} {words}" for label, words, *_ in agent_page(agent(snapshot, "alice"), snapshot, UTC))

    assert "45%: 29,000 tokens in the last prompt, of 64,000" in text
    assert "▸ run python -m pytest -q  running" in text
    assert "run python -m pytest -q tests/test_till.py  1.2 s" in text
    assert "exit code 1" in text
    assert "✓ #1 read-prices: done" in text
    assert "bob → alice: Yes, as whole cents." in text
    assert "cost $0.20" in text


def test_an_agent_nobody_knows_much_of_has_a_page() -> None:
    story = Story()
    story.tell("member.found", name="guest")

    text = screen_after(still(shown(story.events)), SMALL, "2", "enter")

    assert "nobody knows its role and model" in text
    assert "no model was asked yet" in text
