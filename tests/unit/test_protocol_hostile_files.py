"""Every file of a team folder, in every shape another program may give it: read in time, and beside its neighbours."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onecontext.errors import Damaged, NoTeam, OneContextError
from teams.protocol.mail.correspondence import correspondence
from teams.protocol.reading import may_change, read_json, read_whole
from teams.protocol.team import Team
from teams.protocol.wire import dumps, loads
from tests.support.crew import HandClock
from tests.support.hostile import CONTENTS, MIB, SHAPES

BOUND_S = 5.0
"""The promise is one second; a machine that many tests share may take its time."""


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path, clock=HandClock())
    team.join("ann")
    team.board.create("a", key="a")
    team.board.create("b", key="b")
    return team


@contextmanager
def in_time() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < BOUND_S


def replace_by(path: Path, shape: str) -> None:
    path.unlink(missing_ok=True)
    SHAPES[shape](path)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_task_file_of_any_shape_hides_no_neighbour(team: Team, shape: str) -> None:
    path = team.root / "tasks" / "crew" / "7.json"
    replace_by(path, shape)

    with in_time():
        tasks = team.board.list()
    assert [task.id for task in tasks] == ["1", "2"]
    assert [problem.path for problem in team.board.problems] == [path]
    assert "7.json" in team.board.problems[0].what
    with in_time(), pytest.raises(Damaged):
        team.board.get("7")
    assert os.path.lexists(path)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_task_of_ours_that_becomes_any_shape_is_what_the_journal_says(team: Team, shape: str) -> None:
    replace_by(team.root / "tasks" / "crew" / "1.json", shape)

    with in_time():
        recorded = team.take_in()
    assert [(event.type, event.data["rule"]) for event in recorded] == [("violation", "garbled")]
    with in_time():
        assert not team.take_in()
    assert [violation.rule for violation in team.board.violations()] == ["garbled"]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_roster_of_any_shape_is_refused_in_one_sentence(team: Team, shape: str) -> None:
    replace_by(team.folder / "config.json", shape)

    with in_time(), pytest.raises((Damaged, NoTeam)) as caught:
        _ = team.members
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500
    with in_time():
        Team.list(team.root)


INBOXES_WITH_ENTRIES = {"byte order mark before an array", "100 MiB"}
WHOLE_INBOXES = {"unreadable"} if os.geteuid() == 0 else set()


@pytest.mark.parametrize("shape", SHAPES)
def test_an_inbox_of_any_shape_is_taken_in_set_aside_and_written_anew(team: Team, shape: str) -> None:
    path = team.folder / "inboxes" / "ann.json"
    replace_by(path, shape)

    with in_time():
        correspondence(team.folder, team.journal)
    with in_time():
        received = [message.text for message in team.receive("ann")]
    assert received == (["y"] if shape in INBOXES_WITH_ENTRIES else [])
    aside = team.journal.folder / "malformed"
    assert aside.exists() == (shape not in WHOLE_INBOXES)
    assert json.loads(path.read_text()) == ([] if not received else [json.loads(path.read_text())[0]])
    team.send("ann", "after", sender="team-lead")
    assert [message.text for message in team.receive("ann")] == [*received, "after"]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_inbox_of_any_shape_can_be_written_to(team: Team, shape: str) -> None:
    document = json.loads((team.folder / "config.json").read_text())
    document["members"].append({"agentId": "zed@crew", "name": "zed", "joinedAt": 5})
    (team.folder / "config.json").write_text(json.dumps(document))
    path = team.folder / "inboxes" / "zed.json"
    replace_by(path, shape)

    with in_time():
        team.send("zed", "hello", sender="ann")
    assert path.is_file()
    assert not path.is_symlink()
    entries = json.loads(path.read_text())
    assert entries[-1]["text"] == "hello"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_high_watermark_of_any_shape_makes_no_id_twice(team: Team, shape: str) -> None:
    replace_by(team.root / "tasks" / "crew" / ".highwatermark", shape)

    with in_time():
        assert team.board.create("c", key="c").id in ("3", "8")


@pytest.mark.parametrize("name", ["a\nb.json", "9" * 240 + ".json", "ünïcode.json", "\udcff.json", " .json", "-.json"])
def test_a_file_with_any_name_is_passed_over(team: Team, name: str) -> None:
    (team.root / "tasks" / "crew" / name).write_text("{}")
    (team.folder / "inboxes" / name).write_text('[{"from": "x", "text": "y"}]')

    assert [task.id for task in team.board.list()] == ["1", "2"]
    for event in team.take_in():
        assert event.type in ("message.sent", "violation")
    assert team.board.create("c", key="c").id == "3"


def test_a_file_named_by_more_digits_than_anybody_counts_stops_nobody(team: Team) -> None:
    (team.root / "tasks" / "crew" / f"{'9' * 64}.json").write_text("{}")

    assert team.board.create("c", key="c").id == "3"


def test_a_list_file_that_is_a_dangling_link_makes_nothing_elsewhere(team: Team, tmp_path: Path) -> None:
    lock = team.root / "tasks" / "crew" / ".lock"
    lock.unlink()
    lock.symlink_to(tmp_path / "elsewhere")

    team.board.create("c", key="c")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "put", [lambda path: path.symlink_to(path.parents[1]), os.mkfifo, lambda path: path.write_text("x")]
)
def test_a_task_folder_that_is_none_is_said_and_not_followed(tmp_path: Path, put: Callable[[Path], object]) -> None:
    team = Team.create("crew", root=tmp_path)
    folder = tmp_path / "tasks" / "crew"
    (folder / ".lock").unlink()
    folder.rmdir()
    put(folder)

    with pytest.raises(Damaged):
        team.board.list()
    with pytest.raises(Damaged):
        team.board.create("c", key="c")
    assert [(event.data["rule"], event.data["path"]) for event in team.take_in()] == [("garbled", "tasks/crew/")]
    assert not team.take_in()


# --- how often and how much is read -----------------------------------------------------------------------------------


def test_half_a_document_is_read_again_and_believed_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{")
    looks = []

    def parse(document: object) -> object:
        looks.append(document)
        return document

    threading.Timer(0.03, lambda: path.write_text('{"a": 1}')).start()
    assert read_json(path, parse=parse) == {"a": 1}
    assert looks == [{"a": 1}]


def test_what_stays_garbled_is_not_waited_for_twice(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{")
    assert may_change(path)
    with pytest.raises(Damaged):
        read_json(path)

    assert not may_change(path)
    path.write_text("{{")
    assert may_change(path)


def test_what_nobody_has_written_for_a_while_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{")
    os.utime(path, (1, 1))

    assert not may_change(path)


def test_a_limit_is_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b"1" * MIB)

    assert read_whole(path, limit_bytes=MIB) == b"1" * MIB
    with pytest.raises(Damaged, match="1,048,576 bytes, more than the 1,048,575"):
        read_whole(path, limit_bytes=MIB - 1)


def test_a_name_too_long_for_a_file_is_damage_and_no_traceback(tmp_path: Path) -> None:
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(OneContextError):
            read_json(tmp_path / name)
    (tmp_path / "file").write_text("")
    with pytest.raises(Damaged):
        read_json(tmp_path / "file" / "below")


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_task_cut_anywhere_is_never_taken_for_whole(team: Team, cut: int) -> None:
    path = team.root / "tasks" / "crew" / "1.json"
    content = path.read_bytes()[: -1 - cut]
    path.write_bytes(content)

    if content:
        assert [task.id for task in team.board.list()] == ["2"]
        assert [problem.path for problem in team.board.problems] == [path]


def test_what_we_write_of_a_hostile_document_is_json_again() -> None:
    written = 0
    for content in CONTENTS.values():
        try:
            document = loads(content[:100_000], source="it")
        except Damaged:
            continue
        assert json.loads(dumps(document)) == document
        written += 1
    assert written > 5
