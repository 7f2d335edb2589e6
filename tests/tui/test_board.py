"""The board: what a task stands among, what comes after what, what it can be narrowed to, and how it looks."""

import time
from dataclasses import replace

import pytest

from tests.tui.screen import assert_screen, screen_after, screens_after, shown, still
from tests.tui.shop import put, shop
from tests.tui.story import START, Story
from tui.projection.dependencies import MOST_LANES, forest
from tui.projection.state import Monitor
from tui.rows.board import branch_row, card
from tui.rows.floor import PERSON, floor_of
from tui.rows.query import Query
from tui.rows.spans import plain, spans_width
from tui.snapshot import Snapshot, Task

SMALL, LARGE = (80, 24), (200, 50)
FIELDS = ("owner", "attempt", "age", "state")


def picture(story: Story) -> Snapshot:
    monitor = Monitor()
    for event in story.events:
        monitor.apply(event)
    return monitor.snapshot()


def task(number: str, *after: str, state: str = "ready", key: str = "") -> Task:
    return Task(number, key or f"key-{number}", "subject", "", state, None, None, 0, None, after, (), "", START, START)


def by_id(snapshot: Snapshot) -> dict[str, Task]:
    return {found.id: found for found in snapshot.tasks}


# --- what the journal does not say ---------------------------------------------------------------------------------


def test_why_a_task_was_linked_is_not_why_it_is_in_its_state() -> None:
    story = shop()
    put(story, "linked", 4, "ready", reason="comes before 6")
    put(story, "linked", 8, "needs_input", "carol", owner="carol", reason="comes before 9")
    tasks = by_id(picture(story))

    assert tasks["4"].reason == ""
    assert tasks["8"].reason == "7 or 19 percent?"


def test_a_task_is_ready_from_the_moment_on_that_what_it_waited_for_was_done() -> None:
    story = shop()
    before = by_id(picture(story))
    put(story, "completed", 2, "done", "val", author="bob", attempt=2)
    last = story.events[-1].at
    after = by_id(picture(story))

    assert (before["3"].state, before["4"].state) == ("running", "waiting")
    assert (after["4"].state, after["4"].since) == ("ready", last)
    assert after["5"].state == "waiting"
    assert picture(story).task_states == {
        "done": 2,
        "ready": 1,
        "running": 1,
        "waiting": 3,
        "needs_input": 1,
        "review": 1,
    }


def test_what_is_gone_holds_up_nobody_and_what_is_opened_again_does() -> None:
    story = shop()
    story.tell("task.deleted", "team-lead", "2", task={})
    gone = by_id(picture(story))
    put(story, "reopened", 1, "ready")
    opened = by_id(picture(story))

    assert gone["4"].state == "ready"
    assert opened["4"].state == "waiting"


def test_renewing_a_lease_does_not_make_a_task_younger() -> None:
    story = shop()
    before = by_id(picture(story))["3"]
    put(story, "renewed", 3, "running", "alice", owner="alice", author="alice", attempt=1)
    after = by_id(picture(story))["3"]

    assert after.changed_at > before.changed_at
    assert after.since == before.since


def test_a_task_says_whom_it_waits_for() -> None:
    snapshot = picture(shop())
    floor, tasks = floor_of(snapshot, START), by_id(snapshot)

    assert floor.waits_for(tasks["8"]) == PERSON
    assert floor.waits_for(tasks["9"]) == "val"
    assert floor.waits_for(tasks["4"]) == "bob"
    assert floor.waits_for(tasks["5"]) == "alice, #4"
    assert floor.waits_for(tasks["1"]) == ""
    assert floor.held_up["4"] == ("5", "6")
    assert (floor.tries(tasks["2"]), floor.model(tasks["2"])) == ("2/3", "maker/small")


# --- the grammar ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "fitting"),
    [
        ("offers", True),
        ("OFFERS edges", True),
        ("-offers", False),
        ("owner:ali", True),
        ("owner:bob,alice", True),
        ("-owner:alice", False),
        ("owner:none", False),
        ("owner:", True),
        ("attempt:>1", True),
        ("attempt:>", True),
        ("attempt:2", True),
        ("attempt:<=1", False),
        ("attempt:x", False),
        ("age:>1m", True),
        ("age:<1m", False),
        ("state:needs_input", True),
        ("http://none", False),
        ("unknown:thing", False),
        ("offers owner:bob", False),
    ],
)
def test_words_and_fields_narrow(words: str, fitting: bool) -> None:
    facts = {"owner": "alice", "attempt": 2.0, "age": 90.0, "state": "needs input"}

    assert Query(words, FIELDS).fits(lambda: "Make the Offers right at their edges", lambda: facts) is fitting


