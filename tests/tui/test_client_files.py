"""Teams of another program, shown from their files: what real clients wrote, half of it, and garbage."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.cli.main import main
from tests.integration.test_protocol_foreign_states import VERSIONS, messages, put, writes
from tests.tui.screen import assert_screen, play, screens_after, still, text_of
from tests.tui.test_follow import fingerprint, until
from tui.app import MonitorApp
from tui.projection.teams import line_of
from tui.snapshot import Snapshot
from tui.sources.choosing import place_of
from tui.sources.folder import Place
from tui.sources.follow import Follower
from tui.sources.glances import Glances
from tui.sources.several import Several

STATUS = {"pending": ("ready", "waiting"), "in_progress": ("running",), "completed": ("done",)}


def team_of(version: str) -> str:
    return writes(version)[0][0].split("/")[1]


def laid_out(root: Path, version: str) -> str:
    """Put the last of what the client wrote where it wrote it, and return the team's name."""
    for name, content in writes(version):
        put(root, name, content)
    return team_of(version)


def picture(root: Path, team: str) -> Snapshot:
    return Follower(Place(root, team), None).catch_up()


def assert_as_files_say(snapshot: Snapshot, root: Path, team: str) -> None:
    config = json.loads((root / "teams" / team / "config.json").read_bytes())
    there = {agent.name for agent in snapshot.agents if agent.state != "left"}
    assert there == {member["name"] for member in config["members"]}
    tasks = {path.stem: json.loads(path.read_bytes()) for path in (root / "tasks" / team).glob("*.json")}
    assert {task.id for task in snapshot.tasks} == tasks.keys()
    for task in snapshot.tasks:
        assert task.subject == tasks[task.id]["subject"]
        assert task.owner == tasks[task.id].get("owner")
        assert task.state in STATUS[tasks[task.id]["status"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_after_each_write_of_a_real_client_the_picture_is_what_its_files_say(tmp_path: Path, version: str) -> None:
    states, team = writes(version), team_of(version)
    put(tmp_path, *states[0])
    follower = Follower(Place(tmp_path, team), None)

    for path, content in states:
        put(tmp_path, path, content)
        snapshot = follower.catch_up()
        assert_as_files_say(snapshot, tmp_path, team)
        assert (snapshot.trouble, snapshot.violations, snapshot.totals.unknown_events) == ("", (), 0)

    assert {tuple(message.id.split("/", 1)) for message in snapshot.messages} == messages(tmp_path, states)
    assert [line.seq for line in snapshot.log] == sorted({line.seq for line in snapshot.log})


def test_what_no_file_says_is_called_unknown(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.329")

    snapshot = picture(tmp_path, team)
    overview, agents, cost = screens_after(still(snapshot), (120, 36), [], ["2", "enter"], ["escape", "7"])

    assert snapshot.totals.usage.known is False
    assert {agent.state for agent in snapshot.agents} == {"unknown"}
    assert "cost unknown" in overview
    assert "files of another program, no journal" in overview
    assert "0 at work of 5" in overview
    assert "cost        unknown" in agents
    assert "unknown" in cost
    assert "no model was called" not in cost


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_a_client_s_team_looks_as_it_should(tmp_path: Path, size: tuple[int, int]) -> None:
    states, team = writes("2.1.45"), team_of("2.1.45")
    for number, (path, content) in enumerate(states):
        put(tmp_path, path, content)
        # The times of files are those of the story, and not of this test.
        for changed in (tmp_path / path, (tmp_path / path).parent, tmp_path / "teams" / team):
            os.utime(changed, (1_771_560_574 + number, 1_771_560_574 + number))
        if not number:
            follower = Follower(Place(tmp_path, team), None)
        snapshot = follower.catch_up()

    (text,) = screens_after(still(snapshot), size, [])

    assert_screen(f"client-{size[0]}x{size[1]}", text)
    assert max(map(len, text.splitlines())) <= size[0]


def test_a_client_at_work_is_followed_while_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.sources.follow.LOOK_AGAIN_S", 600.0)  # so that only a watch that works can bring it
    states, team = writes("2.1.45"), team_of("2.1.45")
    app = MonitorApp(Several(Place(tmp_path), [tmp_path]), label="following", zone=UTC)

    async def act(pilot: Pilot[None]) -> None:
        writer = subprocess.Popen([sys.executable, "-m", "tests.tui.rewriting", str(tmp_path), "2.1.45"])
        try:
            subjects = [json.loads(content)["subject"] for path, content in states if path.startswith("tasks/")]
            await until(lambda: all(subject in text_of(app) for subject in subjects), pilot)
        finally:
            assert writer.wait(60) == 0
        await until(lambda: {message.text for message in app.snapshot.messages} >= {"EXT-1 hello"}, pilot)
        await until(lambda: len(app.snapshot.agents) - left(app.snapshot) == 2, pilot)
        await until(lambda: not app.snapshot.violations, pilot)
        assert_as_files_say(app.snapshot, tmp_path, team)

    play(app, (140, 40), act)


def left(snapshot: Snapshot) -> int:
    return sum(agent.state == "left" for agent in snapshot.agents)


def test_looking_writes_nothing_and_takes_no_lock(tmp_path: Path) -> None:
    teams = [laid_out(tmp_path, version) for version in VERSIONS]
    before = fingerprint(tmp_path)
    app = MonitorApp(Several(Place(tmp_path, teams[0]), [tmp_path]), label="following", zone=UTC)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: len(app.snapshot.teams) == 3 and bool(app.snapshot.agents), pilot)
        for _ in teams:
            await pilot.press("w", "down", "enter", "1", "2", "5", "a", "escape")
            await pilot.pause(0.3)

    play(app, (120, 36), act)

    assert fingerprint(tmp_path) == before


def test_a_broken_file_is_a_line_and_hides_nothing_beside_it(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.45")
    tasks, inboxes = tmp_path / "tasks" / team, tmp_path / "teams" / team / "inboxes"
    good = picture(tmp_path, team)
    (tasks / "1.json").write_bytes(b'{"id": "1", "subj')
    (tasks / "8.json").symlink_to("/etc/passwd")
    os.mkfifo(tasks / "9.json")
    (inboxes / "cut.json").write_bytes(
        b'[{"from": "ann", "text": "whole", "timestamp": "2026-11-21T04:05:07.124Z"}, {"fr'
    )
    (inboxes / "loop.json").symlink_to("loop.json")

    snapshot = picture(tmp_path, team)

    assert {violation.path for violation in snapshot.violations} == {
        *(f"tasks/{team}/{name}.json" for name in (1, 8, 9)),
        *(f"teams/{team}/inboxes/{name}.json" for name in ("cut", "loop")),
    }
    assert {task.id for task in snapshot.tasks} == {task.id for task in good.tasks} - {"1"}
    assert {message.text for message in snapshot.messages} == {message.text for message in good.messages} | {"whole"}
    assert snapshot.totals.attention_open == 5
    assert "root:" not in str(snapshot)


def test_what_a_file_said_stands_while_it_is_broken_and_is_told_when_it_is_whole_again(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.45")
    follower = Follower(Place(tmp_path, team), None)
    good = follower.catch_up()
    paths = [tmp_path / "tasks" / team / "1.json", tmp_path / "teams" / team / "config.json"]
    contents = [path.read_bytes() for path in paths]

    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content[: len(content) // 2])
    broken = follower.catch_up()
    assert len(broken.violations) == 2
    assert broken.tasks == good.tasks
    assert broken.agents == good.agents

    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    mended = follower.catch_up()
    assert (mended.violations, mended.totals.attention_open, mended.tasks) == ((), 0, good.tasks)


def test_a_team_that_is_gone_is_told_and_another_of_its_name_begins_anew(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.329")
    follower = Follower(Place(tmp_path, team), None)
    assert len(follower.catch_up().agents) == 5
    config = tmp_path / "teams" / team / "config.json"
    document = json.loads(config.read_bytes())

    config.unlink()
    assert "is gone" in follower.catch_up().trouble

    config.write_text(json.dumps({**document, "createdAt": 1, "members": document["members"][:1]}))
    follower.catch_up()
    assert [agent.name for agent in follower.catch_up().agents] == ["team-lead"]


def ask(root: Path, team: str, *entries: dict[str, object], to: str = "team-lead") -> None:
    path = root / "teams" / team / "inboxes" / f"{to}.json"
    put(root, str(path.relative_to(root)), json.dumps(list(entries)).encode())


def letter(sender: str, at: str, **form: object) -> dict[str, object]:
    return {"from": sender, "text": json.dumps(form), "timestamp": f"2026-11-21T05:{at}Z", "read": False}


PERMISSION = {
    "type": "permission_request",
    "request_id": "perm-1-a",
    "agent_id": "ann",
    "tool_name": "Bash",
    "tool_use_id": "t",
    "description": "rm -r build",
    "input": {},
    "permission_suggestions": [],
}


def test_what_a_member_asks_needs_a_person_until_it_is_answered(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.329")
    follower = Follower(Place(tmp_path, team), None)
    follower.catch_up()

    ask(tmp_path, team, letter("ann", "00:00.000", **PERMISSION))
    asked = follower.catch_up()
    ask(tmp_path, team)  # the client has taken it and shows it to its person
    shown = follower.catch_up()
    response = {"type": "permission_response", "request_id": "perm-1-a", "subtype": "success"}
    more = {"tool_use_id": "t", "approved_request": {}, "response": {}}
    ask(tmp_path, team, letter("team-lead", "00:09.000", **response, **more), to="ann")
    answered = follower.catch_up()

    assert asked.totals.attention_open == shown.totals.attention_open == 1
    (item,) = [item for item in shown.attention if item.open]
    assert item.text == "ann: Bash: rm -r build"
    assert line_of(shown, "r", team).attention == 1
    assert answered.totals.attention_open == 0


def test_who_says_so_is_idle_until_somebody_writes_to_them(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.329")
    follower = Follower(Place(tmp_path, team), None)
    follower.catch_up()
    idle = {"type": "idle_notification", "from": "ann", "timestamp": "2026-11-21T05:00:00.000Z"}

    def states() -> Sequence[str]:
        return [agent.state for agent in follower.catch_up().agents if agent.name in ("ann", "bob")]

    ask(tmp_path, team, letter("ann", "00:00.000", **idle, idleReason="available", result="all is well"))
    assert states() == ["idle", "unknown"]
    assert follower.catch_up().agents[1].detail == "idle: all is well"
    ask(tmp_path, team, {"from": "team-lead", "text": "more", "timestamp": "2026-11-21T05:00:01.000Z"}, to="ann")
    assert states() == ["unknown", "unknown"]


def test_a_task_waits_while_what_it_comes_after_is_not_done(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.329")
    task = {"id": "7", "subject": "s", "description": "d", "status": "pending", "blocks": [], "blockedBy": ["1"]}
    put(tmp_path, f"tasks/{team}/7.json", json.dumps(task).encode())
    follower = Follower(Place(tmp_path, team), None)
    first = json.loads((tmp_path / "tasks" / team / "1.json").read_bytes())

    def state() -> str:
        return next(task.state for task in follower.catch_up().tasks if task.id == "7")

    assert state() == "waiting"
    put(tmp_path, f"tasks/{team}/1.json", json.dumps({**first, "status": "completed"}).encode())
    assert state() == "ready"
    put(tmp_path, f"tasks/{team}/1.json", json.dumps(first).encode())
    assert state() == "waiting"
    (tmp_path / "tasks" / team / "7.json").unlink()
    assert "7" not in {task.id for task in follower.catch_up().tasks}


def test_a_client_s_teams_have_lines_beside_the_others(tmp_path: Path) -> None:
    teams = {laid_out(tmp_path, version) for version in VERSIONS}
    (tmp_path / "teams" / "linked").symlink_to(tmp_path / "teams" / next(iter(teams)))

    lines = Glances([tmp_path]).lines()

    assert {line.team for line in lines} == teams
    assert {(line.kept, line.alive, line.usage.known) for line in lines} == {("files", None, False)}
    for line in lines:
        assert line_of(picture(tmp_path, line.team), str(tmp_path), line.team) == line


def test_the_command_finds_a_client_s_team_by_how_its_name_begins(tmp_path: Path) -> None:
    laid_out(tmp_path, "2.1.329")
    out = io.StringIO()

    assert place_of([tmp_path], "session-2").team == "session-298df5d9"
    arguments = ["monitor", "--once", "--root", str(tmp_path), "--team", "session-2"]
    code = main(arguments, env={}, cwd=tmp_path, stdin=io.StringIO(), stdout=out, stderr=out)

    assert code == 0
    assert "t-one" in out.getvalue()
