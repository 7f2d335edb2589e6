"""The log: levels, one agent alone, seeking with marks, following its end, and the page of a command."""

import re

import pytest
from textual.events import MouseScrollUp
from textual.pilot import Pilot
from textual.strip import Strip

from tests.tui.screen import assert_screen, play, screen_after, screens_after, shown, still, text_of
from tests.tui.shop import shop
from tests.tui.story import START, Story
from tests.tui.till import middle
from tui.app import MonitorApp
from tui.rows.log import is_shown, level_of, marked, places_of
from tui.rows.spans import plain
from tui.snapshot import LogLine
from tui.views.log import Log

SMALL, LARGE = (80, 24), (200, 50)


def line(type_: str, tone: str = "plain") -> LogLine:
    return LogLine(1, START, type_, "ann", "words", tone, {})


def rows(text: str) -> list[str]:
    return [row for row in text.splitlines() if re.match(r"│ (» |  )?\d\d:\d\d:\d\d", row)]


def long_story(count: int = 60) -> Story:
    story = Story()
    for number in range(count):
        data = {"from": "w", "to": "x", "text": f"word {number}", "msg_id": str(number)}
        story.tell("message.sent", f"w{number % 3}", **data)
    return story


@pytest.mark.parametrize(
    ("type_", "tone", "level"),
    [
        ("tool.intent", "info", "all"),
        ("tool.result", "warn", "all"),
        ("model.called", "plain", "all"),
        ("message.sent", "dim", "all"),
        ("message.sent", "plain", "notable"),
        ("task.completed", "good", "notable"),
        ("verdict.given", "bad", "trouble"),
        ("agent.stalled", "warn", "trouble"),
    ],
)
def test_a_line_has_a_level_and_is_shown_up_to_it(type_: str, tone: str, level: str) -> None:
    told = line(type_, tone)

    assert level_of(told) == level
    assert [is_shown(told, wanted) for wanted in ("all", "notable", "trouble")] == {
        "all": [True, False, False],
        "notable": [True, True, False],
        "trouble": [True, True, True],
    }[level]


def test_l_goes_round_the_levels_and_o_leaves_one_agent() -> None:
    notable, trouble, all_, one, back = screens_after(
        still(shown(shop().events)), LARGE, ["3", "3", "l"], ["l"], ["l"], ["end", "o"], ["o"]
    )

    assert ("▸ run" in notable, "read-prices" in notable) == (False, True)
    assert rows(trouble)
    assert all("▸" not in row for row in rows(trouble))
    assert any("stuck" in row for row in rows(trouble))
    assert "trouble ·" in trouble
    assert len(rows(all_)) > len(rows(notable)) > len(rows(trouble))
    assert "only dave" in one
    assert {row.split()[2] for row in rows(one)} == {"dave"}
    assert len(rows(back)) == len(rows(all_))


def test_what_is_sought_is_marked_and_n_goes_from_hit_to_hit() -> None:
    app = still(shown(middle().events))
    at: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("3", "3", "slash", *"PYTEST -q", "enter")
        for key in ("N", "n", "n"):
            at.append(app.focused.selected.text)  # type: ignore[union-attr]
            await pilot.press(key)
        at.append(app.focused.selected.text)  # type: ignore[union-attr]
        assert_screen("log-sought-120x36", text_of(app))
        marks = [row for row in rows(text_of(app)) if row.startswith("│ » ")]
        assert marks
        assert all("pytest -q" in row for row in marks)
        await pilot.press("slash", "escape")
        assert "» " not in text_of(app)

    play(app, (120, 36), act)

    # From the end upwards to the last hit, to the one before, back, and no further than the last.
    assert at[0] == at[2] == at[3] == "▸ run python -m pytest -q tests/test_offers.py"
    assert at[1].startswith("× VAL-OFFERS-001")


def test_a_log_that_is_sought_in_leaves_nothing_out_and_one_that_is_sieved_does() -> None:
    whole, sought, sieved, both = screens_after(
        still(shown(shop().events)),
        LARGE,
        ["3", "3"],
        ["slash", *"pytest", "enter"],
        ["ampersand", *"agent:alice type:tool", "enter"],
        ["slash", "escape"],
    )

    assert len(rows(sought)) == len(rows(whole))
    assert {row.split()[3] for row in rows(sieved)} <= {"alice"} or all("alice" in row for row in rows(sieved))
    assert 0 < len(rows(sieved)) < len(rows(whole))
    assert "& agent:alice type:tool" in both


