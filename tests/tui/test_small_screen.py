"""A screen too small for what it should show says so, and counts what waits for a person, down to a single cell."""

from dataclasses import replace

import pytest

from tests.tui.screen import play, shown, still, text_of
from tests.tui.story import Story
from tests.tui.test_acting import asked
from tests.tui.till import opening, whole
from tui.rows.small import tiny_rows
from tui.rows.spans import plain, spans_width
from tui.snapshot import Snapshot

SMALL = "small: use 40x12"


def screen(size: tuple[int, int], *, story: Story | None = None) -> list[str]:
    """Return the rows of a screen of that size over a mission in which a request waits for a person."""
    rows: list[str] = []
    app = still(shown((story or asked()).events))

    async def look(_: object) -> None:
        rows.extend(text_of(app).splitlines())

    play(app, size, look)
    return rows


@pytest.mark.parametrize(
    ("size", "rows"),
    [
        ((20, 5), ["▲ 1 waits for you", "◐ working  0:14", "0/3 tasks", SMALL, ""]),
        ((10, 3), ["▲ 1", "◐ working", "too small"]),
        ((5, 2), ["▲ 1", "small"]),
        ((1, 1), ["▲"]),
        ((80, 1), ["▲ 1 waits for you  small screen: 40x12 shows more"]),
    ],
)
def test_where_a_list_has_no_room_there_is_the_count_how_it_stands_and_that_it_is_small(
    size: tuple[int, int], rows: list[str]
) -> None:
    assert screen(size) == rows


@pytest.mark.parametrize(("size", "said"), [((39, 11), True), ((20, 7), True), ((40, 11), True), ((40, 12), False)])
def test_where_there_is_room_for_a_head_and_a_list_the_last_row_says_it(size: tuple[int, int], said: bool) -> None:
    rows = screen(size)

    assert "1 waits for you" in rows[2]
    assert ("small" in rows[-1]) is said
    assert "? help" in rows[-1]


def test_what_is_well_broken_or_not_there_yet_is_said_in_its_place() -> None:
    over, at = shown(whole().events), opening().events[-1].at
    broken = replace(over, trouble="the journal is damaged: line 7")

    for picture, first in ((over, "✓ nothing needs you"), (broken, "■ cannot be read"), (Snapshot(), "✓ nothing")):
        assert plain(tiny_rows(picture, 19, 4, now=at)[0]).startswith(first)
    assert plain(tiny_rows(Snapshot(), 19, 4, now=at)[1]) == "no team yet"


@pytest.mark.parametrize("cells", range(1, 41))
def test_no_row_is_wider_than_the_screen_and_none_is_cut_in_the_middle(cells: int) -> None:
    picture = shown(asked().events)
    assert picture.last_event_at is not None

    for rows in range(1, 7):
        found = tiny_rows(picture, cells, rows, now=picture.last_event_at)
        assert len(found) <= rows
        assert max(map(spans_width, found)) <= cells
        assert "…" not in "".join(map(plain, found))


def test_it_is_whole_again_when_the_terminal_grows_and_the_keys_go_where_they_went() -> None:
    app = still(shown(asked().events))

    async def act(pilot: object) -> None:
        await pilot.resize_terminal(10, 3)  # type: ignore[attr-defined]
        assert text_of(app).startswith("▲ 1\n")
        await pilot.press("2")  # type: ignore[attr-defined]
        await pilot.resize_terminal(80, 24)  # type: ignore[attr-defined]
        assert "2 agents" in text_of(app)
        assert app.focused is not None
        assert app.focused.id == "agents"

    play(app, (80, 24), act)  # type: ignore[arg-type]
