"""A recorded mission, fed again: what watches it sees what it would have seen live."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.engine.line import encode
from teams.protocol.board.ledger import rebuild
from teams.protocol.team import Team
from tests.support.missions import Ran, make_repository, onecontext, verdict, work, write_script
from tests.support.watching import until
from tests.support.yes import TWO
from tui.snapshot import Snapshot
from tui.sources.choosing import place_of
from tui.sources.follow import Follower

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The team folder of a mission that ran, with a rejection, a message to somebody and a member who left."""
    folder = tmp_path_factory.mktemp("recorded")
    repository = make_repository(folder / "repository", {"a.txt": "?\n", "b.txt": "?\n"})
    write = [("write_file", {"path": f"{name}.txt", "text": "yes\n"}) for name in "ab"]
    no = work("first", ("write_file", {"path": "a.txt", "text": "no\n"}), attempt=1)
    script = write_script(folder, [TWO, no, work("first", write[0]), work("second", write[1]), verdict()])
    ran = onecontext(repository, "run", "Say yes twice", "--model", script, "--json")
    assert ran.code == 0, ran.stderr
    (path,) = (repository / ".onecontext" / "teams").iterdir()
    team = Team.open(path.name, root=repository / ".onecontext", cwd=repository)
    team.join("ann", role="reviewer")
    team.join("bob")
    team.leave("bob", reason="done")
    team.send("ann", "please look", sender="team-lead")
    with_a_client(team)
    team.send("claude", "please look", sender="team-lead")
    team.send("claude", "and read this", sender="team-lead")
    entry = {"from": "claude", "text": "I did", "timestamp": "2026-01-01T00:00:00.000Z"}
    (path / "inboxes" / "ann.json").write_text(json.dumps([entry]))
    assert len(team.receive("ann")) == 2
    team.acknowledge("ann", team.receive("ann"))
    return path


def with_a_client(team: Team) -> None:
    """Add a member that another program added: no event tells of it, and it reads nothing but its array."""
    path = team.folder / "config.json"
    config = json.loads(path.read_text())
    member = {"agentId": "claude@x", "name": "claude", "joinedAt": 1, "tmuxPaneId": "", "cwd": "", "subscriptions": []}
    path.write_text(json.dumps({**config, "members": [*config["members"], member]}))


def journal(folder: Path) -> Path:
    return folder / "onecontext" / "journal.jsonl"


def events(folder: Path) -> list[Event]:
    return list(Journal(folder / "onecontext", team=folder.name).read())


def documents(root: Path, team: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "tasks" / team).glob("*.json")}


