"""What a long mission must not pay for each task: counts of what is recorded, held and synced, never times."""

import os
from pathlib import Path
from typing import Any

import pytest

from onecontext.store.objects import Objects
from teams.engine.journal import Journal
from teams.mission.attempt.past import Past
from teams.protocol.board.board import Board
from tests.support.memory import new_memory
from tests.support.missions import Ran, events_of, make_repository, onecontext, plan, verdict, work, write_script
from tests.support.searching import texts

KEYS = ("a", "b", "c", "d")
SAME = {"command": "test -f README.md"}
OLD = (1_000_000_000, 1_000_000_000)


def run(folder: Path, commands: dict[str, dict[str, Any]]) -> Ran:
    """Run a mission of four tasks, one behind the other; ``commands`` says by key how each is checked."""
    repository = make_repository(folder / "repository", {"README.md": "long\n"})
    ids = {key: f"VAL-{key.upper()}-001" for key in KEYS}
    assertions = [{"id": ids[key], "text": key, **commands[key]} for key in KEYS]
    after = dict(zip(KEYS[1:], KEYS, strict=False))
    tasks = [
        {"key": key, "subject": key, "assertions": [ids[key]], "after": [after[key]] if key in after else []}
        for key in KEYS
    ]
    workers = [work(key, ("write_file", {"path": f"{key}.txt", "text": "x\n"})) for key in KEYS]
    script = write_script(folder, [plan(assertions, tasks), *workers, verdict()])
    return onecontext(repository, "run", "Write four files", "--model", script, "--json")


def checked(folder: Path) -> dict[str, list[str]]:
    """Return tasks by key to the assertions in their evidence."""
    documents = [event.data["task"] for event in events_of(folder / "repository", "task.completed")]
    ours = [document["metadata"]["onecontext"] for document in documents]
    return {one["key"]: [check["assertion"] for check in one["evidence"]["checks"]] for one in ours}


def test_a_command_that_many_assertions_share_is_recorded_once_for_each_merge(tmp_path: Path) -> None:
    ran = run(tmp_path, dict.fromkeys(KEYS, SAME))

    assert ran.code == 0, ran.stderr
    measured = [event.task for event in events_of(tmp_path / "repository", "verify.command")]
    # One for each merge, and at the end each assertion of the contract.
    assert measured == ["1", "2", "3", "4", None, None, None, None]


def test_what_was_done_before_is_measured_and_is_no_evidence_of_a_task(tmp_path: Path) -> None:
    ran = run(tmp_path, {key: {"command": f"test -f {key}.txt"} for key in KEYS})

    assert ran.code == 0, ran.stderr
    measured = [event.data["command"] for event in events_of(tmp_path / "repository", "verify.command") if event.task]
    assert measured.count("test -f a.txt") == 4
    assert checked(tmp_path) == {key: [f"VAL-{key.upper()}-001"] for key in KEYS}


def test_a_task_is_held_once_and_not_again_for_its_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "teams" / "t" / "onecontext", team="t")
    journal.folder.mkdir(parents=True)
    board = Board(tmp_path, "t", journal)
    for number in range(20):
        board.create(f"task {number}", key=f"k{number}", mission="m")
    for path in (tmp_path / "tasks" / "t").glob("*.json"):
        os.utime(path, OLD)

    board.list()
    first, second = board.list(), board.list()

    assert len(second) == 20
    assert [id(task) for task in first] == [id(task) for task in second]
    recorded = [board._desk.copies.recorded(task.id) for task in second]
    assert all(task is known for task, known in zip(second, recorded, strict=True))


