"""A mission in company: other programs write to its team, other processes hold its tasks, live, stop and die."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from teams.engine.event import Event
from teams.mission.attempt.withdrawal import Withdrawal
from teams.protocol.heartbeat import Life
from teams.protocol.mail.message import Message
from teams.protocol.team import Team
from tests.support.missions import (
    events_of,
    journal_of,
    make_repository,
    onecontext,
    plan,
    start_onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.waiting import until
from tests.support.yes import FIRST, YES_A, A

ASSERTIONS = [
    A,
    {"id": "VAL-B-001", "text": "b is there", "command": "test -e b.txt"},
]
SECOND = {"key": "second", "subject": "Leave b there", "assertions": ["VAL-B-001"]}
FOREIGN = """
import json, os, sys
tasks, what = sys.argv[1:]
def write(name, document):
    with open(f"{tasks}/.{name}.new", "w") as file:
        json.dump(document, file, indent=2)
    os.rename(f"{tasks}/.{name}.new", f"{tasks}/{name}")
if what == "steal":
    os.mkdir(f"{tasks}/1.json.lock")
    write("1.json", {**json.load(open(f"{tasks}/1.json")), "owner": "mallory"})
    os.rmdir(f"{tasks}/1.json.lock")
else:
    write("9.json", {"id": "9", "subject": what, "description": "", "status": "pending", "blocks": [], "blockedBy": []})
"""
"""Another program: it knows the files and their locks, and no journal."""
HOLDER = """
import sys
from teams.protocol.team import Team
root, name, task, lease_s = sys.argv[1:]
team = Team.open(Team.list(root)[0], root=root)
with team.beating(name):
    held = team.board.claim(task, name, lease_s=float(lease_s))
    print("claimed", flush=True)
    what = sys.stdin.readline().strip()
    if what == "submit":
        evidence = {"handoff": {"commit": "no-commit-of-this"}, "summary": 7}
        print(team.board.submit(task, name, held.epoch, evidence).state, flush=True)
    else:
        print(team.board.release(task, name, held.epoch, "let go").state, flush=True)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n", "b.txt": "?\n"})


def team_of(repository: Path) -> Team:
    return Team.open(journal_of(repository).team, root=repository / ".onecontext")


