"""What hands do that know other screens of a terminal: the wheel and vim's page keys; and where a cursor rests."""

from dataclasses import replace
from typing import Any

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from tests.tui.screen import GRAPH, play, screens_after, shown, still, text_of
from tests.tui.story import Story
from tests.tui.till import middle, whole
from tui.snapshot import GraphLine, Snapshot
from tui.views.board import Board
from tui.views.memory import Memory

TASKS = 30
SIZE = (120, 36)


def many_tasks(open_tasks: int = TASKS) -> Snapshot:
    """Return a picture of so many tasks to do, and one that runs."""
    story = Story()
    story.tell("mission.started", "lead", goal="Much to do", branch="b", model="m", workers=1)
    for number in range(1, open_tasks + 2):
        document = {"id": str(number), "subject": f"Task {number}", "description": "", "blockedBy": []}
        story.tell("task.created", "lead", str(number), task=document, to="ready")
    story.tell("task.claimed", "worker-1", str(open_tasks + 1), attempt=1, to="running")
    return shown(story.events)


async def wheel(pilot: Pilot[None], board: Board, x: int, notches: int) -> None:
    """Turn the wheel over column ``x`` of the board's cells; down is positive."""
    kind: Any = MouseScrollDown if notches > 0 else MouseScrollUp
    for _ in range(abs(notches)):
        await pilot._post_mouse_events([kind], board, (x, 3))
    await pilot.pause()


def test_the_wheel_scrolls_the_column_below_the_mouse_and_keeps_the_cursor_in_sight() -> None:
    app = still(many_tasks())

    async def act(pilot: Pilot[None]) -> None:
        board = app.query_one("#board", Board)
        assert board.selected is not None
        first = board.selected.id

        await wheel(pilot, board, 4, 3)
        assert "↑ 3" in text_of(app)
        assert board.selected.id not in text_of(app).partition("↑ 3")[0]
        assert board.selected.id != first

        await wheel(pilot, board, 4, -9)
        assert "↑" not in text_of(app)
        await wheel(pilot, board, 70, 1)  # one task runs: there is nothing to scroll to
        assert "↑" not in text_of(app)

    play(app, SIZE, act)


def test_a_column_that_was_scrolled_and_left_shows_tasks_also_when_it_got_short() -> None:
    app = still(many_tasks())

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("G", "l")
        app._take(many_tasks(open_tasks=2))
        await pilot.pause()
        assert "TO DO 2" in text_of(app)
        assert "↑" not in text_of(app)
        assert "Task 1" in text_of(app)

    play(app, SIZE, act)


def test_keys_of_vim_move_by_pages_and_halves() -> None:
    app = still(many_tasks())

    async def act(pilot: Pilot[None]) -> None:
        for pane in ("1", "3"):
            await pilot.press(pane, "home")
            first = app.under_cursor
            for on, back in (("ctrl+f", "ctrl+b"), ("ctrl+d", "ctrl+u"), ("pagedown", "pageup")):
                await pilot.press(on)
                assert app.under_cursor != first, on
                await pilot.press(back)
                assert app.under_cursor == first, back

    play(app, SIZE, act)


def graph_of(merges: int) -> tuple[GraphLine, ...]:
    """Return a graph in which rows that only join others stand between the commits."""
    lines: list[GraphLine] = []
    for number in range(merges):
        lines += [replace(GRAPH[0], id=f"a{number}"), GRAPH[1], replace(GRAPH[2], id=f"b{number}"), GRAPH[3]]
    return (*lines, GRAPH[4])


def test_the_cursor_of_the_graph_rests_on_commits_alone() -> None:
    app = still(shown(whole().events, graph=graph_of(20)))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("4", "4")
        for key in ("home", "j", "j", "k", "pagedown", "pagedown", "pageup", "ctrl+d", "end", "k"):
            await pilot.press(key)
            assert app.under_cursor.id, f"{key} leads to a row that only joins others"

    play(app, SIZE, act)


def test_what_the_wheel_and_a_click_lead_to_in_the_graph_is_a_commit() -> None:
    app = still(shown(whole().events, graph=graph_of(20)))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("4", "4", "home")
        memory = next(found for found in app.query(Memory) if found.has_focus)
        for row in range(1, 6):
            await pilot.click(memory, offset=(8, row))
            assert app.under_cursor.id, f"row {row}"
        for top in range(1, 6):
            memory.scroll_to(y=top, animate=False, force=True, immediate=True)
            await pilot.pause()
            assert app.under_cursor.id, f"scrolled to {top}"
            assert top <= memory.cursor, "and it is in sight"

    play(app, SIZE, act)


def test_escape_shows_all_again_of_a_list_whose_words_were_kept_and_then_goes_back() -> None:
    app = still(shown(whole().events))

    async def act(pilot: Pilot[None]) -> None:
        for key, words, narrowed in (("1", "fix-offers", "1 of 3 tasks"), ("3", "offers", "× “offers”")):
            await pilot.press(key, key, "slash", *words, "enter")
            assert narrowed in text_of(app)
            await pilot.press("escape")
            assert narrowed not in text_of(app)
            assert not app.stage.at_home
            await pilot.press("escape")
            assert app.stage.at_home

    play(app, SIZE, act)


@pytest.mark.parametrize(
    ("keys", "words", "narrowed"),
    [
        (["1"], "fix-offers", "1 of 3 tasks"),
        (["1", "1", "d"], "fix-offers", "1 of 3 tasks"),
        (["2"], "worker-1", "1 of 4 agents"),
        (["3", "3"], "agent:worker-1", "10 of 40 lines"),
        (["4", "4"], "branch:main", "1 of 3 commits"),
        (["5", "5"], "decimal", "1 of 2 conversations"),
        (["5", "5", "f"], "decimal", "1 of 2 messages"),
    ],
)
def test_every_list_that_is_narrowed_says_so_and_which_key_shows_all(
    keys: list[str], words: str, narrowed: str
) -> None:
    slash = "ampersand" if keys[0] == "3" else "slash"

    typed, kept, back = screens_after(
        still(shown(middle().events)), (160, 40), [*keys, slash, *words], ["enter"], ["escape"]
    )

    assert narrowed in typed
    assert f"{narrowed}, esc shows all" in kept
    assert narrowed not in back
    assert "esc shows all" not in back


def test_a_narrowed_list_without_the_focus_does_not_name_the_key_of_another_list() -> None:
    kept, elsewhere, again = screens_after(
        still(shown(middle().events)), (160, 40), ["2", "slash", *"worker-1", "enter"], ["1"], ["2"]
    )

    assert "1 of 4 agents, esc shows all" in kept
    assert ("1 of 4 agents" in elsewhere, "esc shows all" in elsewhere) == (True, False)
    assert "1 of 4 agents, esc shows all" in again


def test_a_log_in_which_something_is_sought_says_which_key_forgets_it() -> None:
    kept, back = screens_after(still(shown(middle().events)), SIZE, ["3", "slash", *"offers", "enter"], ["escape"])

    assert "× “offers”, esc forgets" in kept
    assert "esc forgets" not in back
