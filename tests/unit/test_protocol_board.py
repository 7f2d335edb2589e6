import json
from pathlib import Path

import pytest

from onecontext.errors import (
    Conflict,
    DependencyCycle,
    InvalidName,
    InvalidTransition,
    NewerFormat,
    StaleEpoch,
    UnknownTask,
    UsageError,
)
from teams.engine.journal import Journal
from teams.protocol.board.board import Board
from teams.protocol.board.ledger import rebuild
from teams.protocol.board.moves import Change
from teams.protocol.board.states import Action, State
from teams.protocol.board.task import Task
from tests.support.crew import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def journal(tmp_path: Path, clock: HandClock) -> Journal:
    journal = Journal(tmp_path / "teams" / "crew" / "onecontext", team="crew", clock=clock)
    journal.folder.mkdir(parents=True)
    return journal


@pytest.fixture
def board(tmp_path: Path, journal: Journal, clock: HandClock) -> Board:
    return Board(tmp_path, "crew", journal, clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tasks" / "crew"


def of_type(journal: Journal, kind: str) -> list[dict[str, object]]:
    return [dict(event.data) for event in journal.read() if event.type == kind]


def test_a_new_task_lies_there_as_the_client_wants_it(board: Board, folder: Path) -> None:
    board.create("Fix", "the cart", key="fix", assertions=["VAL-A-001"], mission="m1")

    document = json.loads((folder / "1.json").read_text())
    ours = document["metadata"].pop("onecontext")
    assert document == {
        "id": "1",
        "subject": "Fix",
        "description": "the cart",
        "status": "pending",
        "blocks": [],
        "blockedBy": [],
        "metadata": {},
    }
    assert (ours["v"], ours["key"], ours["state"], ours["attempt"], ours["epoch"]) == (1, "fix", "ready", 0, 0)
    assert (folder / ".lock").read_text() == ""


def test_links_are_written_on_both_sides(board: Board) -> None:
    first = board.create("first", key="first")
    second = board.create("second", key="second", after=[first.id])

    assert board.get(first.id).blocks == (second.id,)
    assert second.blocked_by == (first.id,)
    assert (second.state, board.get(first.id).state) == (State.WAITING, State.READY)


def test_a_task_becomes_ready_when_the_last_it_comes_after_is_done(board: Board) -> None:
    first, second = board.create("1", key="a"), board.create("2", key="b")
    third = board.create("3", key="c", after=[first.id, second.id])

    _finish(board, first.id)
    assert board.get(third.id).state is State.WAITING
    with pytest.raises(InvalidTransition, match="waiting"):
        board.claim(third.id, "ann", lease_s=10)
    _finish(board, second.id)

    assert board.get(third.id).state is State.READY
    assert board.claim(third.id, "ann", lease_s=10).state is State.RUNNING


def test_a_claim_raises_the_epoch_and_begins_the_first_attempt(board: Board, folder: Path) -> None:
    board.create("t", key="t")
    task = board.claim("1", "ann", lease_s=10)

    assert (task.epoch, task.attempt, task.owner, task.author, task.status) == (1, 1, "ann", "ann", "in_progress")
    assert json.loads((folder / "1.json").read_text())["owner"] == "ann"


def test_the_second_claimer_loses_and_the_claim_stands(board: Board) -> None:
    board.create("t", key="t")
    claimed = board.claim("1", "ann", lease_s=10)

    with pytest.raises(Conflict, match="with ann"):
        board.claim("1", "bob", lease_s=10)

    assert board.get("1") == claimed


def test_when_the_lease_is_over_others_may_take_it_and_the_attempt_goes_on(board: Board, clock: HandClock) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)
    clock.forward(10.1)

    task = board.claim("1", "bob", lease_s=10)

    assert (task.epoch, task.attempt, task.owner) == (2, 1, "bob")


def test_a_renewed_lease_keeps_others_out(board: Board, clock: HandClock) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)
    clock.forward(9)
    board.renew("1", "ann", 1, lease_s=10)
    clock.forward(9)

    with pytest.raises(Conflict):
        board.claim("1", "bob", lease_s=10)


