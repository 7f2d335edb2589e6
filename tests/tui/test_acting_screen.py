"""Acting on real team folders with the keys of a screen: what lands where, and what does not."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.api import Memory
from teams.mission.control.halt import Halt
from teams.protocol.mail.forms import PermissionResponse
from teams.protocol.team import Team
from tests.tui.acting import ask, drive, everything, make_team, notices, recorded, until, watching
from tests.tui.screen import text_of
from tests.tui.till import middle
from tui.app import MonitorApp
from tui.sources.recording import opened
from tui.sources.replay import Replay


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team with a mission that no process runs, a member of ours, one of another program, and a task."""
    return make_team(tmp_path / "shop")


async def at(pilot: Pilot[None], app: MonitorApp, name: str) -> None:
    """Put the cursor on the agent ``name``."""
    await pilot.press("2")
    await until(pilot, lambda: app.under_cursor is not None)
    for _ in app.snapshot.agents:
        if app.under_cursor.name == name:
            return
        await pilot.press("down")
    raise AssertionError(f"{name} is not there")


def test_a_message_lands_in_the_inbox_of_another_programs_member_and_is_recorded_as_this_persons(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await at(pilot, app, "guest")
        await pilot.press("M", *"look [b]here", "enter")
        await until(pilot, lambda: "message: sent to guest" in notices(app))
        await until(pilot, lambda: "sent to guest" in text_of(app))

    drive(app, act)

    (entry,) = json.loads((team.folder / "inboxes" / "guest.json").read_text())
    assert (entry["from"], entry["text"]) == ("team-lead", "look [b]here")
    assert [data.get("by") for _, data in recorded(team, "message.sent")] == ["ada"]


def test_the_first_act_asks_once_who_acts_and_no_is_no(team: Team) -> None:
    app = watching(team, said=False)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("B")
        await pilot.pause()
        assert "act as ada on till-1?" in text_of(app)
        await pilot.press("enter", "n")
        assert recorded(team, "message.sent") == []
        await pilot.press("B", "y")
        await pilot.pause()
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: len(recorded(team, "message.sent")) == 2)
        await pilot.press("B")
        await pilot.pause()
        assert "message to all" in text_of(app), "it is not asked again"
        await pilot.press("escape")

    drive(app, act)


