"""The live screen under a pilot: what is drawn, at several sizes, and what keys do."""

import re
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.tui.screen import assert_screen, play, screen_after, screens_after, shown, still, text_of
from tests.tui.story import Story
from tests.tui.till import crossed, middle, opening, whole
from tui.clocks import newest_event
from tui.snapshot import Heart, Snapshot
from tui.sources.folder import advice
from tui.theme import DARK, LIGHT
from tui.views.view import Scene

SMALL, MIDDLE, LARGE = (80, 24), (120, 36), (200, 50)


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE], ids=["80x24", "120x36", "200x50"])
@pytest.mark.parametrize("story", [middle, whole], ids=["middle", "whole"])
def test_a_run_looks_as_it_should(story: object, size: tuple[int, int], request: pytest.FixtureRequest) -> None:
    snapshot = shown(story().events)  # type: ignore[operator]

    text = screen_after(still(snapshot), size)

    assert_screen(request.node.callspec.id, text)
    assert max(map(len, text.splitlines())) <= size[0]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("task", ["right", "enter"]),
        ("agent", ["2", "enter"]),
        ("event", ["3", "enter"]),
        ("milestone", ["4", "enter"]),
        ("message", ["5", "home", "enter"]),
        ("attention", ["a"]),
        ("help", ["question_mark"]),
    ],
)
def test_enter_opens_what_is_under_the_cursor(name: str, keys: list[str]) -> None:
    text = screen_after(still(shown(middle().events)), MIDDLE, *keys)

    assert_screen(f"open-{name}", text)


def watched() -> Snapshot:
    snapshot = shown(crossed().events)
    lives = {"orchestrator": "alive", "worker-1": "silent", "worker-2": "gone", "validator-1": "orphaned"}
    hearts = {name: Heart(life, snapshot.last_event_at, 4711) for name, life in lives.items()}
    return replace(snapshot, hearts=hearts, watching="inotify: changes that were made to try it were told at once")


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE], ids=["80x24", "120x36", "200x50"])
def test_hearts_violations_and_the_watch_are_on_the_screen(size: tuple[int, int]) -> None:
    text = screen_after(still(watched()), size)

    assert_screen(f"crossed-{size[0]}x{size[1]}", text)
    assert max(map(len, text.splitlines())) <= size[0]
    assert "2 violations open now" in text
    said = {
        SMALL: "? help  q quit",
        MIDDLE: "finished, seen at once",
        LARGE: "by inotify: changes that were made to try it",
    }
    assert said[size] in text.splitlines()[-1]
    for name, life in (("worker-1", "silent"), ("worker-2", "gone"), ("validator-1", "orphaned")):
        assert re.search(rf"^│ \S {name} .* {life} ", text, re.MULTILINE)


def test_each_open_violation_has_a_line_and_one_that_ended_is_over() -> None:
    text = screen_after(still(watched()), LARGE, "a")

    assert_screen("open-violations", text)
    lines = [line for line in text.splitlines() if " violation " in line and ("open" in line or "over" in line)]
    assert "attention: 5 open, 2 violations open now" in text
    assert sum("▲ open" in line for line in lines) == 2
    assert sum("✓ over" in line and "tasks/till-1/1.json" in line for line in lines) == 1


def test_a_heart_is_told_in_full_and_why_changes_are_noticed_as_they_are() -> None:
    agent, help_ = screens_after(still(watched()), MIDDLE, ["2", *["down"] * 3, "enter"], ["escape", "question_mark"])

    assert "♥ alive, last beat at 09:00:53, process 4711" in agent
    assert "by inotify: changes that were made to try it were told at once" in help_


def test_polling_is_said_where_it_is() -> None:
    snapshot = replace(watched(), watching="polling: /repo is on nfs, which tells of this machine's writes only")

    small, large = (screen_after(still(snapshot), size) for size in (SMALL, LARGE))

    assert small.splitlines()[-1].rstrip().endswith("seen late (polling)")
    assert "by polling: /repo is on nfs, which tells of this machine's writes only" in large.splitlines()[-1]


def test_a_narrow_screen_shows_the_pane_that_was_asked_for() -> None:
    snapshot = shown(middle().events)

    log, memory, messages = screens_after(still(snapshot), SMALL, "3", "4", "5")

    assert ("3 log" in log, "4 memory" in log) == (True, False)
    assert ("merge fix-prices" in memory, "3 log" in memory) == (True, False)
    assert ("fix-prices is ready" in messages, "4 memory" in messages) == (True, False)
    assert all("1 board" in text and "2 agents" in text for text in (log, memory, messages))


