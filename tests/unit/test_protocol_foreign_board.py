"""What another program does to task files: taken in once, and what breaks a rule told and left."""

import json
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import Conflict, UnknownTask
from teams.engine.event import Event
from teams.protocol.board.graph import cycles
from teams.protocol.board.ledger import rebuild
from teams.protocol.board.states import State
from teams.protocol.team import Team
from teams.protocol.wire import dumps
from tests.support.crew import HandClock

THEIRS = {"id": "1", "subject": "s", "description": "d", "status": "pending", "blocks": [], "blockedBy": []}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def team(tmp_path: Path, clock: HandClock) -> Team:
    return Team.create("crew", root=tmp_path, clock=clock)


def path(team: Team, task_id: str) -> Path:
    return team.root / "tasks" / "crew" / f"{task_id}.json"


def put(team: Team, task_id: str = "1", **fields: Any) -> None:
    path(team, task_id).write_text(dumps({**THEIRS, "id": task_id, **fields}))


def change(team: Team, task_id: str = "1", **fields: Any) -> None:
    document = json.loads(path(team, task_id).read_text())
    path(team, task_id).write_text(dumps({**document, **fields}))


def change_ours(team: Team, task_id: str = "1", **fields: Any) -> None:
    document = json.loads(path(team, task_id).read_text())
    document["metadata"]["onecontext"] |= fields
    path(team, task_id).write_text(dumps(document))


def told(team: Team) -> list[tuple[str, str]]:
    """Take in, see that a second time finds nothing, and return type and words of what was recorded."""
    events = team.board.take_in()
    assert not Team.open("crew", root=team.root, clock=HandClock()).board.take_in()
    return [(event.type, words(event)) for event in events]


def words(event: Event) -> str:
    return str(event.data.get("what", ""))


def violations(team: Team) -> list[str]:
    return [violation.what for violation in team.board.violations()]


def files(team: Team) -> dict[str, Any]:
    return {file.stem: json.loads(file.read_text()) for file in (team.root / "tasks" / "crew").glob("*.json")}


# --- what may stand ---------------------------------------------------------------------------------------------------


def test_a_task_of_another_program_is_imported_whole_and_its_changes_follow(team: Team) -> None:
    put(team, zeta=[1e21, -0.0], metadata={"_internal": True})
    assert told(team) == [("task.imported", "")]
    assert rebuild(team.journal) == files(team)

    change(team, status="in_progress", owner="x")
    assert told(team) == [("task.edited", "status from pending to in_progress, owner from nobody to x")]
    change(team, subject="new words", blocks=["9"])
    assert told(team) == [("task.edited", "blocks, subject")]
    change(team, status="completed")
    assert told(team) == [("task.edited", "status from in_progress to completed")]
    assert rebuild(team.journal) == files(team)
    assert violations(team) == []
    assert team.board.get("1").is_foreign


def test_taking_in_changes_no_file(team: Team) -> None:
    put(team, status="in_progress", blockedBy=["1"])
    put(team, "2", owner=None)
    before = {file: file.read_bytes() for file in (team.root / "tasks" / "crew").iterdir()}

    assert len(told(team)) == 3
    assert {file: file.read_bytes() for file in (team.root / "tasks" / "crew").iterdir()} == before


def test_a_task_that_another_program_took_away_is_gone_also_from_the_journal(team: Team) -> None:
    put(team)
    put(team, "2")
    assert len(told(team)) == 2
    path(team, "1").unlink()
    (team.root / "tasks" / "crew" / ".highwatermark").write_text("2")
    path(team, "2").unlink()

    assert [kind for kind, _ in told(team)] == ["task.deleted", "task.deleted"]
    assert rebuild(team.journal) == {}
    put(team)
    assert told(team) == [("task.imported", "")]
    assert rebuild(team.journal) == files(team)


def test_a_task_of_ours_that_was_deleted_by_the_clients_rule_is_gone_and_one_that_is_missing_is_not(team: Team) -> None:
    team.board.create("a", key="a")
    team.board.create("b", key="b")
    path(team, "1").unlink()
    assert told(team) == []
    assert team.board.repair() == ["task 1 was missing; written anew from the journal"]

    path(team, "1").unlink()
    (team.root / "tasks" / "crew" / ".highwatermark").write_text("1")
    assert [kind for kind, _ in told(team)] == ["task.deleted"]
    assert [*rebuild(team.journal)] == ["2"]