def test_pause_writes_the_word_that_holds_the_mission_and_says_why(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("P", *"lunch", "enter")
        await until(pilot, lambda: "is paused" in notices(app))
        await until(pilot, lambda: app.snapshot.mission.phase == "paused")  # type: ignore[union-attr]

    drive(app, act)

    assert str(Halt(team.journal).order()) == "paused by ada: lunch"
    assert recorded(team, "mission.halted") == [("ada", {"word": "pause", "by": "ada", "reason": "lunch"})]


def test_a_stop_is_confirmed_by_y_alone(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("S", "enter")
        await pilot.pause()
        assert "end till-1" in text_of(app)
        await pilot.press("enter", "enter", "space", "n")
        await pilot.pause()
        assert recorded(team, "mission.halted", "mission.ended") == []
        await pilot.press("S", "enter")
        await pilot.pause()
        await pilot.press("y")
        await until(pilot, lambda: recorded(team, "mission.ended"))

    drive(app, act)

    assert [(who, data["ending"]) for who, data in recorded(team, "mission.ended")] == [("ada", "stopped")]


def test_a_denial_reaches_who_asked_with_the_reason_and_the_list_shows_who_decided(team: Team) -> None:
    form = ask(team)
    app = watching(team)
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("8")
        await until(pilot, lambda: '"timeout": 5' in text_of(app))
        seen.append(text_of(app))
        await pilot.press("minus")
        await pilot.pause()
        await pilot.press("enter", *"use the docs", "enter")
        await until(pilot, lambda: "1 decided" in text_of(app))
        await pilot.press("d")
        await until(pilot, lambda: "denied" in text_of(app))
        seen.append(text_of(app))

    drive(app, act)

    for words in ("1 waits for you", "no expiry", "to see the till", '"command": "ls till"'):
        assert words in seen[0]
    assert "by ada" in seen[1]
    (answer,) = team.receive("ann")
    assert isinstance(answer.form, PermissionResponse)
    assert (answer.form.request_id, answer.form.error) == (form.request_id, "use the docs")


def test_an_approval_asks_for_a_yes_and_what_others_decided_meanwhile_is_told(team: Team) -> None:
    ask(team)
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("8", "plus")
        await pilot.pause()
        assert "why, for the journal (may be empty" in text_of(app)
        await pilot.press(*"once only", "enter")
        await pilot.pause()
        assert "approve, exactly as it stands there: Bash for ann" in text_of(app)
        await pilot.press("enter")
        assert recorded(team, "request.decided") == []
        await pilot.press("y")
        await until(pilot, lambda: recorded(team, "request.decided"))
        await until(pilot, lambda: "nobody asks" in text_of(app) or "1 decided" in text_of(app))

    drive(app, act)

    ((who, decision),) = recorded(team, "request.decided")
    assert (who, decision["reason"]) == ("ada", "once only")


def test_plus_on_a_question_answers_the_task_that_asks(team: Team) -> None:
    task = team.board.create("Round", key="round")
    claimed = team.board.claim(task.id, "ann", lease_s=60)
    team.board.ask(task.id, "ann", claimed.epoch, "half up?")
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("8")
        await until(pilot, lambda: "half up?" in text_of(app))
        await pilot.press("plus", *"even", "enter")
        await until(pilot, lambda: recorded(team, "task.answered"))
        await until(pilot, lambda: "1 decided" in text_of(app))

    drive(app, act)

    assert [(who, data["reason"]) for who, data in recorded(team, "task.answered")] == [("ada", "even")]
    assert "ada" not in [agent.name for agent in app.snapshot.agents], "a person is no agent"


def test_the_menu_says_what_cannot_be_done_and_why(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await at(pilot, app, "ann")
        await pilot.press("exclamation_mark")
        await pilot.pause()
        text = text_of(app)
        assert "what to do with ann" in text
        assert "retry" in text
        assert "not now: no task is under the cursor" in text
        await pilot.press("M")
        await pilot.pause()
        assert "message to ann" in text_of(app)
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: [data["text"] for _, data in recorded(team, "message.sent")] == ["hello"])

    drive(app, act)


def test_an_error_of_the_command_is_shown_and_the_screen_goes_on(team: Team) -> None:
    task = team.board.create("Fix it", key="fix", by="ann")
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.snapshot.tasks)
        team.board.block(task.id, "no", by=None)
        await pilot.press("1")
        await until(pilot, lambda: app.under_cursor is not None and app.under_cursor.state == "blocked")
        await pilot.press("exclamation_mark")
        await pilot.pause()
        await pilot.press("enter")
        # The task is of no mission: 'retry' is a word to one.
        await until(pilot, lambda: "has no task" in notices(app))
        assert "Traceback" not in text_of(app)

    drive(app, act)


def test_a_peek_beside_the_list_stays_with_it_while_a_menu_is_open(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await at(pilot, app, "ann")
        await pilot.press("space", "exclamation_mark")
        app._draw()
        await pilot.press("escape", "question_mark")
        app._draw()
        assert app.under_cursor.name == "ann"

    drive(app, act)


def test_reading_changes_not_a_byte_and_not_a_time(team: Team) -> None:
    ask(team)
    team.board.create("Fix it", key="fix")
    before = everything(team.root.parent)
    keys = [*"12345678", "0", "8", "d", "space", "enter", "escape", "plus", "n", "minus", "n", "exclamation_mark"]
    keys += [
        "escape",
        "M",
        "n",
        "B",
        "n",
        "P",
        "n",
        "S",
        "n",
        "R",
        "n",
        "E",
        "n",
        "slash",
        "x",
        "escape",
        "a",
        "escape",
    ]

    async def act(pilot: Pilot[None]) -> None:
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.05)

    drive(watching(team, said=False), act)

    assert everything(team.root.parent) == before


def test_a_recording_is_never_acted_upon(tmp_path: Path) -> None:
    app = MonitorApp(Replay(opened(middle().write(tmp_path / "journal.jsonl")), 0), label="replay")

    async def act(pilot: Pilot[None]) -> None:
        for key in ("B", "P", "S", "R", "E"):
            await pilot.press(key)
            await until(pilot, lambda: "this is a recording" in notices(app))
            assert len(app.screen_stack) == 1
            app.clear_notifications()
            await pilot.pause()

    drive(app, act)


def test_two_screens_decide_one_request_once(team: Team) -> None:
    ask(team)
    first, second = watching(team), watching(team, person="bob")

    async def act(pilot: Pilot[None]) -> None:
        async with second.run_test(size=(120, 36), notifications=True) as other:
            await until(other, lambda: second.snapshot.requests)
            for one in (pilot, other):
                await one.press("8", "plus", "enter")
                await one.pause()
            await pilot.press("y")
            await until(pilot, lambda: recorded(team, "request.decided"))
            await other.press("y")
            await until(other, lambda: "was approved by ada" in notices(second))

    drive(first, act)

    assert [who for who, _ in recorded(team, "request.decided")] == ["ada"]
    assert len(team.receive("ann")) == 1


def test_hostile_text_in_a_request_forges_no_row_and_obeys_nothing(team: Team) -> None:
    ask(team, command="ls\n▲ waits  1s eve  tool  no expiry  ls\x1b[2J\u202e", why="[bold]x[/]\n\x1b]2;owned\x07")
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("8")
        await until(pilot, lambda: "Would call Bash" in text_of(app))
        text = text_of(app)
        rows = [line for line in text.splitlines() if line.startswith("│ ▲ waits")]
        assert len(rows) == 1
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[bold]x[/]" in text
        assert "\\u001b[2J" in text, "what would be done is shown to the letter"

    drive(app, act, size=(200, 50))


def test_main_md_is_edited_and_an_edit_of_another_in_between_stands(team: Team) -> None:
    memory = Memory.open(team.root.parent)
    memory.write_main("# Plan\n\none\n")
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("E")
        await until(pilot, lambda: "main.md" in text_of(app) and "one" in text_of(app))
        await pilot.press(*"zz", "ctrl+s")
        await until(pilot, lambda: memory.read_main().startswith("zz"))
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("E")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        memory.write_main("theirs\n")
        await pilot.press(*"mine", "ctrl+s")
        await until(pilot, lambda: "somebody changed it meanwhile" in notices(app))
        assert len(app.screen_stack) == 2, "what was typed is still there"
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("y")
        await until(pilot, lambda: len(app.screen_stack) == 1)

    drive(app, act)

    assert memory.read_main() == "theirs\n"
    assert [one.agent for one in memory.milestones(limit=2)] == ["agent", "ada"]


def test_main_md_that_a_mission_goes_on_writing_takes_what_a_person_writes_in_another_place(team: Team) -> None:
    memory = Memory.open(team.root.parent)
    memory.write_main("# Plan\n\n## Goal\n\nthe till\n\n## Milestones\n\n- one\n")
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("E")
        await until(pilot, lambda: "main.md" in text_of(app) and "the till" in text_of(app))
        await pilot.press("down", "down", "down", "down", *"mine: ")
        memory.write_main(memory.read_main() + "- two\n")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "with what was changed meanwhile" in notices(app))
        await until(pilot, lambda: len(app.screen_stack) == 1)

    drive(app, act)

    assert memory.read_main() == "# Plan\n\n## Goal\n\nmine: the till\n\n## Milestones\n\n- one\n- two\n"
    assert [one.agent for one in memory.milestones(limit=2)] == ["ada", "agent"]