def test_what_has_no_value_is_found_by_none() -> None:
    assert Query("owner:none", FIELDS).fits(str, lambda: {"owner": None})
    assert not Query("", FIELDS)
    assert not Query("owner:", FIELDS)


def test_the_board_is_narrowed_by_fields_and_says_how_many_there_are() -> None:
    snapshot = shown(shop().events)

    one, two, none = screens_after(
        still(snapshot),
        LARGE,
        ["1", "1", "slash", *"owner:bob", "enter"],
        ["slash", *["backspace"] * 9, *"attempt:>1", "enter"],
        ["slash", *" owner:zoe", "enter"],
    )

    assert "1 of 9 tasks" in one
    assert "#2 read-stock" in one
    assert "2 of 9 tasks" in two
    assert "no task fits these words" in none


# --- what comes after what ------------------------------------------------------------------------------------------


def test_a_task_is_drawn_below_what_holds_it_up() -> None:
    tasks = [task("1", state="done"), task("2"), task("3", "1", "2"), task("4", "3"), task("5", "3"), task("6")]

    drawn = [(branch.lanes, branch.task.id) for branch in forest(tasks)]

    assert drawn == [("", "2"), ("└─ ", "3"), ("   ├─ ", "4"), ("   └─ ", "5"), ("", "1"), ("", "6")]


def test_a_ring_is_said_and_what_comes_after_it_is_drawn_below() -> None:
    tasks = [task("1"), task("2", "1", "4"), task("3", "2"), task("4", "3"), task("5", "4"), task("6", "6")]

    drawn = {branch.task.id: branch for branch in forest(tasks)}

    assert len(drawn) == 6
    assert drawn["2"].ring == ("2", "4", "3", "2")
    assert drawn["6"].ring == ("6", "6")
    assert [branch.ring for number, branch in drawn.items() if number not in "26"] == [()] * 4


def test_a_chain_of_thousands_is_drawn_with_bounded_lanes_and_a_wide_one_fast() -> None:
    chain = [task(str(number), *([str(number - 1)] if number else [])) for number in range(5_000)]
    fan = [task("0"), *(task(str(number), "0") for number in range(1, 5_000))]
    begun = time.process_time()

    deep, wide = forest(chain), forest(fan)

    assert [branch.task.id for branch in deep] == [str(number) for number in range(5_000)]
    assert max(len(branch.lanes) for branch in deep) <= 3 * MOST_LANES + 3
    assert (wide[1].lanes, wide[-1].lanes) == ("├─ ", "└─ ")
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
def test_the_whole_board_and_what_comes_after_what_look_as_they_should(size: tuple[int, int]) -> None:
    board, tied, back = screens_after(still(shown(shop().events)), size, "11", "d", "d")

    assert_screen(f"board-{size[0]}x{size[1]}", board)
    assert_screen(f"dependencies-{size[0]}x{size[1]}", tied)
    assert back == board
    assert max(map(len, (board + tied).splitlines())) <= size[0]


def test_enter_on_a_line_of_the_dependencies_tells_the_task() -> None:
    text = screen_after(still(shown(shop().events)), LARGE, "1", "1", "d", "enter")

    assert "task #" in text
    assert "attempt" in text


@pytest.mark.parametrize("cells", [1, 8, 17, 40, 90])
def test_rows_keep_to_their_width_whatever_a_task_is_called(cells: int) -> None:
    evil = task("7", "9", "8", state="waiting", key="日本語 \x1b[2J" * 9)
    floor = replace_floor(evil)

    for row in card(evil, floor, cells, 3)[:1]:
        assert spans_width(row) <= max(cells, 2)
    assert "\x1b" not in "".join(plain(row) for row in card(evil, floor, cells, 3))
    if cells >= 40:
        (branch,) = forest([evil])
        assert spans_width(branch_row(branch, floor, cells)) <= cells


def replace_floor(found: Task) -> object:
    return floor_of(replace(Snapshot(), tasks=(found,)), START)
