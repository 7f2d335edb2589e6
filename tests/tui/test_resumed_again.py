"""``P`` over a mission whose servers or workers only a person may say: they are shown, and never just taken."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.api import Memory
from onecontext.errors import UsageError
from teams.mission.control.alone import LOCK
from teams.mission.roles.roles import WORKER
from teams.protocol.team import Team
from tests.support.missions import make_repository, onecontext, write_script
from tests.support.plays import QUIET
from tests.tui.acting import STARTED, drive, everything, notices, recorded, until, watching
from tests.tui.screen import shown, text_of
from tests.tui.till import middle
from tui.acting import again, doing
from tui.acting.control import Control
from tui.acting.doing import Done
from tui.acting.line import Line
from tui.acting.subject import Subject
from tui.acting.table import BY_NAME
from tui.projection import course
from tui.snapshot import Heart, Snapshot
from tui.views.asking import Words

SERVER = "http://127.0.0.1:9/v1"
RESUME = BY_NAME["resume"]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team whose mission asked a server, and is run by nobody."""
    project = make_repository(tmp_path / "shop", {"a.txt": "a\n"})
    Memory.init(project)
    team = Team.create("till-1", root=project / ".onecontext", cwd=project)
    started = {
        **STARTED,
        "sandbox": "none",
        "base": _tip(project),
        "model": write_script(tmp_path, QUIET),
        "address": SERVER,
    }
    team.journal.append("mission.started", started, mission="till-1")
    team.journal.append("mission.interrupted", {"reason": "lunch"}, mission="till-1")
    (team.journal.folder / LOCK).touch()
    return team


def _tip(project: Path) -> str:
    return (project / ".git" / "refs" / "heads" / "main").read_text().strip()


def of(address: str = "", who: dict[str, str] | None = None, **hearts: str) -> Subject:
    """Return the subject of a mission that was interrupted, and was begun with these."""
    story = middle()
    story.tell("mission.resumed", reason="", repaired=[], address=address, who=who or {})
    story.tell("mission.interrupted", reason="lunch")
    picture: Snapshot = shown(story.events)
    return Subject(replace(picture, hearts={name.replace("_", "-"): Heart(life) for name, life in hearts.items()}))


def test_the_server_is_shown_and_asked_only_after_a_yes_and_the_mission_goes_on_there(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Line] = []

    def begin(line: Line, *_: object, **__: object) -> Done:
        begun.append(line)
        return Done(None, "it goes on")

    monkeypatch.setattr(doing, "do_apart", begin)
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.snapshot.mission.phase == "interrupted")  # type: ignore[union-attr]
        await pilot.press("P")
        await until(pilot, lambda: f"--api-base {SERVER}" in text_of(app))
        await pilot.press("enter")
        await until(pilot, lambda: "send your key and your code to 127.0.0.1:9" in " ".join(text_of(app).split()))
        before = everything(team.root)
        await pilot.press("enter", "enter", "space", "n")
        assert everything(team.root) == before, "nothing but y is a yes"
        await pilot.press("P")
        await until(pilot, lambda: f"--api-base {SERVER}" in text_of(app))
        app.screen.query_one(Words).value = "--api-base http://ann:w0rd@127.0.0.1:9/v1 --sandbox none"
        await pilot.press("enter")
        await until(
            pilot,
            lambda: "to 127.0.0.1:9 and let agents run with your rights: resume" in " ".join(text_of(app).split()),
        )
        await pilot.press("y")
        await until(pilot, lambda: begun)

    drive(app, act)
    onecontext(team.root.parent, *begun[0].argv)

    ((_, data),) = recorded(team, "mission.resumed")
    assert data["address"] == SERVER
    assert "w0rd" not in repr(everything(team.root.parent)), "a login that is typed reaches no file"


def test_what_is_no_option_is_refused_in_a_sentence_and_stands_there_again(team: Team) -> None:
    app = watching(team)

    async def act(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.snapshot.mission.phase == "interrupted")  # type: ignore[union-attr]
        await pilot.press("P")
        await until(pilot, lambda: f"--api-base {SERVER}" in text_of(app))
        await pilot.press("ctrl+u", *"--model 'x", "enter")
        await until(pilot, lambda: "resume: these are no options" in notices(app))
        await pilot.press("P")
        await until(pilot, lambda: "--model 'x" in text_of(app))

    drive(app, act)

    assert recorded(team, "mission.resumed") == []


def test_who_worked_is_said_again_too_and_a_plain_mission_is_asked_nothing() -> None:
    who = {course.WORKER: "claude-code", "tester": "command:make test"}

    assert again.said_before(of(SERVER, who)) == (
        f"--api-base {SERVER} --worker claude-code --worker 'tester=command:make test'"
    )
    assert RESUME.asks(of()) == ""
    assert course.WORKER == WORKER


def test_a_mission_that_its_process_holds_is_let_go_without_a_word_more() -> None:
    assert RESUME.asks(of(SERVER, team_lead="alive")) == ""
    assert RESUME.asks(of(SERVER, team_lead="gone")) != ""


@pytest.mark.parametrize(
    "hostile", ["https://аpi.openai.com/v1", "https://x\u202e.example", "http://x/" + "y" * 300, "http://x\n"]
)
def test_what_could_hide_whom_it_names_is_not_offered(hostile: str) -> None:
    assert RESUME.asks(of(hostile)) == ""


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("--api-base https://api.openai.com@evil.example/v1", "evil.example"),
        ("--api-base=http://evil.example:80/v1", "evil.example:80"),
        ("--api-b evil.example", "evil.example"),
        ("--api-base http://a/ --api-base http://evil.example/", "a, evil.example"),
        ("--api-base http://[evil", "http://[evil"),
    ],
)
def test_the_question_names_who_gets_the_key(typed: str, host: str) -> None:
    assert RESUME.sure(of(), typed).startswith(f"send your key and your code to {host}: resume --api-b")


def test_that_nothing_confines_agents_is_shown_and_asked_and_never_just_taken() -> None:
    story = middle()
    story.tell("mission.started", **{**STARTED, "sandbox": "none"})
    story.tell("mission.interrupted", reason="lunch")
    subject = Subject(replace(shown(story.events), hearts={}))

    assert RESUME.first(subject) == "--sandbox none"
    assert RESUME.sure(subject, "--sandbox none") == "let agents run with your rights: resume --sandbox none"
    assert RESUME.sure(subject, "--sandbox=none").startswith("let agents run with your rights:")
    assert RESUME.sure(subject, "--sandbox bubblewrap") == "go on: resume --sandbox bubblewrap"


def test_what_is_typed_are_options_of_resume_before_the_mission_and_nothing_typed_is_asked_no_yes() -> None:
    subject, control = of(SERVER), Control(person="ada", live=True)

    assert RESUME.line(subject, control, "--worker 'command:make x'").argv[3:] == (
        "--worker",
        "command:make x",
        "--",
        "till-1",
    )
    assert RESUME.sure(subject, "  ") == ""
    with pytest.raises(UsageError, match="no options"):
        RESUME.line(subject, control, "'")