def test_a_board_that_nobody_changed_is_not_put_together_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "teams" / "t" / "onecontext", team="t")
    journal.folder.mkdir(parents=True)
    board = Board(tmp_path, "t", journal)
    for number in range(6):
        board.create(f"task {number}", key=f"k{number}", mission="m", after=["1"] if number else [])
    seen: list[str] = []
    view = board._desk.copies.view
    monkeypatch.setattr(board._desk.copies, "view", lambda task: (seen.append(task.id), view(task))[1])

    def looked_at() -> list[str]:
        for path in (tmp_path / "tasks" / "t").glob("*.json"):
            os.utime(path, OLD)
        board.list()  # what was changed a moment ago is read once more
        board.list()
        seen.clear()
        return [task.state for task in board.list()]

    states = looked_at()
    board.list().clear()
    assert seen == []
    assert states == ["ready", *["waiting"] * 5]

    path = tmp_path / "tasks" / "t" / "3.json"
    path.write_text(path.read_text().replace('"subject": "task 2"', '"subject": "by hand"'))
    assert [task.subject for task in board.list()][2] == "by hand"
    assert seen

    looked_at()
    with monkeypatch.context() as before_the_file:
        before_the_file.setattr(board._files, "write", lambda task_id, document: None)
        board.claim("1", "ann", lease_s=60)
        assert board.list()[0].owner == "ann"
    assert len(board.list()) == 6
    (tmp_path / "tasks" / "t" / "6.json").write_text("{")
    assert (len(board.list()), len(board.problems)) == (5, 1)
    board.list()
    assert len(board.problems) == 1


def test_a_file_that_another_program_put_in_another_order_keeps_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "teams" / "t" / "onecontext", team="t")
    journal.folder.mkdir(parents=True)
    board = Board(tmp_path, "t", journal)
    task = board.create("one", key="one", mission="m")
    path = tmp_path / "tasks" / "t" / f"{task.id}.json"
    path.write_text(path.read_text().replace('"subject": "one",', "").replace('"id"', '"subject": "one", "id"', 1))
    os.utime(path, OLD)

    board.list()
    board.claim(task.id, "ann", lease_s=60)

    assert path.read_text().lstrip("{ \n").startswith('"subject"')


def test_a_new_branch_of_the_memory_syncs_as_often_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = new_memory(tmp_path)
    synced: list[int] = []
    counts: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), real(descriptor))[1])

    for number in range(12):
        synced.clear()
        branch = memory.create_branch(f"b{number}", purpose="long")
        counts.append(len(synced))
        branch.commit(f"did {number}")
        memory.merge(f"b{number}")

    assert counts[1] == counts[-1]


def test_the_index_of_a_search_looks_at_as_many_folders_however_many_branches_were_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = new_memory(tmp_path)
    asked: list[str] = []
    counts: list[int] = []
    entry = Objects.entry
    monkeypatch.setattr(Objects, "entry", lambda self, tree, path: (asked.append(path), entry(self, tree, path))[1])

    for number in range(12):
        branch = memory.create_branch(f"b{number}", purpose="long")
        branch.step(f"saw {number}")
        branch.commit(f"did {number}")
        memory.merge(f"b{number}")
        memory.flush()
        asked.clear()
        assert f"Observation: saw {number}" in texts(memory, f"saw {number}", kind="step")
        counts.append(len(asked))

    assert counts[2] == counts[-1]


def test_the_newest_accepted_merge_and_the_last_review_are_followed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, team="t")
    past = Past(journal)
    where = {"task": "1", "attempt": 1}
    journal.append("mission.started", {"base": "c0"}, mission="m")

    assert past.accepted == "c0"
    assert past.review_of("1") is None

    journal.append("verdict.given", {"verdict": "rejected", "evidence": {"review": {"rounds": 1}}}, **where)
    journal.append("work.merged", {"commit": "c1"}, **where)

    assert past.accepted == "c1"
    assert past.review_of("1") == (1, {"rounds": 1})

    journal.append("verdict.given", {"verdict": "accepted", "evidence": {}}, task="1", attempt=2)

    assert past.review_of("1") is None


def test_a_served_board_has_no_newest_merge_of_its_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path, team="t")
    past = Past(journal)

    journal.append("mission.started", {"base": "c0", "serving": True}, mission="m")
    journal.append("work.merged", {"commit": "c1"}, task="1", attempt=1)

    assert past.accepted is None