@pytest.mark.parametrize("verb", ["renew", "release", "submit", "ask"])
def test_what_comes_with_an_old_epoch_changes_nothing_and_is_recorded(
    board: Board, journal: Journal, clock: HandClock, verb: str
) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=1)
    clock.forward(2)
    taken = board.claim("1", "bob", lease_s=10)
    last = {"renew": 10.0, "release": "why", "submit": {}, "ask": "what?"}[verb]

    with pytest.raises(StaleEpoch, match="epoch 2"):
        getattr(board, verb)("1", "ann", 1, last)

    assert board.get("1") == taken
    violations = [event for event in journal.read() if event.type == "violation"]
    assert [(event.task, event.epoch, event.agent) for event in violations] == [("1", 1, "ann")]


def test_an_old_epoch_of_the_same_agent_is_refused_too(board: Board, clock: HandClock) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=1)
    clock.forward(2)
    board.claim("1", "ann", lease_s=10)

    with pytest.raises(StaleEpoch):
        board.submit("1", "ann", 1, {})


def test_a_writer_that_slept_while_its_lock_was_taken_over_changes_nothing(
    board: Board, folder: Path, journal: Journal, tmp_path: Path, clock: HandClock
) -> None:
    board.create("t", key="t")
    rival = Board(tmp_path, "crew", journal, clock)

    def sleep_through_a_takeover(task: Task) -> Change:
        (folder / "1.json.lock").rmdir()
        rival.claim("1", "bob", lease_s=10)
        return Change({"epoch": 1, "author": "ann"}, {"owner": "ann"})

    with pytest.raises(Conflict, match="same moment"):
        board._desk.act("1", Action.CLAIM, sleep_through_a_takeover, agent="ann")

    assert board.get("1").owner == "bob"
    assert [event.agent for event in journal.read() if event.type == "task.claimed"] == ["bob"]


def test_the_right_epoch_under_another_name_is_refused_too(board: Board) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)

    with pytest.raises(StaleEpoch, match="with ann, not with bob"):
        board.submit("1", "bob", 1, {})


def test_a_released_task_is_ready_and_keeps_its_attempt(board: Board, folder: Path) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)
    released = board.release("1", "ann", 1, "shutting down")

    assert (released.state, released.owner, released.reason) == (State.READY, None, "shutting down")
    assert "owner" not in json.loads((folder / "1.json").read_text())
    again = board.claim("1", "bob", lease_s=10)
    assert (again.attempt, again.epoch) == (1, 2)
    with pytest.raises(StaleEpoch):
        board.submit("1", "ann", 1, {})


def test_a_rejected_attempt_is_followed_by_the_next(board: Board) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)
    board.submit("1", "ann", 1, {"commit": "c1"})
    rejected = board.reject("1", "val", ["off by one"], {"checks": []})

    assert (rejected.state, rejected.verdict, rejected.owner) == (State.READY, "rejected", None)
    assert rejected.evidence == {"commit": "c1", "checks": [], "findings": ["off by one"]}
    again = board.claim("1", "ann", lease_s=10)
    assert (again.attempt, again.epoch, again.verdict) == (2, 2, None)


def test_an_accepted_attempt_is_done(board: Board) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)
    board.submit("1", "ann", 1, {"commit": "c1"})
    done = board.complete("1", "val", {"checked": True}, epoch=1)

    assert (done.state, done.status, done.verdict) == (State.DONE, "completed", "accepted")
    assert done.evidence == {"commit": "c1", "checked": True}
    with pytest.raises(Conflict, match="done already"):
        board.claim("1", "bob", lease_s=10)


@pytest.mark.parametrize("verb", ["complete", "reject"])
def test_nobody_judges_their_own_work(board: Board, verb: str) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)
    board.submit("1", "ann", 1, {})

    with pytest.raises(UsageError, match="may not judge"):
        getattr(board, verb)("1", "ann")

    assert board.get("1").state is State.REVIEW


