"""What running clients of three versions wrote, replayed in order of time, with a look after each write."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from teams.protocol.board.ledger import rebuild
from teams.protocol.mail.message import identities
from teams.protocol.team import Team
from tests.support.crew import go, start

STATES = Path(__file__).parents[1] / "data" / "claude-code" / "states"
VERSIONS = sorted(path.name for path in STATES.iterdir())


def writes(version: str) -> list[tuple[str, bytes]]:
    """Return path below the root and content of each write, oldest first."""
    files = sorted((STATES / version).iterdir())
    return [(file.name.split("_", 2)[2].replace("__", "/"), file.read_bytes()) for file in files]


def put(root: Path, name: str, content: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if "/inboxes/" in name:
        temporary = path.with_suffix(".tmp")
        temporary.write_bytes(content)
        temporary.rename(path)
    else:
        path.write_bytes(content)


def messages(root: Path, states: list[tuple[str, bytes]]) -> set[tuple[str, str]]:
    """Return recipient and identity of every entry that ever stood in an inbox."""
    found = set()
    for name, content in states:
        if "/inboxes/" in name:
            entries = json.loads(content)
            found |= {(Path(name).stem, identity) for identity in identities(entries)}
    return found


def expected(states: list[tuple[str, bytes]]) -> Counter[str]:
    """Return how often each kind of event must be told, from the writes alone."""
    counts: Counter[str] = Counter()
    tasks: dict[str, Any] = {}
    members: set[str] = set()
    for name, content in states:
        document = json.loads(content)
        if name.startswith("tasks/"):
            kind = "task.edited" if name in tasks else "task.imported"
            counts[kind] += tasks.get(name) != document
            tasks[name] = document
        elif name.endswith("config.json"):
            names = {member["name"] for member in document["members"]}
            counts["member.found"] += len(names - members)
            counts["member.gone"] += len(members - names)
            members = names
    return +counts


@pytest.mark.parametrize("version", VERSIONS)
def test_the_story_of_a_client_is_told_once_and_whole(tmp_path: Path, version: str) -> None:
    states = writes(version)
    name = states[0][0].split("/")[1]
    put(tmp_path, *states[0])
    team = Team.open(name, root=tmp_path)

    for path, content in states:
        put(tmp_path, path, content)
        team.take_in()
        assert not team.take_in()
        assert (tmp_path / path).read_bytes() == content

    files = {file.stem: json.loads(file.read_bytes()) for file in (tmp_path / "tasks" / name).glob("*.json")}
    assert rebuild(team.journal) == files
    assert files
    events = [*team.journal.read()]
    sent = [(event.data["to"], event.data["msg_id"]) for event in events if event.type == "message.sent"]
    assert len(sent) == len({*sent})
    assert {*sent} == messages(tmp_path, states)
    told = Counter(event.type for event in events if event.type != "message.sent")
    assert told == expected(states)
    assert not Team.open(name, root=tmp_path).take_in()


@pytest.mark.parametrize("version", VERSIONS)
def test_several_who_look_at_once_tell_it_once(tmp_path: Path, version: str) -> None:
    states = writes(version)
    name = states[0][0].split("/")[1]
    for path, content in states:
        put(tmp_path, path, content)
    (tmp_path / "tasks" / name / "99.json").write_text('{"id": "99"')
    (tmp_path / "tasks" / name / "98.json").write_bytes(
        b'{"id":"98","subject":"","description":"","status":"in_progress","blocks":[],"blockedBy":["1","98"]}'
    )

    processes = [start("take_in", tmp_path, name, "20") for _ in range(4)]
    lines = [json.loads(line) for lines in go(processes) for line in lines]
    team = Team.open(name, root=tmp_path)
    assert sorted(lines) == [event.seq for event in team.journal.read()]
    told = [
        (event.type, event.task, event.data.get("name"), event.data.get("msg_id"), event.data.get("rule"))
        for event in team.journal.read()
    ]
    assert len(told) == len({*told})
    assert {kind for kind, *_ in told} >= {"task.imported", "member.found", "message.sent", "violation"}
    assert not team.take_in()


def stop(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=30)


def begin(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    assert process.stdout.readline() == "rewriting\n"


def test_a_file_rewritten_in_place_for_ever_is_never_read_torn_and_hides_no_neighbour(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path)
    for name in "abc":
        team.board.create(name, key=name)
    writer = start("rewrite_in_place", tmp_path)
    begin(writer)
    seen: Counter[str] = Counter()
    try:
        for _ in range(150):
            tasks = {task.id: task for task in team.board.list()}
            assert {"1", "3"} <= {*tasks}
            if "2" in tasks and tasks["2"].subject != "b":
                letter = tasks["2"].subject[0]
                assert tasks["2"].subject == letter * len(tasks["2"].subject)
                assert tasks["2"].description == letter * 20_000
                seen[letter] += 1
    finally:
        stop(writer)

    assert len(seen) > 1
    assert seen.total() > 30


def test_what_is_taken_in_while_another_program_rewrites_is_what_it_wrote(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path)
    for name in "abc":
        team.board.create(name, key=name)
    writer = start("rewrite_in_place", tmp_path)
    begin(writer)
    try:
        for _ in range(20):
            team.take_in()
    finally:
        stop(writer)

    edits = [event for event in team.journal.read() if event.type == "task.edited"]
    assert edits
    for event in edits:
        task = event.data["task"]
        assert task["description"] == task["subject"][0] * 20_000
    assert not [event for event in team.journal.read() if event.type.startswith("violation") and event.task != "2"]