def test_words_of_others_in_a_task_of_ours_stand_and_are_told_once(team: Team) -> None:
    team.board.create("a", key="a")
    change(team, subject="theirs", description="too", owner="x", zeta=1)

    assert told(team) == [("task.edited", "owner from nobody to x, description, subject, zeta")]
    assert rebuild(team.journal) == files(team)
    with pytest.raises(Conflict):
        team.board.claim("1", "ann", lease_s=5)
    claimed = team.board.claim("1", "x", lease_s=5)
    assert (claimed.subject, claimed.epoch) == ("theirs", 1)
    assert told(team) == []
    assert [event.type for event in team.journal.read()].count("foreign.write") == 0


def test_a_verb_on_an_imported_task_makes_it_ours(team: Team) -> None:
    put(team)
    told(team)

    claimed = team.board.claim("1", "ann", lease_s=5)
    assert (claimed.state, claimed.epoch, claimed.is_foreign) == (State.RUNNING, 1, False)
    assert told(team) == []
    assert rebuild(team.journal) == files(team)


def test_a_verb_takes_in_what_the_client_did_since_the_last_look(team: Team) -> None:
    put(team)
    told(team)
    change(team, status="in_progress", owner="x")

    with pytest.raises(Conflict, match="with x"):
        team.board.claim("1", "ann", lease_s=5)


def test_a_secret_in_another_programs_task_is_not_told_for_ever(team: Team) -> None:
    secret = "ghp_" + "A1b2C3d4E5f6" * 3
    put(team, description=f"use {secret}")

    assert told(team) == [("task.imported", "")]
    assert secret in path(team, "1").read_text()
    assert secret not in team.journal.path.read_text()


# --- what breaks a rule -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"owner": None}, "its owner is null"),
        ({"status": "done"}, "status"),
        ({"id": 1}, "id"),
        ({"id": "2"}, "holds a task with the id '2'"),
    ],
)
def test_a_task_that_the_client_does_not_see_is_told_once_and_until_it_is_right(
    team: Team, fields: dict[str, Any], what: str
) -> None:
    put(team, **fields)

    ((kind, words),) = told(team)
    assert kind == "violation"
    assert what in words
    assert what in violations(team)[0]
    put(team)
    assert [kind for kind, _ in told(team)] == ["task.imported", "violation.ended"]
    put(team, **fields)
    assert [kind for kind, _ in told(team)] == ["violation"]


@pytest.mark.parametrize("name", ["description", "blocks", "blockedBy"])
def test_a_task_without_what_the_client_needs_is_told(team: Team, name: str) -> None:
    path(team, "1").write_text(dumps({key: value for key, value in THEIRS.items() if key != name}))

    ((kind, words),) = told(team)
    assert kind == "violation"
    assert name in words


def test_a_garbled_file_that_stays_garbled_in_other_ways_is_one_violation(team: Team) -> None:
    path(team, "1").write_text("{")
    assert [kind for kind, _ in told(team)] == ["violation"]
    path(team, "1").write_text('{"a": 1,')
    assert told(team) == []


@pytest.mark.parametrize("ours", [True, False])
def test_a_blocked_task_that_was_started_is_told_until_its_blocker_is_done(team: Team, ours: bool) -> None:
    if ours:
        team.board.create("a", key="a")
        team.board.create("b", key="b", after=["1"])
    else:
        put(team)
        put(team, "2", blockedBy=["1"])
        told(team)
    change(team, "2", status="in_progress", owner="x")

    events = team.board.take_in()
    (violation,) = [event for event in events if event.type == "violation"]
    assert (violation.data["rule"], violation.data["what"]) == ("started", "started before #1 was done")
    assert (violation.task, violation.agent) == ("2", "x")
    assert told(team) == []
    assert violations(team) == ["started before #1 was done"]
    assert team.board.get("2").state is (State.WAITING if ours else State.RUNNING)
    change(team, "2", status="pending")
    assert ("violation.ended", "started before #1 was done") in told(team)
    assert violations(team) == []


@pytest.mark.parametrize("ours", [True, False])
def test_what_comes_after_a_task_that_is_done_or_gone_may_be_started(team: Team, ours: bool) -> None:
    put(team, "1", status="completed")
    put(team, "2", blockedBy=["1", "9"])
    if ours:
        team.board.block("2", "why")
        team.board.unblock("2")
    change(team, "2", status="in_progress")

    events = told(team)
    assert ("violation", "started before #1 was done") not in events
    assert violations(team) == (["started without a claim"] if ours else [])
    change(team, "1", status="in_progress")
    assert ("violation", "started before #1 was done") in told(team)
    change(team, "1", status="completed")
    assert ("violation.ended", "started before #1 was done") in told(team)


