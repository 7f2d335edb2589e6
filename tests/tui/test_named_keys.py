"""The keys that the screen names are pressed by a click on them: in a browser, on a touch screen, with a mouse."""

from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.screen import play, screen_after, shown, still, text_of
from tests.tui.test_travelling import place, replaying, until
from tests.tui.till import middle, whole
from tui.app import MonitorApp
from tui.projection.targets import parse
from tui.rows.named import key_at
from tui.rows.spans import Spans
from tui.views.asking import AskLine, AskYes
from tui.views.header import Foot, Head
from tui.views.timebar import TimeBar

ROW: Spans = [
    *(("1–5", "accent"), (" panes  ", "dim"), ("enter", "accent"), (" open  ", "dim")),
    *(("n N", "accent"), (" next, last change  ", "dim"), ("  , .", "accent"), (" step", "dim"), (" later", "plain")),
]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("1–5 panes  ", {""}),
        ("enter open", {"enter"}),
        ("n N", {"n", "N"}),
        (" next, last change", {"n"}),
        ("  , .", {",", "."}),
        (" step", {","}),
        (" later", {""}),
    ],
)
def test_each_cell_of_a_row_is_the_key_that_it_names(words: str, keys: set[str]) -> None:
    begin = "".join(text for text, _ in ROW).index(words)

    assert {key_at(ROW, begin + at) for at in range(len(words))} == keys


def test_what_stands_beside_the_words_is_no_key() -> None:
    row: Spans = [("q", "accent"), (" quit  ", "dim"), ("    ", "plain"), ("following", "dim")]

    assert [key_at(row, at) for at in (-1, 6, 7, 9, 15, 99)] == [""] * 6
    assert key_at(row, 5) == "q"


async def click(pilot: Pilot[None], app: MonitorApp, kind: type[Widget], words: str) -> None:
    """Click where the words stand in the rows of that widget on the screen that is on top."""
    widget = app.screen.query_one(kind)
    region = widget.region
    rows = text_of(app).splitlines()[region.y : region.bottom]
    y = next(number for number, row in enumerate(rows) if words in row)
    await pilot.click(offset=(rows[y].index(words), region.y + y))
    await pilot.pause()


def test_the_foot_is_pressed_there_and_back_and_so_is_what_needs_you() -> None:
    app = still(shown(middle().events))

    async def act(pilot: Pilot[None]) -> None:
        await click(pilot, app, Foot, "? help")
        assert "Watching a team of agents" in text_of(app)
        await click(pilot, app, Foot, "back")
        assert "Watching a team of agents" not in text_of(app)
        await pilot.press("3", "3")
        await click(pilot, app, Foot, "overview")
        assert "1 board" in text_of(app)
        await click(pilot, app, Foot, "filter")
        await pilot.press(*"receipt", "enter")
        assert app.stage.view.first().words == "receipt"  # type: ignore[attr-defined]
        await click(pilot, app, Head, "a shows all")
        assert "attention: " in text_of(app)

    play(app, (120, 36), act)


BESIDE = (3, 3)


def test_a_click_beside_a_sheet_or_a_question_leaves_it_unless_words_would_be_lost() -> None:
    app = still(shown(middle().events))
    given: list[object] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await pilot.click(offset=(60, 18))
        assert "Watching a team of agents" in text_of(app)
        await pilot.click(offset=BESIDE)
        assert len(app.screen_stack) == 1

        app.push_screen(AskYes("stop it"), given.append)
        await pilot.pause()
        await pilot.click(offset=BESIDE)
        assert given == [False]

        app.push_screen(AskLine("why", optional=True, text="as before"), given.append)
        await pilot.pause()
        await pilot.press("end", "!")
        await pilot.click(offset=BESIDE)
        assert "as before!" in text_of(app)
        await pilot.press("backspace")
        await pilot.click(offset=BESIDE)
        assert given == [False, None]
        await pilot.pause()
        assert "1–5 panes" in text_of(app).splitlines()[-1]

    play(app, (120, 36), act)


@pytest.mark.parametrize(("cells", "named"), [(48, False), (80, True)])
def test_on_a_phone_the_keys_have_the_room_of_where_the_picture_comes_from(cells: int, named: bool) -> None:
    app = still(shown(middle().events))
    source = app._foot.source = "replay of journal.jsonl"

    foot = screen_after(app, (cells, 24)).splitlines()[-1]

    assert (source in foot) == named
    assert "1–5 panes" in foot
    assert "q quit" in foot


def test_the_words_of_the_time_bar_are_pressed(tmp_path: Path) -> None:
    app = replaying(whole().write(tmp_path / "run.jsonl"), at=parse("20", zone=UTC))

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: place(app) == (20, False), pilot)
        await click(pilot, app, TimeBar, ", . step")
        await until(lambda: place(app) == (19, False), pilot)
        await click(pilot, app, TimeBar, ". step")
        await until(lambda: place(app) == (20, False), pilot)
        await click(pilot, app, TimeBar, "paused")
        await until(lambda: place(app)[1], pilot)
        await click(pilot, app, TimeBar, "plays")
        await until(lambda: not place(app)[1], pilot)

    play(app, (160, 36), act)