def seen(repository: Path, type_: str, **data: Any) -> list[Event]:
    """Return the events of a type with these data; none while there is no journal."""
    if not list((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl")):
        return []
    found = events_of(repository, type_)
    return [event for event in found if all(event.data.get(name) == value for name, value in data.items())]


def foreign(repository: Path, what: str) -> None:
    tasks = repository / ".onecontext" / "tasks" / journal_of(repository).team
    subprocess.run([sys.executable, "-c", FOREIGN, str(tasks), what], check=True)


@contextmanager
def running(repository: Path, *words: str) -> "Iterator[subprocess.Popen[bytes]]":
    process = start_onecontext(repository, *words)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def holder(repository: Path, root: Path, task: str, *, lease_s: float) -> "Iterator[subprocess.Popen[str]]":
    """Have a process outside the mission join its team as ``eve``, beat, and claim a task."""
    team_of(repository).join("eve")
    words = [str(repository / ".onecontext"), "eve", task, str(lease_s)]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate()


def test_what_another_program_does_while_it_runs_is_in_the_journal(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [plan(ASSERTIONS[:1], [FIRST]), work("first", YES_A, wait_s=9.0), verdict()])

    with running(repository, "run", "Say yes", "--model", script) as process:
        until(lambda: seen(repository, "attempt.started", role="worker"))
        foreign(repository, "another program's wish")
        foreign(repository, "steal")
        made = until(lambda: seen(repository, "task.imported"))
        stolen = until(lambda: seen(repository, "violation", rule="taken"))
        assert seen(repository, "task.submitted") == []  # it was told while the work went on
        assert process.wait(60) == 0

    assert (made[0].task, made[0].data["task"]["subject"]) == ("9", "another program's wish")
    assert (stolen[0].agent, stolen[0].task, len(seen(repository, "violation", rule="taken"))) == ("mallory", "1", 1)
    assert [event.cause for event in seen(repository, "violation.ended")] == [stolen[0].id]
    assert [event.agent for event in seen(repository, "task.submitted")] == ["worker-1"]
    assert seen(repository, "team.trouble") == []


def test_who_works_beats_and_who_ended_in_order_does_not(repository: Path, tmp_path: Path) -> None:
    slow = verdict()
    slow["turns"][0]["wait_s"] = 3.0
    script = write_script(tmp_path, [plan(ASSERTIONS[:1], [FIRST]), work("first", YES_A, wait_s=3.0), slow])

    with running(repository, "run", "Say yes", "--model", script) as process:
        until(lambda: seen(repository, "attempt.started", role="worker"))
        team = team_of(repository)
        worker, lead = team.pulse("worker-1"), team.pulse("team-lead")
        validator = until(lambda: (found := team.pulse("validator-1")).life is Life.ALIVE and found)
        assert process.wait(60) == 0

    assert {(pulse.life, pulse.pid) for pulse in (worker, lead, validator)} == {(Life.ALIVE, process.pid)}
    assert {team.pulse(name).life for name in ("worker-1", "team-lead", "validator-1")} == {Life.UNKNOWN}


@pytest.mark.parametrize("when", ["while others work", "when nothing else is left"])
def test_the_task_of_a_killed_process_is_freed_within_its_lease_and_done(
    repository: Path, tmp_path: Path, root: Path, when: str
) -> None:
    first = work("first", YES_A, wait_s=8.0)
    script = write_script(tmp_path, [plan(ASSERTIONS, [FIRST, SECOND]), first, work("second"), verdict()])

    with running(repository, "run", "Say yes", "--model", script, "--workers", "1") as process:
        until(lambda: seen(repository, "attempt.started", role="worker"))
        with holder(repository, root, "2", lease_s=3600) as eve:
            if when == "when nothing else is left":
                until(lambda: [event for event in seen(repository, "task.completed") if event.task == "1"])
                time.sleep(1.0)
                assert process.poll() is None, "it ended while eve was at work"
            eve.kill()
            eve.wait()
            (freed,) = until(lambda: seen(repository, "task.reaped"))
            if when == "while others work":
                assert seen(repository, "task.submitted") == []
            assert process.wait(60) == 0

    assert (freed.task, freed.data["reason"]) == ("2", f"the process of eve ({eve.pid}) is gone")
    assert [(e.agent, e.epoch) for e in seen(repository, "task.claimed") if e.task == "2"] == [
        ("eve", 1),
        ("worker-1", 2),
    ]
    assert seen(repository, "mission.ended")[-1].data["ending"] == "done"


def test_who_is_stopped_past_its_lease_and_beat_a_moment_ago_is_not_robbed(
    repository: Path, tmp_path: Path, root: Path
) -> None:
    first = work("first", YES_A, wait_s=8.0)
    script = write_script(tmp_path, [plan(ASSERTIONS, [FIRST, SECOND]), first, work("second"), verdict()])

    with running(repository, "run", "Say yes", "--model", script, "--workers", "1") as process:
        until(lambda: seen(repository, "attempt.started", role="worker"))
        with holder(repository, root, "2", lease_s=1) as eve:
            os.kill(eve.pid, signal.SIGSTOP)
            foreign(repository, "to see that somebody looks")
            until(lambda: seen(repository, "task.imported"))
            time.sleep(4.0)
            before = [(event.agent, event.epoch) for event in seen(repository, "task.claimed") if event.task == "2"]
            was_running = process.poll() is None
            os.kill(eve.pid, signal.SIGCONT)
            out, _ = eve.communicate("go on\n", timeout=20)
            assert process.wait(60) == 0

    assert was_running
    assert before == [("eve", 1)]
    assert out == "ready\n"
    assert seen(repository, "task.reaped") == []
    assert seen(repository, "mission.ended")[-1].data["ending"] == "done"


def test_what_a_member_from_outside_submits_is_judged_like_anybodys(
    repository: Path, tmp_path: Path, root: Path
) -> None:
    first = work("first", YES_A, wait_s=6.0)
    script = write_script(tmp_path, [plan(ASSERTIONS, [FIRST, SECOND]), first, work("second"), verdict()])

    with running(repository, "run", "Say yes", "--model", script, "--workers", "1") as process:
        until(lambda: seen(repository, "attempt.started", role="worker"))
        with holder(repository, root, "2", lease_s=60) as eve:
            out, _ = eve.communicate("submit\n", timeout=20)
            assert process.wait(60) == 0

    assert out == "review\n"
    (rejected,) = seen(repository, "verdict.given", verdict="rejected")
    assert (rejected.task, "names no commit" in rejected.data["findings"][0]) == ("2", True)
    assert seen(repository, "mission.ended")[-1].data["ending"] == "done"
    assert seen(repository, "team.trouble") == []


def test_a_resumed_mission_takes_in_first(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [plan(ASSERTIONS[:1], [FIRST]), work("first", YES_A, wait_s=60.0), verdict()])
    with running(repository, "run", "Say yes", "--model", script):
        until(lambda: seen(repository, "attempt.started", role="worker"))
    foreign(repository, "while nobody was there")
    foreign(repository, "steal")
    write_script(tmp_path, [plan(ASSERTIONS[:1], [FIRST]), work("first", YES_A), verdict()])

    ran = onecontext(repository, "resume", "--json")

    assert ran.data["ending"] == "done", ran.stderr
    (resumed,) = seen(repository, "mission.resumed")
    made, stolen = seen(repository, "task.imported")[0], seen(repository, "violation", rule="taken")[0]
    assert max(made.seq, stolen.seq) < resumed.seq
    assert "another program made #9 while nobody was there\n" in ran.stderr
    assert "violation: tasks/" in ran.stderr
    assert "no violation any more: tasks/" in ran.stderr


def test_what_cannot_be_done_for_the_team_is_recorded_once_and_the_mission_goes_on(
    repository: Path, tmp_path: Path
) -> None:
    onecontext(repository, "init")
    (repository / ".onecontext" / "onecontext").write_text("somebody's file, where a folder of ours would be")
    script = write_script(tmp_path, [plan(ASSERTIONS[:1], [FIRST]), work("first", YES_A), verdict()])

    ran = onecontext(repository, "run", "Say yes", "--model", script, "--json")

    assert ran.data["ending"] == "done"
    (trouble,) = seen(repository, "team.trouble")
    assert (trouble.agent, trouble.data["doing"]) == ("team-lead", "keep the journal")
    assert "is no folder of its own" in trouble.data["reason"]
    assert "could not keep the journal: Damaged: " in ran.stderr


def test_a_claim_that_was_handed_over_while_it_is_renewed_is_no_error(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "onecontext.toml").write_text("[run]\nlease_s = 1.5\n")
    script = write_script(tmp_path, [plan(ASSERTIONS[:1], [FIRST]), work("first", YES_A), verdict()])
    send = Team.send

    def slow(self: Team, to: str, text: str, **more: Any) -> Message:
        if to == "team-lead":
            time.sleep(1.2)  # the inbox of another program's lead is busy, and the renewal comes meanwhile
        return send(self, to, text, **more)

    monkeypatch.setattr(Team, "send", slow)
    ran = onecontext(repository, "run", "Say yes", "--model", script, "--json")

    assert ran.code == 0, ran.stderr
    assert ran.data["ending"] == "done"


def test_what_was_taken_from_a_worker_is_not_renewed_until_it_has_stopped_and_breaks_no_rule(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "onecontext.toml").write_text("[run]\nlease_s = 1.5\npivots = 0\n")
    slow = work("first", ("run", {"command": "sleep 4"}))
    script = write_script(tmp_path, [plan(ASSERTIONS[:1], [FIRST]), slow, verdict()])
    take_back = Withdrawal.set

    def late(self: Withdrawal) -> None:
        if not self.is_set():
            time.sleep(1.8)  # a worker takes its time to stop, and the renewal comes meanwhile
        take_back(self)

    monkeypatch.setattr(Withdrawal, "set", late)
    begun = threading.Thread(target=block_when_it_is_claimed, args=(repository,))
    begun.start()
    ran = onecontext(repository, "run", "Say yes", "--model", script, "--json")
    begun.join()

    assert ran.code == 10, ran.stderr
    assert "somebody must look" in ran.data["reason"]
    assert seen(repository, "violation") == []


def block_when_it_is_claimed(repository: Path) -> None:
    """Take the first task from its worker, as a person may."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        for path in repository.glob(".onecontext/teams/*/onecontext/journal.jsonl"):
            if '"task.claimed"' in path.read_text():
                team = Team.open(path.parents[1].name, root=repository / ".onecontext")
                team.board.block("1", reason="somebody must look", by="ann")
                return
        time.sleep(0.02)
