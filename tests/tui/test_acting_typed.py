"""What is typed and pasted to act: nothing of it is lost, and nothing of it is obeyed."""

from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from teams.protocol.team import Team
from tests.tui.acting import drive, notices, until, watching
from tests.tui.screen import text_of
from tui.views.narrowing import Words
from tui.views.typed import Typed


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("till-1", root=tmp_path / ".onecontext", cwd=tmp_path)
    team.join("ann")
    return team


def named(character: str) -> str:
    return _character_to_key(character)


def sent(team: Team) -> list[tuple[str, str, str | None]]:
    events_ = [event.data for event in team.journal.read(types=("message.sent",))]
    return [(data["from"], data["text"], data.get("by")) for data in events_]


def test_a_person_whom_the_environment_names_writes_as_a_person(team: Team) -> None:
    app = watching(team)
    app.control.env = {"ONECONTEXT_AGENT": "ada"}

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("B", *"hello", "enter")
        await until(pilot, lambda: "broadcast: sent to" in notices(app))

    drive(app, act)

    assert sent(team) == [("team-lead", "hello", "ada")]


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("one\ntwo\r\n\r\n  three\n", "one\ntwo\n\n  three"),
        ("\n\nfirst", "first"),
        ("a\x1b[31mb\x07\u202ec\td", "a[31mbc\td"),
        ("x" * 100_000, "x" * 100_000),
    ],
    ids=["lines", "line feeds first", "control characters", "very long"],
)
def test_of_what_is_pasted_all_lines_are_sent_and_none_of_it_is_obeyed(team: Team, pasted: str, text: str) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("B")
        await pilot.pause()
        app.screen.focused.post_message(events.Paste(pasted))  # type: ignore[union-attr]
        await pilot.pause()
        assert "\x1b" not in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: "broadcast: sent to" in notices(app))

    drive(app, act)

    assert sent(team) == [("team-lead", text, "ada")]


def test_in_a_line_that_narrows_pasted_line_breaks_are_spaces(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("2", "slash")
        await pilot.pause()
        line = app.screen.focused
        assert isinstance(line, Typed)
        line.post_message(events.Paste("ann\n\x1b[2Jworker\n"))
        await pilot.pause()
        assert line.value == "ann [2Jworker"

    drive(app, act)


def test_words_typed_ahead_of_their_line_are_its_words_and_no_keys(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: bool(app.snapshot.agents))
        for character in "BPlease quit a, t/p":
            app.post_message(events.Key(named(character), character))
        await until(pilot, lambda: "Please quit a, t/p" in text_of(app))
        assert app.snapshot.moment is None, "a comma would have stepped into the past"
        await pilot.press("enter")
        await until(pilot, lambda: "broadcast: sent to" in notices(app))
        for character in "/nobody":
            app.post_message(events.Key(named(character), character))
        await until(pilot, lambda: app.query_one(Words).value == "nobody")

    drive(app, act)

    assert [text for _, text, _ in sent(team)] == ["Please quit a, t/p"]


def test_a_line_takes_keys_that_move_and_delete_in_the_order_they_were_typed(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: bool(app.snapshot.agents))
        for key in ("B", *"abc", "backspace", "backspace", "d", "home", "e", "f"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: "efad" in text_of(app))

    drive(app, act)


def test_a_key_that_opens_nothing_holds_up_no_key_behind_it(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: bool(app.snapshot.agents))
        for character in "+-%s22":
            app.post_message(events.Key(named(character), character))
        await until(pilot, lambda: not app.stage.at_home)

    drive(app, act)


def test_a_focus_that_goes_after_the_last_screen_is_nobodys(team: Team) -> None:
    app = watching(team)

    drive(app, lambda pilot: until(pilot, lambda: bool(app.snapshot.agents)))
    assert app.screen_stack == []
    app._name_keys()