def test_who_was_overtaken_between_look_and_record_tells_nothing_twice(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(team)
    other = Team.open("crew", root=team.root, clock=HandClock()).board
    append = team.journal.append

    def overtaken(*arguments: Any, **named: Any) -> Event:
        monkeypatch.undo()
        # Another program removed our lock as a stale one while this process slept.
        path(team, "1").with_name("1.json.lock").rmdir()
        assert [event.type for event in other.take_in()] == ["task.imported"]
        return append(*arguments, **named)

    monkeypatch.setattr(team.journal, "append", overtaken)
    assert team.board.take_in() == []
    assert [event.type for event in team.journal.read()].count("task.imported") == 1


def test_a_task_that_stays_locked_is_left_for_the_next_time(team: Team) -> None:
    put(team, "1")
    put(team, "2", blockedBy=["2"])
    path(team, "1").with_name("1.json.lock").mkdir()

    assert [event.task for event in team.board.take_in()] == ["2", "2"]
    path(team, "1").with_name("1.json.lock").rmdir()
    assert told(team) == [("task.imported", "")]


def test_who_takes_a_task_that_another_holds_is_told_and_has_it_not(team: Team) -> None:
    team.board.create("a", key="a")
    held = team.board.claim("1", "ann", lease_s=5)
    change(team, owner="bob")

    assert told(team) == [("violation", "taken by bob, while ann holds it")]
    assert team.board.get("1").owner == "ann"
    assert json.loads(path(team, "1").read_text())["owner"] == "bob"
    change(team, owner="cat")
    assert told(team) == [
        ("violation", "taken by cat, while ann holds it"),
        ("violation.ended", "taken by bob, while ann holds it"),
    ]
    team.board.renew("1", "ann", held.epoch, 5)
    assert told(team) == [("violation.ended", "taken by cat, while ann holds it")]
    assert rebuild(team.journal) == files(team)


@pytest.mark.parametrize(
    ("verbs", "fields", "what"),
    [
        ("", {"status": "in_progress"}, "started without a claim"),
        ("", {"status": "completed"}, "completed without a claim"),
        ("block", {"status": "in_progress"}, "started while it is blocked"),
        ("claim", {"status": "completed"}, "completed without review"),
        ("claim", {"status": "completed", "owner": "bob"}, "completed by bob, while ann holds it"),
        ("claim", {"status": "pending"}, "its status is pending, though it is running, and ann has it"),
        ("claim submit", {"status": "completed"}, "completed without review"),
        ("claim submit", {"owner": "bob"}, "given from ann to bob, though it is review"),
        ("claim submit complete", {"status": "pending"}, "its status is pending, though it is done"),
    ],
)
def test_a_status_that_the_journal_does_not_have_is_told_and_does_not_count(
    team: Team, verbs: str, fields: dict[str, str], what: str
) -> None:
    task = team.board.create("a", key="a")
    for verb in verbs.split():
        if verb == "claim":
            task = team.board.claim("1", "ann", lease_s=5)
        elif verb == "submit":
            task = team.board.submit("1", "ann", task.epoch, {})
        elif verb == "block":
            task = team.board.block("1", "why")
        else:
            task = team.board.complete("1", "val")
    change(team, **fields)

    assert ("violation", what) in told(team)
    assert team.board.get("1").state is task.state
    assert what in violations(team)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"epoch": 7}, "epoch from 1 to 7"),
        ({"rev": 40}, "rev from 2 to 40"),
        ({"lease_until": "2030-01-01T00:00:00Z"}, "lease_until from 2026-01-01T00:00:05Z to 2030-01-01T00:00:00Z"),
        ({"state": "done", "verdict": "accepted"}, "state from running to done, verdict from None to accepted"),
    ],
)
def test_what_is_ours_and_was_changed_by_another_is_told_and_does_not_count(
    team: Team, fields: dict[str, Any], what: str
) -> None:
    team.board.create("a", key="a")
    held = team.board.claim("1", "ann", lease_s=5)
    change_ours(team, **fields)

    assert told(team) == [("violation", f"metadata.onecontext was changed: {what}")]
    assert team.board.get("1").ours == held.ours
    assert [task.ours for task in team.board.list()] == [held.ours]
    team.board.submit("1", "ann", held.epoch, {})
    assert rebuild(team.journal) == files(team)


def test_what_is_ours_and_was_dropped_is_told(team: Team) -> None:
    team.board.create("a", key="a")
    team.board.claim("1", "ann", lease_s=5)
    change(team, metadata={"theirs": 1})

    assert told(team) == [("task.edited", "metadata"), ("violation", "metadata.onecontext is gone")]
    assert team.board.get("1").epoch == 1
    assert team.board.get("1").owner == "ann"