def test_the_first_picture_of_a_log_is_of_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    render = Log.render_line

    def render_line(log: Log, y: int) -> Strip:
        strip = render(log, y)
        drawn.append(strip.text)
        return strip

    monkeypatch.setattr(Log, "render_line", render_line)

    screens_after(still(shown(long_story().events)), SMALL, ["3", "3"])

    assert any("word 59" in row for row in drawn)
    assert not any("word 0" in row for row in drawn)


def grown(app: MonitorApp, story: Story, count: int) -> None:
    for number in range(count):
        story.tell("message.sent", "w", msg_id=f"n{number}", **{"from": "w"}, to="x", text=f"new {number}")
    app.snapshot = shown(story.events)
    app._draw()


def test_it_follows_its_end_until_the_reader_moves_away_and_says_what_is_new_below() -> None:
    story = long_story()
    app = still(shown(story.events))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        async def look() -> None:
            await pilot.pause()
            seen.append(text_of(app))

        await pilot.press("3", "3")
        grown(app, story, 5)
        await look()
        await pilot.press("up", "up")
        grown(app, story, 7)
        await look()
        await pilot.press("G")
        await look()

    play(app, SMALL, act)

    following, away, back = seen
    assert ("new 4" in following, "following" in following) == (True, True)
    assert ("new 6" in away, "↓ 7 new below" in away) == (False, True)
    assert ("new 6" in back, "following" in back, "new below" in back) == (True, True, False)


def test_the_wheel_stops_following_as_well() -> None:
    story = long_story()
    app = still(shown(story.events))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("3", "3")
        log = app.focused
        assert log is not None
        before = log.scroll_offset.y
        for _ in range(3):
            log.post_message(MouseScrollUp(log, 5, 5, 0, -1, 0, False, False, False))
            await pilot.pause(0.3)
        assert log.scroll_offset.y < before
        grown(app, story, 7)
        await pilot.pause()
        assert "↓ 7 new below" in text_of(app)
        assert log.cursor < len(log.items) - 8  # type: ignore[attr-defined]

    play(app, SMALL, act)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
def test_the_whole_log_looks_as_it_should(size: tuple[int, int]) -> None:
    text = screen_after(still(shown(shop().events)), size, "3", "3")

    assert_screen(f"log-{size[0]}x{size[1]}", text)
    assert "run exit 1: 1 failed, 3 passed in 0.2s (1.2 s)" in text


def test_the_page_of_a_command_has_what_ran_how_it_ended_and_what_it_said_from_either_end() -> None:
    keys = ["3", "3", "ampersand", *"type:tool 4 passed", "enter", "home", "enter"]
    other = ["3", "3", "ampersand", *"type:tool.intent alice", "enter", "home", "enter"]

    answer, call = (screen_after(still(shown(shop().events)), LARGE, *pressed) for pressed in (keys, other))

    for page in (answer, call):
        assert "ran         run python -m pytest -q tests/test_till.py" in page
        assert "ended       exit code 0" in page
        assert "took        1.2 s" in page
        assert "4 passed in 0.2s" in page


def test_the_page_of_a_verified_command_and_of_one_without_an_answer() -> None:
    story = shop()
    data = {"assertion": "VAL-1", "command": "make check", "exit_code": 2, "output": "E  one\nE  two", "duration_s": 61}
    story.tell("verify.command", "val", "9", **data)
    verified = screen_after(still(shown(story.events)), LARGE, "3", "3", "enter")
    hanging = screen_after(still(shown(shop().events)), LARGE, "3", "3", "ampersand", *"sleep", "enter", "enter")

    assert "ended       exit code 2" in verified
    assert "took        1m" in verified
    assert "E  two" in verified
    assert "ended       not yet, or nobody knows" in hanging


@pytest.mark.parametrize(
    ("text", "sought", "found"),
    [("Abc abc", "ABC", [(0, 3), (4, 7)]), ("a.b axb", "a.b", [(0, 3)]), ("abc", "", []), ("ß straße", "SS", [])],
)
def test_a_text_is_sought_as_it_is_in_any_case(text: str, sought: str, found: list[tuple[int, int]]) -> None:
    assert list(places_of(text, sought)) == found


def test_a_mark_goes_over_the_pieces_of_a_row_and_changes_no_word() -> None:
    row = marked([("one tw", "dim"), ("o three", "plain")], "two t")

    assert row == [
        ("» ", "warn"),
        ("one ", "dim"),
        ("tw", "hit"),
        ("", "dim"),
        ("", "plain"),
        ("o t", "hit"),
        ("hree", "plain"),
    ]
    assert plain(marked([("nothing", "dim")], "x")) == "  nothing"