def test_a_verdict_on_an_attempt_that_has_passed_is_refused(board: Board) -> None:
    board.create("t", key="t")
    for epoch in (1, 2):
        board.claim("1", "ann", lease_s=10)
        board.submit("1", "ann", epoch, {})
        if epoch == 1:
            board.reject("1", "val", ["no"])

    with pytest.raises(StaleEpoch):
        board.complete("1", "val", epoch=1)


def test_a_blocked_task_ends_the_claim_until_it_is_unblocked(board: Board) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)
    blocked = board.block("1", "needs a key")

    assert (blocked.state, blocked.status, blocked.owner, blocked.reason) == (
        State.BLOCKED,
        "pending",
        None,
        "needs a key",
    )
    with pytest.raises(StaleEpoch):
        board.submit("1", "ann", 1, {})
    assert board.unblock("1").state is State.READY


def test_a_question_holds_the_task_until_it_is_answered(board: Board) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)

    assert board.ask("1", "ann", 1, "which one?").status == "in_progress"
    assert board.answer("1", "person", "the first").state is State.RUNNING
    assert board.submit("1", "ann", 1, {}).state is State.REVIEW


def test_a_reopened_task_is_a_new_attempt_and_its_dependents_wait_again(board: Board) -> None:
    board.create("t", key="t")
    board.create("u", key="u", after=["1"])
    _finish(board, "1")
    board.reopen("1", "it broke")

    assert board.get("2").state is State.WAITING
    assert board.claim("1", "ann", lease_s=10).attempt == 2


def test_a_deleted_task_frees_those_behind_it_and_its_number_is_not_used_again(board: Board, folder: Path) -> None:
    board.create("t", key="t")
    board.create("u", key="u", after=["1"])
    board.delete("1")

    assert [(task.id, task.state, task.blocked_by) for task in board.list()] == [("2", State.READY, ())]
    assert (folder / ".highwatermark").read_text() == "1"
    board.delete("2")
    assert board.create("v", key="v").id == "3"


def test_a_task_somebody_has_is_not_deleted(board: Board) -> None:
    board.create("t", key="t")
    board.claim("1", "ann", lease_s=10)

    with pytest.raises(InvalidTransition):
        board.delete("1")


def test_a_cycle_is_refused_with_its_path_and_nothing_is_written(board: Board) -> None:
    board.create("a", key="a")
    board.create("b", key="b", after=["1"])
    board.create("c", key="c", after=["2"])

    with pytest.raises(DependencyCycle, match="1 → 3 → 2 → 1"):
        board.link("1", "3")

    assert board.get("1").blocked_by == ()


def test_a_link_made_later_counts(board: Board) -> None:
    board.create("a", key="a")
    board.create("b", key="b")
    board.link("1", "2")

    assert (board.get("1").state, board.get("2").blocks) == (State.WAITING, ("1",))


def test_a_key_is_there_once_in_a_mission(board: Board) -> None:
    board.create("a", key="a", mission="m1")
    board.create("a", key="a", mission="m2")

    with pytest.raises(Conflict, match="key 'a' already"):
        board.create("again", key="a", mission="m1")
    assert board.by_key("a", mission="m2").id == "2"


def test_what_does_not_exist_is_said_with_what_does(board: Board) -> None:
    with pytest.raises(UnknownTask):
        board.claim("1", "ann", lease_s=1)
    board.create("a", key="a")

    with pytest.raises(UnknownTask, match="there are 1"):
        board.get("7")
    with pytest.raises(UnknownTask):
        board.get("../../secret")
    with pytest.raises(UnknownTask):
        board.create("b", key="b", after=["7"])
    with pytest.raises(UnknownTask):
        board.by_key("nope")
    with pytest.raises(InvalidName):
        board.create("b", key="Not A Key")