def test_what_nobody_of_ours_wrote_is_not_ours(team: Team) -> None:
    put(team, metadata={"onecontext": {"key": "forged", "state": "done", "verdict": "accepted", "epoch": 3}})

    assert [kind for kind, _ in told(team)] == ["task.imported", "violation"]
    task = team.board.get("1")
    assert (task.state, task.verdict, task.is_foreign) == (State.READY, None, True)
    assert "onecontext" not in rebuild(team.journal)["1"]["metadata"]


def test_a_task_that_needs_no_review_is_still_finished_by_its_holder_through_the_board(team: Team) -> None:
    team.board.create("a", key="a", review=False)
    team.board.claim("1", "ann", lease_s=5)
    change(team, status="completed")

    assert told(team) == [("violation", "completed past the board, and ann holds it")]
    assert team.board.get("1").state is State.RUNNING


def test_a_task_of_others_that_is_done_is_offered_to_nobody(team: Team) -> None:
    put(team, "1", status="completed")
    put(team, "2", status="in_progress", owner="x")
    put(team, "3")
    told(team)

    assert team.board._desk.copies.ledger.open_ids() == ["3"]


def test_who_deletes_what_another_holds_is_told(team: Team) -> None:
    team.board.create("a", key="a")
    held = team.board.claim("1", "ann", lease_s=5)
    path(team, "1").unlink()
    (team.root / "tasks" / "crew" / ".highwatermark").write_text("1")

    assert told(team) == [("task.deleted", ""), ("violation", "deleted while ann had it")]
    with pytest.raises(UnknownTask):
        team.board.submit("1", "ann", held.epoch, {})


def test_a_status_that_runs_backwards_is_told_unless_the_owner_gave_it_back(team: Team) -> None:
    put(team, status="in_progress", owner="x")
    told(team)
    put(team)
    assert [kind for kind, _ in told(team)] == ["task.edited"]
    put(team, status="completed")
    told(team)
    put(team, status="in_progress", owner="x")
    assert [kind for kind, _ in told(team)] == ["task.edited", "violation"]
    assert violations(team) == []


def test_tasks_that_wait_for_each_other_are_told_with_the_way(team: Team) -> None:
    team.board.create("a", key="a")
    put(team, "2", blockedBy=["1"])
    put(team, "3", blockedBy=["3"])
    change(team, blockedBy=["2"])

    kinds = told(team)
    assert ("violation", "tasks wait for each other: 1 → 2 → 1") in kinds
    assert ("violation", "comes after itself") in kinds
    change(team, blockedBy=[])
    assert ("violation.ended", "tasks wait for each other: 1 → 2 → 1") in told(team)
    assert violations(team) == ["comes after itself"]


def test_what_a_file_says_at_any_length_is_told_in_a_few_words(team: Team) -> None:
    team.board.create("a", key="a")
    team.board.claim("1", "ann", lease_s=5)
    change(team, owner="x" * 100_000)
    for number in range(2, 100):
        put(team, str(number), blockedBy=[str(number + 1 if number < 99 else 2)])

    events = [event for event in team.board.take_in() if event.type == "violation"]
    assert {event.data["rule"] for event in events} == {"taken", "cycle"}
    assert all(len(event.data["what"]) < 400 for event in events)
    assert all(event.agent is None for event in events)


def test_cycles_are_found_in_a_time_that_grows_with_the_links() -> None:
    chain = {str(n): [str(n + 1)] for n in range(30_000)}

    assert cycles(chain) == []
    assert [len(path) for path in cycles({**chain, "30000": ["0"]})] == [30_002]
    assert cycles({"a": ["b", "c"], "b": ["a"], "c": ["a"], "d": ["d", "a"]}) == [
        ["a", "b", "a"],
        ["a", "c", "a"],
        ["d", "d"],
    ]


def test_our_own_verbs_break_no_rule_and_are_not_told_twice(team: Team, clock: HandClock) -> None:
    team.board.create("a", key="a")
    team.board.create("b", key="b", after=["1"])
    assert told(team) == []
    task = team.board.claim("1", "ann", lease_s=5)
    clock.forward(9)
    assert told(team) == []
    task = team.board.claim("1", "bob", lease_s=5)
    team.board.submit("1", "bob", task.epoch, {"n": 1.0})
    assert told(team) == []
    team.board.complete("1", "val")
    team.board.delete("2")
    assert told(team) == []
    assert violations(team) == []


def test_an_older_copy_is_not_another_programs_doing(team: Team) -> None:
    team.board.create("a", key="a")
    before = path(team, "1").read_bytes()
    team.board.claim("1", "ann", lease_s=5)
    path(team, "1").write_bytes(before)

    assert told(team) == []
    assert violations(team) == []
    assert team.board.get("1").state is State.RUNNING