def test_zoom_gives_one_pane_the_whole_screen_and_takes_it_back() -> None:
    snapshot = shown(middle().events)

    zoomed, other, back = screens_after(still(snapshot), SMALL, "2z", "4", "z")

    assert ("2 agents" in zoomed, "1 board" in zoomed, "3 log" in zoomed) == (True, False, False)
    assert ("2 agents" in other, "4 memory" in other) == (False, True)
    assert ("1 board" in back, "2 agents" in back) == (True, True)


def test_escape_closes_a_sheet_and_q_leaves() -> None:
    app = still(shown(middle().events))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("enter")
        assert len(app.screen_stack) == 2
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        await pilot.press("q")

    play(app, SMALL, act)

    assert app.return_code == 0


@pytest.mark.parametrize("below", [[], ["enter"]])
def test_an_interrupt_leaves_at_once_from_everywhere(below: list[str]) -> None:
    app = still(shown(middle().events))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(*below, "ctrl+c")

    play(app, SMALL, act)

    assert app.return_code == 0


def test_tab_goes_round_the_panes() -> None:
    app = still(shown(middle().events))
    seen = []

    async def act(pilot: Pilot[None]) -> None:
        for _ in range(6):
            seen.append(app.focused.id if app.focused else None)
            await pilot.press("tab")

    play(app, MIDDLE, act)

    assert seen == ["board", "agents", "log", "memory", "messages", "board"]


def test_an_empty_folder_says_what_to_do() -> None:
    from pathlib import Path

    text = screen_after(still(Snapshot(), advice=advice(Path("/repo/.onecontext"))), SMALL)

    assert_screen("empty", text)
    assert "onecontext run" in text


def test_trouble_is_a_line_on_the_screen() -> None:
    snapshot = shown(middle().events, trouble="the journal is damaged: journal.jsonl line 7 at byte 900")

    text = screen_after(still(snapshot), SMALL)

    assert "■ the journal is damaged: journal.jsonl line 7 at byte 900" in text.splitlines()[2]
    assert "fix-offers" in text


def test_the_words_of_agents_are_drawn_and_never_obeyed() -> None:
    story = opening()
    evil = "[red]boo[/] [@click=app.quit]x[/] \x1b[2J \u202eabc \ud800 日本語"
    story.tell("message.sent", evil, msg_id="m", **{"from": evil}, to=evil, text=evil, summary=evil)
    story.tell("task.created", evil, "9", task={"id": "9", "subject": evil, "status": "pending"})
    story.tell("agent.state", evil, state=evil, detail=evil)

    steps = (["1"], ["5", "enter"], ["escape", "2", "end", "enter"])
    for text in screens_after(still(shown(story.events, graph=())), MIDDLE, *steps):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\ud800" not in text
        assert "[red]boo[/]" in text


def test_colours_can_be_changed_without_changing_a_word() -> None:
    snapshot = shown(middle().events)

    app = still(snapshot, theme=DARK.name)

    dark, light = screens_after(app, MIDDLE, "1", "t")

    assert app.theme == LIGHT.name
    assert dark == light


def test_without_colour_every_state_is_still_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    story = opening()
    for number, state in ((1, "needs_input"), (2, "blocked"), (3, "review")):
        story.task("created", number, state)

    text = screen_after(still(shown(story.events)), LARGE)

    assert all(word in text for word in ("? #1", "needs input", "■ #2", "blocked", "◎ #3", "review"))


def test_the_cursor_stays_with_its_task_when_the_task_moves() -> None:
    app = still(shown(middle().events))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("right")
        board = app.query_one("#board")
        assert board.selected.id == "2"  # type: ignore[attr-defined]
        later = shown(whole().events)
        board.show(Scene(later, newest_event(later)))  # type: ignore[attr-defined]
        assert board.selected.id == "2"  # type: ignore[attr-defined]

    play(app, MIDDLE, act)


def test_a_tiny_screen_is_no_reason_to_stop() -> None:
    text = screen_after(still(shown(middle().events)), (30, 8), "2", "3", "enter")

    assert text


def test_a_team_without_a_mission_is_shown() -> None:
    story = Story(mission=None)
    story.tell("message.sent", "ann", msg_id="1", **{"from": "ann"}, to="bob", text="hello there")

    text = screen_after(still(shown(story.events)), SMALL, "5")

    assert "hello there" in text
    assert "no mission" in text


def test_text_of_returns_as_many_rows_as_the_screen_has() -> None:
    app = still(shown(middle().events))
    rows: list[int] = []

    async def act(pilot: Pilot[None]) -> None:
        rows.append(text_of(app).count("\n"))

    play(app, SMALL, act)

    assert rows == [24]
