"""Acting where one reads: on the sheet of a thing works what works on it in its list; and reading on few rows."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from teams.protocol.team import Team
from tests.tui.acting import ask, drive, make_team, notices, recorded, until, watching
from tests.tui.screen import play, screens_after, shown, still, text_of
from tests.tui.shop import put, shop
from tests.tui.till import middle
from tui.app import MonitorApp
from tui.pictures import Still

SMALL, MIDDLE = (80, 24), (120, 36)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return make_team(tmp_path / "shop")


async def opened_agent(pilot: Pilot[None], app: MonitorApp, name: str) -> None:
    """Open the sheet of the agent ``name``."""
    await pilot.press("2")
    await until(pilot, lambda: app.under_cursor is not None)
    for _ in app.snapshot.agents:
        if app.under_cursor.name == name:
            break
        await pilot.press("down")
    await pilot.press("enter")
    await until(pilot, lambda: len(app.screen_stack) == 2)


def foot(text: str) -> str:
    return text.splitlines()[-1]


def test_a_message_is_written_from_the_sheet_of_whom_it_is_for(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await opened_agent(pilot, app, "guest")
        assert "M message" in foot(text_of(app))
        await pilot.press("M", *"hello", "enter")
        await until(pilot, lambda: "message: sent to guest" in notices(app))
        assert len(app.screen_stack) == 2, "what was read is still there"

    drive(app, act)

    ((_, sent),) = recorded(team, "message.sent")
    assert (sent["to"], sent["by"]) == ("guest", "ada")


def test_a_request_is_approved_on_its_sheet_which_then_says_so(team: Team) -> None:
    ask(team)
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("8", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert "+ approve" in foot(text_of(app))
        await pilot.press("plus", "enter")
        await pilot.pause()
        await pilot.press("y")
        await until(pilot, lambda: app.snapshot.requests[0].approved)
        await until(pilot, lambda: "approved" in text_of(app).partition("tool")[2])
        assert "+ approve" not in foot(text_of(app))

    drive(app, act, size=SMALL)


def test_the_menu_over_a_sheet_is_about_what_the_sheet_shows(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await opened_agent(pilot, app, "guest")
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "what to do with guest" in text_of(app))
        await pilot.press("exclamation_mark", "M")
        await until(pilot, lambda: "message to guest" in text_of(app))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)

    drive(app, act)


def test_what_needs_a_person_can_be_acted_upon_in_its_list() -> None:
    menu = screens_after(still(shown(shop().events)), MIDDLE, ["a", "exclamation_mark"])[0]

    assert "what to do with task #8" in menu or "what to do with what carol asks" in menu


def test_a_sheet_goes_on_to_the_next_thing_of_its_list_and_back() -> None:
    first, next_, back, under = screens_after(
        still(shown(shop().events)), SMALL, ["2", "enter"], ["n"], ["N", "N"], ["n", "escape"]
    )

    assert "dave: worker" in first
    assert "n N next" in foot(first)
    assert "alice: worker" in next_
    assert "dave: worker" in back
    assert "esc closes" not in under


def test_a_sheet_tells_its_thing_as_it_is_now() -> None:
    story = shop()
    before = shown(story.events)
    put(story, "completed", 2, "done", "val", author="bob", attempt=2, verdict="accepted")
    after = shown(story.events)
    app = still(before)
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("right", "enter")
        await pilot.pause()
        seen.append(text_of(app))
        assert isinstance(app._source, Still)
        app._arriving.receive(after)
        await until(pilot, lambda: "✓ done since" in text_of(app))

    play(app, SMALL, act)

    assert "◐ running since" in seen[0]


def test_what_is_read_is_copied() -> None:
    app = still(shown(shop().events))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("2", "enter", "y")
        await pilot.pause()

    play(app, SMALL, act)

    assert app.clipboard.startswith("dave: worker, maker/small")
    assert "tools: 1 called, 0 failed" in app.clipboard


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 12)])
def test_help_can_be_read_to_its_end_with_the_space_bar(size: tuple[int, int]) -> None:
    app = still(shown(middle().events))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        for _ in range(30):
            seen.append(text_of(app))
            await pilot.press("space")
            await pilot.pause()

    play(app, size, act)

    assert "space page on" in foot(seen[0])
    for words in ("Watching a team of agents", "all of it at a glance", "quit", "[ ]", "“≥”"):
        assert any(words in text for text in seen), words


def test_the_key_that_opens_the_help_closes_it() -> None:
    opened, closed = screens_after(still(shown(middle().events)), MIDDLE, ["question_mark"], ["question_mark"])

    assert "╭─ help" in opened
    assert "╭─ help" not in closed


def test_the_key_of_the_help_leaves_what_else_is_open() -> None:
    opened, still_open = screens_after(still(shown(middle().events)), MIDDLE, ["a"], ["question_mark"])

    assert "╭─ attention" in opened
    assert "╭─ attention" in still_open


@pytest.mark.parametrize("keys", [["2", "2"], ["2"], ["3"], [], ["5", "5"], ["4", "4"], ["8"]])
def test_on_few_rows_at_least_half_of_the_list_stays_beside_the_peek(keys: list[str]) -> None:
    rows = screens_after(still(shown(shop().events)), SMALL, keys, ["space"])[1].splitlines()

    ends = next(index for index, row in enumerate(rows) if "space closes" in row)
    begins = max(index for index, row in enumerate(rows[:ends]) if row.startswith("╭"))

    assert ends == 22, "it ends above the foot"
    assert 12 <= begins <= 14, "the list has half of what is between head and foot"
    assert not rows[begins - 2].startswith("│ …"), "what the view tells of the thing has made way"


def test_where_not_all_panes_fit_the_one_that_is_looked_at_has_the_rows() -> None:
    board, agents, log = screens_after(still(shown(shop().events)), (40, 12), [], ["2"], ["3"])

    assert "TO DO" in board
    assert "‖ dave" in agents
    assert "is stuck" in log
    assert all(f"{number} {name}" in text for text in (board, agents, log)
               for number, name in ((1, "board"), (2, "agents"), (3, "log")))  # fmt: skip


def test_the_foot_of_the_overview_names_what_the_pane_with_the_focus_does() -> None:
    board, log, messages = map(foot, screens_after(still(shown(shop().events)), MIDDLE, [], ["3"], ["5"]))

    assert "/ filter" in board
    assert ("/ seek" in log, "& only lines" in log, "/ filter" in log) == (True, True, False)
    assert ("f fold" in messages, "/ filter" in messages) == (True, True)


def test_what_holds_for_every_act_is_said_once() -> None:
    menu = screens_after(still(shown(shop().events)), SMALL, ["exclamation_mark"])[0]

    assert menu.count("not now: this is a recording: what happened is over, and is only looked at ") == 1
    assert "M  message    write to the agent " in menu
    assert "S  stop       end the mission " in menu


@pytest.mark.parametrize(
    ("keys", "words"), [(["slash"], "enter keeps them, esc shows all"), (["3", "slash"], "esc forgets")]
)
def test_how_to_leave_the_line_of_words_is_said_on_a_narrow_screen(keys: list[str], words: str) -> None:
    assert words in foot(screens_after(still(shown(shop().events)), SMALL, keys)[0])
