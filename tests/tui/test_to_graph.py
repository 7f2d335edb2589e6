"""``g``: from anything to the graph of the memory, at the milestone that it led to."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from textual.pilot import Pilot

from tests.tui.screen import play, shown, still, text_of
from tests.tui.story import Story
from tui.app import MonitorApp
from tui.rows.milestones import newest_of
from tui.snapshot import Agent, GraphLine, MemoryCommit, Message, Snapshot

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLAN, PRICES, OFFERS, LATER = "a" * 40, "b" * 40, "c" * 40, "d" * 40
GRAPH = (
    GraphLine("*", LATER, ("main",), (OFFERS,), "the end", "team-lead"),
    GraphLine("*", OFFERS, (), (PRICES,), "offers are right", "alice"),
    GraphLine("*", PRICES, (), (PLAN,), "prices are right", "alice"),
    GraphLine("*", PLAN, (), (), "the plan", "team-lead"),
)


def milestone(story: Story, agent: str, commit: str, task: str | None = None) -> None:
    story.tell("memory.committed", agent, task, branch="main", commit=commit, record=commit[:8], contribution="learned")


def remembered() -> Snapshot:
    story = Story()
    document = {"id": "1", "subject": "Read prices", "description": "", "blockedBy": []}
    story.tell("team.created", "team-lead")
    story.tell("mission.started", "team-lead", goal="Let the till add up", branch="b", model="m", workers=1)
    story.tell("task.created", "team-lead", "1", task=document, to="open")
    milestone(story, "team-lead", PLAN)
    story.tell("agent.state", "alice", "1", state="thinking")
    milestone(story, "alice", PRICES, "1")
    milestone(story, "alice", OFFERS, "2")
    milestone(story, "team-lead", LATER)
    return shown(story.events, graph=GRAPH)


def under_cursor_after(*keys: str) -> str:
    """Return the commit under the graph's cursor after these keys."""
    app, found = still(remembered()), ""

    async def act(pilot: Pilot[None]) -> None:
        nonlocal found
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await asyncio.sleep(0)
        found = app.under_cursor.id

    play(app, (120, 36), act)
    return found


@pytest.mark.parametrize(
    ("keys", "commit"),
    [
        (["1", "g"], PRICES),
        (["1", "1", "g"], PRICES),
        (["2", "2", "g"], OFFERS),
        (["4", "end", "up", "g"], PRICES),
        (["1", "g", "g"], LATER),
        (["7", "g"], LATER),
    ],
    ids=["task in the overview", "task", "agent", "commit", "once more: the newest", "a view without milestones"],
)
def test_g_is_the_graph_at_the_milestone_of_what_is_under_the_cursor(keys: list[str], commit: str) -> None:
    assert under_cursor_after(*keys) == commit


def test_a_task_is_found_by_its_own_milestones_and_what_has_none_by_nothing() -> None:
    milestones = remembered().memory
    message = Message("m", AT, "alice", "bob", "", "", "", False)

    assert newest_of(Agent("alice", task="1"), milestones) == OFFERS
    assert newest_of(message, milestones) == OFFERS
    assert newest_of(replace(message, about="#1"), milestones) == PRICES
    assert newest_of(milestones[0], milestones) == PLAN
    assert newest_of(Agent("nobody"), milestones) == ""
    assert newest_of(None, milestones) == ""
    assert [one.task for one in milestones if isinstance(one, MemoryCommit)] == ["", "1", "2", ""]


def test_in_a_sheet_g_is_its_top_and_the_sheet_stays() -> None:
    app: MonitorApp = still(remembered())
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        for key in ("G", "g"):
            await pilot.press(key)
            await pilot.pause()
            seen.append(text_of(app))

    play(app, (80, 24), act)
    assert "Watching a team of agents" not in seen[0]
    assert "Watching a team of agents" in seen[1]
