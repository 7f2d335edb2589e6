"""A board that nobody touches while tasks go from column to column, and one whose cursor somebody put on a task."""

from textual.pilot import Pilot

from tests.tui.screen import play, shown, still, text_of
from tests.tui.shop import shop
from tests.tui.story import START, Story
from tui.app import MonitorApp
from tui.rows.agents import agent_heading
from tui.rows.board import card
from tui.rows.floor import floor_of
from tui.rows.spans import plain

COUNT = 9


def story_of(done: int) -> Story:
    """A story of nine tasks of which the first ``done`` are done, one after the other."""
    story = Story("long", "m-3")
    story.tell("mission.started", "team-lead", goal="Nine small things", model="maker/small", sandbox="none")
    for number in range(1, COUNT + 1):
        _put(story, "created", number, "ready")
    for number in range(1, done + 1):
        _put(story, "claimed", number, "running")
        _put(story, "completed", number, "done")
    return story


def _put(story: Story, what: str, number: int, state: str) -> None:
    ours = {"v": 1, "key": f"part-{number}", "state": state, "attempt": 0}
    document = {"id": str(number), "subject": f"Part {number}", "description": "", "metadata": {"onecontext": ours}}
    story.tell(f"task.{what}", "worker-1", str(number), task=document, to=state)


def boards(*, before: tuple[str, ...], size: tuple[int, int] = (80, 24)) -> str:
    """Return the screen when six are done, of an app that saw each of the pictures before, after these keys."""
    app: MonitorApp = still(shown(story_of(0).events))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(*before)
        for done in range(1, 7):
            app._arriving.receive(shown(story_of(done).events))
            await pilot.pause(0.1)
        seen.append(text_of(app))

    play(app, size, act)
    return seen[0]


def column_of_done(screen: str) -> str:
    rows = screen.splitlines()
    title = next(row for row in rows if "DONE" in row)
    at = title.index("DONE")
    return "\n".join(row[at - 2 :] for row in rows[rows.index(title) :])


def test_left_alone_it_shows_what_was_finished_last() -> None:
    done = column_of_done(boards(before=()))

    assert "✓ #6 part-6" in done
    assert "✓ #1 part-1" not in done
    assert "↑" not in done


def test_the_cursor_stays_with_the_task_that_somebody_put_it_on_and_what_is_above_is_counted() -> None:
    done = column_of_done(boards(before=("1", "down", "up")))

    assert "✓ #1 part-1" in done
    assert "DONE 6  ↑ 2" in done
    assert "✓ #6 part-6" not in done


def test_where_there_is_little_room_a_card_says_who_has_the_task_and_for_whom_it_waits() -> None:
    floor = floor_of(shown(shop().events), START)
    tasks = {task.id: task for task in shown(shop().events).tasks}

    told = {number: plain(card(tasks[number], floor, 16)[1]).strip() for number in ("3", "5", "9")}

    assert told["3"] == "alice"
    assert told["5"] == "for ◐ #3 ◌ #4"
    assert told["9"].startswith("dave · try 3")


def test_an_agent_s_task_is_wanted_more_than_its_cost() -> None:
    heading = plain(agent_heading(54, hearts=False))

    assert heading.split() == ["agent", "state", "task", "doing"]