def start(*words: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "onecontext", *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_same(recorded: Path, root: Path) -> None:
    fed = root / "teams" / recorded.name
    assert journal(fed).read_bytes() == journal(recorded).read_bytes()
    assert documents(root, fed.name) == documents(recorded.parents[1], fed.name) != {}
    assert (fed / "onecontext" / "contract.yaml").read_bytes() == (recorded / "onecontext/contract.yaml").read_bytes()
    ours, theirs = Team.open(fed.name, root=root), Team.open(fed.name, root=recorded.parents[1])
    told = [(m.name, m.role, m.model, m.color, m.cwd, m.agent_id) for m in theirs.members if m.name != "claude"]
    assert [(m.name, m.role, m.model, m.color, m.cwd, m.agent_id) for m in ours.members] == told
    arrays = list((recorded / "inboxes").glob("*.json"))
    assert {path.name for path in arrays} == {"ann.json", "claude.json"}
    for path in arrays:
        assert json.loads((fed / "inboxes" / path.name).read_text()) == json.loads(path.read_text())


def replay(*words: str | Path, cwd: Path) -> Ran:
    return onecontext(cwd, "replay", *map(str, words))


# --- the whole of it --------------------------------------------------------------------------------------------------


def test_what_watches_a_replay_sees_what_it_would_have_seen_live(recorded: Path, tmp_path: Path) -> None:
    name, everything = recorded.name, events(recorded)
    lasted_s = (everything[-1].at - everything[0].at).total_seconds()
    replaying = start("replay", recorded, "--into", tmp_path, "--speed", f"{lasted_s / 4:.6f}")
    assert until(lambda: (tmp_path / "teams" / name / "config.json").exists())
    following = start("events", "--follow", "--json", "--root", tmp_path, "--team", name)
    pictures: list[Snapshot] = []
    monitor = Follower(place_of([tmp_path], name), None)
    monitor.start(pictures.append)

    out, err = replaying.communicate(timeout=60)
    assert following.stdout is not None
    seen = [json.loads(following.stdout.readline())["data"] for _ in everything]
    # Hearts are read once a second: the last may be of those who were at work in the replay.
    assert until(lambda: pictures and pictures[-1].totals.events == len(everything) and not pictures[-1].hearts)
    monitor.close()
    following.send_signal(signal.SIGINT)
    _, told = following.communicate(timeout=20)

    assert (replaying.returncode, following.returncode) == (0, 130), err
    assert str(tmp_path) in out
    assert f"following {name} by inotify" in told
    assert [(event["seq"], event["id"], event["type"]) for event in seen] == [(e.seq, e.id, e.type) for e in everything]
    assert len({picture.totals.events for picture in pictures}) > 3  # it was seen on the way
    assert pictures[-1].watching.startswith("inotify: ")
    recording = Follower(place_of([recorded.parents[1]], name), None).catch_up()
    assert replace(pictures[-1], watching="", root=recording.root) == recording
    assert_same(recorded, tmp_path)


def test_without_a_place_a_new_one_is_made_and_named(recorded: Path, tmp_path: Path) -> None:
    ran = replay(recorded, "--speed", "max", "--json", cwd=tmp_path)

    assert ran.code == 0, ran.stderr
    root = Path(ran.data["root"])
    assert str(root) in ran.stderr
    assert_same(recorded, root)
    shutil.rmtree(root)


def test_the_board_and_the_inboxes_are_those_of_the_moment(recorded: Path, tmp_path: Path) -> None:
    everything = events(recorded)
    claimed = next(event for event in everything if event.type == "task.claimed")

    assert replay(recorded, "--into", tmp_path, "--speed", "max", "--to", str(claimed.seq), cwd=tmp_path).code == 0

    board = onecontext(tmp_path, "board", "--json", "--root", ".").data["tasks"]
    assert [(task["id"], task["state"]) for task in board] == [("1", "running"), ("2", "waiting")]
    assert next(member.name for member in Team.open(recorded.name, root=tmp_path).members) == "team-lead"
    array = tmp_path / "teams" / recorded.name / "inboxes" / "claude.json"
    for posted, texts in zip(
        [event for event in everything if event.type == "message.posted"],
        [["please look"], ["please look", "and read this"]],
        strict=True,
    ):
        replay(recorded, "--into", tmp_path, "--speed", "max", "--to", str(posted.seq - 1), cwd=tmp_path)
        assert not array.exists() or len(json.loads(array.read_text())) == len(texts) - 1
        replay(recorded, "--into", tmp_path, "--speed", "max", "--to", str(posted.seq), cwd=tmp_path)
        assert [entry["text"] for entry in json.loads(array.read_text())] == texts


def test_who_is_at_work_has_a_heartbeat_for_as_long(recorded: Path, tmp_path: Path) -> None:
    started = next(event for event in events(recorded) if event.type == "attempt.started")
    ended = next(event for event in events(recorded) if event.type == "attempt.ended" and event.agent == started.agent)
    heartbeat = tmp_path / "teams" / recorded.name / "onecontext" / "heartbeat" / str(started.agent)

    for seq, beats in ((started.seq - 1, False), (ended.seq - 1, True), (ended.seq, False)):
        assert replay(recorded, "--into", tmp_path, "--speed", "max", "--to", str(seq), cwd=tmp_path).code == 0
        assert heartbeat.exists() is beats


def test_a_journal_a_folder_or_a_name_is_a_source(recorded: Path, tmp_path: Path) -> None:
    for number, words in enumerate(
        [[str(journal(recorded))], [str(recorded)], [recorded.name, "--root", str(recorded.parents[1])]]
    ):
        ran = replay(*words, "--into", f"r{number}", "--speed", "max", cwd=tmp_path)
        assert ran.code == 0, ran.stderr
        assert_same(recorded, tmp_path / f"r{number}")


# --- pace -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def paced(tmp_path: Path) -> Path:
    """A journal of six events, 10 s apart."""
    folder = tmp_path / "paced" / "onecontext"
    team = Team.create("paced", root=tmp_path / "made")
    first = next(iter(team.journal.read()))
    folder.mkdir(parents=True)
    with (folder / "journal.jsonl").open("wb") as file:
        for number in range(6):
            event = Event(
                seq=number + 1,
                id=f"e{number}",
                at=first.at + timedelta(seconds=10 * number),
                type=first.type if number == 0 else "agent.state",
                team="paced",
                data=first.data if number == 0 else {"state": "idle", "detail": str(number)},
            )
            file.write(encode(event))
    return folder.parent


def test_lines_come_at_their_pace_and_from_is_where_that_begins(paced: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    replaying = start("replay", paced, "--into", into, "--speed", "5", "--from", "4")
    path = journal(into / "teams" / "paced")
    assert until(lambda: path.exists() and path.read_bytes().count(b"\n") >= 4)

    # 4 at once, the next after 2 s: it is not there when half of that is over.
    lines = path.read_bytes().count(b"\n")
    replaying.send_signal(signal.SIGINT)
    _, err = replaying.communicate(timeout=20)

    assert lines == 4
    assert replaying.returncode == 130
    assert "4 events fed" in err
    assert "Traceback" not in err


def test_an_interrupted_replay_keeps_what_it_fed_and_goes_on(recorded: Path, tmp_path: Path) -> None:
    path = journal(tmp_path / "teams" / recorded.name)
    replaying = start("replay", recorded, "--into", tmp_path, "--speed", "1")
    assert until(lambda: path.exists() and path.read_bytes().count(b"\n") > 3)
    replaying.send_signal(signal.SIGINT)
    _, err = replaying.communicate(timeout=20)
    half = path.read_bytes()

    assert (replaying.returncode, "Traceback" in err) == (130, False), err
    assert journal(recorded).read_bytes().startswith(half)
    known = rebuild(Journal(path.parent, team=recorded.name))
    files = {p.stem: json.loads(p.read_bytes()) for p in (tmp_path / "tasks" / recorded.name).glob("*.json")}
    assert files == known
    ran = replay(recorded, "--into", tmp_path, "--speed", "max", cwd=tmp_path)
    assert (ran.code, ran.stderr.count("were there")) == (0, 1)
    assert_same(recorded, tmp_path)


def test_replaying_twice_changes_nothing(recorded: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert replay(recorded, "--into", tmp_path, "--speed", "max", cwd=tmp_path).code == 0

    assert_same(recorded, tmp_path)


# --- what cannot be ---------------------------------------------------------------------------------------------------


def test_a_folder_with_another_team_of_that_name_is_refused_and_left_as_it_is(recorded: Path, tmp_path: Path) -> None:
    Team.create(recorded.name, root=tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    ran = replay(recorded, "--into", tmp_path, "--speed", "max", cwd=tmp_path)

    assert ran.code == 4
    assert "a life of its own" in ran.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_clients_team_without_a_journal_is_refused(recorded: Path, tmp_path: Path) -> None:
    config = tmp_path / "teams" / recorded.name / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text("{}")

    assert replay(recorded, "--into", tmp_path, cwd=tmp_path).code == 4
    assert config.read_text() == "{}"


def test_the_team_itself_is_no_place_for_its_replay(recorded: Path, tmp_path: Path) -> None:
    ran = replay(recorded, "--into", recorded.parents[1], cwd=tmp_path)

    assert ran.code == 2
    assert "is itself in" in ran.stderr


def test_somebody_else_who_writes_stops_the_replay(paced: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    replaying = start("replay", paced, "--into", into, "--speed", "10")
    path = journal(into / "teams" / "paced")
    assert until(lambda: path.exists() and path.read_bytes().count(b"\n") >= 2)

    Team.open("paced", root=into).journal.append("agent.state", {"state": "idle", "detail": "mine"}, agent="ann")
    _, err = replaying.communicate(timeout=20)

    assert replaying.returncode == 4
    assert "somebody else wrote to" in err
    assert [event.agent for event in events(into / "teams" / "paced")][-1] == "ann"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "there is no journal 'nowhere'"),
        (["SOURCE", "--speed", "0"], "invalid speed"),
        (["SOURCE", "--speed", "fast"], "invalid speed"),
        (["SOURCE", "--from", "0"], "invalid number"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(paced: Path, tmp_path: Path, words: list[str], said: str) -> None:
    ran = replay(*[str(paced) if word == "SOURCE" else word for word in words], cwd=tmp_path)

    assert ran.code in (2, 3)
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_damaged_line_is_named_when_what_stands_before_it_was_fed(paced: Path, tmp_path: Path) -> None:
    lines = journal(paced).read_bytes().splitlines(keepends=True)
    journal(paced).write_bytes(b"".join([*lines[:2], lines[2].replace(b"idle", b"busy"), *lines[3:]]))

    ran = replay(paced, "--into", "into", "--speed", "max", cwd=tmp_path)

    assert ran.code == 5
    assert f"line 3 at byte {len(lines[0]) + len(lines[1])}" in ran.stderr
    assert journal(tmp_path / "into" / "teams" / "paced").read_bytes() == b"".join(lines[:2])


def test_a_torn_last_line_is_not_fed_and_said(paced: Path, tmp_path: Path) -> None:
    whole = journal(paced).read_bytes()
    journal(paced).write_bytes(whole + b'{"v":1,"se')

    ran = replay(paced, "--into", "into", "--speed", "max", cwd=tmp_path)

    assert ran.code == 0
    assert "ends in 10 bytes without a line feed" in ran.stderr
    assert journal(tmp_path / "into" / "teams" / "paced").read_bytes() == whole


def test_names_that_lead_elsewhere_make_no_files(tmp_path: Path) -> None:
    source = tmp_path / "hostile" / "journal.jsonl"
    source.parent.mkdir()
    team = Team.create("crew", root=tmp_path / "made")
    made = next(iter(team.journal.read()))
    message = {"msg_id": "m", "to": "../../../../out", "from": "x", "text": "t"}
    rows = [("message.sent", message, None), ("task.created", {"task": {"id": "../x"}}, "../../x")]
    with source.open("wb") as file:
        file.write(encode(made))
        for number, (kind, data, task) in enumerate(rows):
            event = Event(seq=number + 2, id=str(number), at=made.at, type=kind, team="crew", data=data, task=task)
            file.write(encode(event))

    ran = replay(source, "--into", "deep/er/into", "--speed", "max", cwd=tmp_path)

    assert ran.code == 0, ran.stderr
    outside = [path for path in tmp_path.rglob("*out*") if path.suffix == ".json"]
    assert outside + list(tmp_path.rglob("x.json")) == []


def test_a_team_name_that_is_no_name_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "journal.jsonl"
    team = Team.create("crew", root=tmp_path / "made")
    made = next(iter(team.journal.read()))
    source.write_bytes(encode(Event(**{**_fields(made), "team": "../../up"})))

    ran = replay(source, "--into", "into", cwd=tmp_path)

    assert ran.code == 2
    assert not (tmp_path / "into").exists()


def _fields(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in ("seq", "id", "at", "type", "team", "data")}


def test_a_pipe_in_the_journals_place_is_not_waited_for(paced: Path, tmp_path: Path) -> None:
    into = tmp_path / "into" / "teams" / "paced" / "onecontext"
    into.mkdir(parents=True)
    os.mkfifo(into / "journal.jsonl")

    ran = replay(paced, "--into", tmp_path / "into", cwd=tmp_path)

    assert ran.code == 5
    assert "not a regular file" in ran.stderr