@pytest.mark.parametrize("garbage", [b"", b'{"id": "2", "sub', b'{"id": 2}', b"[]", b"\xff\xfe", b'{"id": "9"}'])
def test_a_garbled_file_is_reported_and_its_neighbours_are_read(board: Board, folder: Path, garbage: bytes) -> None:
    board.create("a", key="a")
    board.create("c", key="c")
    (folder / "2.json").write_bytes(garbage)

    assert [task.id for task in board.list()] == ["1"]
    assert [problem.path.name for problem in board.problems] == ["2.json"]
    (folder / "2.json").unlink()
    board.list()
    assert board.problems == ()


def test_who_comes_after_a_garbled_task_waits(board: Board, folder: Path) -> None:
    board.create("a", key="a")
    board.create("b", key="b", after=["1"])
    (folder / "1.json").write_text("{")

    assert [task.state for task in board.list()] == [State.WAITING]
    assert board.get("2").state is State.WAITING


def test_a_symlink_and_a_pipe_are_problems_not_traps(board: Board, folder: Path, tmp_path: Path) -> None:
    import os

    board.create("a", key="a")
    (tmp_path / "real.json").write_text((folder / "1.json").read_text())
    (folder / "2.json").symlink_to(tmp_path / "real.json")
    os.mkfifo(folder / "3.json")

    assert [task.id for task in board.list()] == ["1"]
    assert len(board.problems) == 2


def test_a_newer_task_is_refused_without_writing(board: Board, folder: Path) -> None:
    board.create("a", key="a")
    document = json.loads((folder / "1.json").read_text())
    document["metadata"]["onecontext"]["v"] = 2
    (folder / "1.json").write_text(json.dumps(document))

    with pytest.raises(NewerFormat):
        board.claim("1", "ann", lease_s=1)
    assert json.loads((folder / "1.json").read_text()) == document


# --- the journal and the files ------------------------------------------------------------------------------------


def test_after_a_crash_between_journal_and_file_the_journal_counts(
    board: Board, folder: Path, clock: HandClock
) -> None:
    board.create("t", key="t")
    before = (folder / "1.json").read_bytes()
    board.claim("1", "ann", lease_s=10)
    (folder / "1.json").write_bytes(before)

    with pytest.raises(Conflict, match="with ann"):
        board.claim("1", "bob", lease_s=10)
    assert board.get("1").owner == "ann"


def test_a_completion_that_never_reached_the_file_still_frees_those_behind_it(
    board: Board, folder: Path, journal: Journal, tmp_path: Path, clock: HandClock
) -> None:
    board.create("t", key="t")
    board.create("u", key="u", after=["1"])
    board.claim("1", "ann", lease_s=10)
    board.submit("1", "ann", 1, {})
    before = (folder / "1.json").read_bytes()
    board.complete("1", "val")
    (folder / "1.json").write_bytes(before)

    fresh = Board(tmp_path, "crew", journal, clock)
    assert fresh.claim("2", "bob", lease_s=10).state is State.RUNNING


def test_a_creation_that_never_reached_its_file_is_made_good(board: Board, folder: Path) -> None:
    board.create("t", key="t")
    (folder / "1.json").unlink()

    assert board.repair() == ["task 1 was missing; written anew from the journal"]
    assert board.by_key("t").id == "1"
    (folder / "1.json").unlink()
    assert board.create("u", key="u").id == "2"
    assert board.by_key("t").id == "1"


def test_repair_writes_garbled_and_older_files_anew_and_keeps_the_bytes(
    board: Board, folder: Path, journal: Journal
) -> None:
    board.create("a", key="a")
    board.create("b", key="b")
    old = (folder / "2.json").read_bytes()
    board.claim("2", "ann", lease_s=10)
    (folder / "1.json").write_bytes(b"{garbled")
    (folder / "2.json").write_bytes(old)

    assert len(board.repair()) == 2
    assert _files(folder) == rebuild(journal)
    assert [path.read_bytes() for path in (journal.folder / "garbled").iterdir()] == [b"{garbled"]
    assert board.repair() == []


def test_a_garbled_task_can_still_be_claimed_and_the_garbling_is_recorded(
    board: Board, folder: Path, journal: Journal
) -> None:
    board.create("a", key="a")
    (folder / "1.json").write_bytes(b"{")

    assert board.claim("1", "ann", lease_s=10).subject == "a"
    assert [event["path"] for event in of_type(journal, "foreign.write")] == ["tasks/crew/1.json"]


def test_a_deletion_by_another_program_is_recorded_not_undone(board: Board, folder: Path, journal: Journal) -> None:
    board.create("a", key="a")
    (folder / "1.json").unlink()
    (folder / ".highwatermark").write_text("1")

    assert board.repair() == ["task 1 was deleted by another program"]
    assert board.list() == []
    assert rebuild(journal) == {}


def test_words_of_another_program_stand_but_states_do_not(board: Board, folder: Path, journal: Journal) -> None:
    board.create("a", key="a")
    board.claim("1", "ann", lease_s=10)
    document = json.loads((folder / "1.json").read_text())
    document |= {"subject": "clearer", "status": "completed", "owner": "mallory", "activeForm": "Clearing"}
    document["metadata"]["theirs"] = {"kept": True}
    (folder / "1.json").write_text(json.dumps(document, indent=2))

    task = board.submit("1", "ann", 1, {})

    assert (task.subject, task.owner, task.status, task.active_form) == ("clearer", "ann", "in_progress", "Clearing")
    assert json.loads((folder / "1.json").read_text())["metadata"]["theirs"] == {"kept": True}
    assert of_type(journal, "foreign.write")[0]["what"] == "changed: activeForm, metadata, owner, status, subject"
    assert _files(folder) == rebuild(journal)


def test_a_task_of_another_program_can_be_claimed_and_keeps_what_is_theirs(board: Board, folder: Path) -> None:
    folder.mkdir(parents=True)
    theirs = {"id": "4", "subject": "s", "description": "d", "status": "pending", "blocks": [], "blockedBy": []}
    (folder / "4.json").write_text(json.dumps(theirs | {"unknown": {"x": 1}}, indent=2))

    assert board.list()[0].is_foreign
    task = board.claim("4", "ann", lease_s=10)

    assert (task.owner, task.key, task.epoch) == ("ann", "task-4", 1)
    assert json.loads((folder / "4.json").read_text())["unknown"] == {"x": 1}


def test_a_task_that_another_program_gave_to_somebody_is_left_to_them(board: Board, folder: Path) -> None:
    folder.mkdir(parents=True)
    theirs = {"id": "4", "subject": "s", "description": "d", "status": "pending", "blocks": [], "blockedBy": []}
    (folder / "4.json").write_text(json.dumps(theirs | {"owner": "exta"}))

    with pytest.raises(Conflict, match="meant for exta"):
        board.claim("4", "ann", lease_s=10)


def test_each_event_carries_the_whole_task_and_where_it_came_from(board: Board, journal: Journal) -> None:
    board.create("t", key="t", mission="m")
    board.claim("1", "ann", lease_s=10)

    event = list(journal.read())[-1]
    assert (event.type, event.task, event.attempt, event.epoch) == ("task.claimed", "1", 1, 1)
    assert (event.agent, event.mission) == ("ann", "m")
    assert (event.data["from"], event.data["to"]) == ("ready", "running")
    assert event.data["task"]["metadata"]["onecontext"]["rev"] == 2


def test_a_secret_is_neither_in_the_file_nor_in_the_journal(board: Board, folder: Path, journal: Journal) -> None:
    secret = "ghp_" + "A1b2C3d4E5f6" * 3
    board.create("t", f"use {secret}", key="t")

    assert secret not in (folder / "1.json").read_text()
    assert _files(folder) == rebuild(journal)


def _finish(board: Board, task_id: str) -> None:
    task = board.claim(task_id, "ann", lease_s=10)
    board.submit(task_id, "ann", task.epoch, {})
    board.complete(task_id, "val")


def _files(folder: Path) -> dict[str, object]:
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
