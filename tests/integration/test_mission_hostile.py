"""Missions whose agents, or whose user, do what they should not: nothing is called done that is not."""

import errno
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.team import Team
from tests.support.missions import (
    Ran,
    events_of,
    git,
    journal_of,
    make_repository,
    onecontext,
    plan,
    quote,
    says,
    start_onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.yes import YES_A, A

ONE = plan(
    [A],
    [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}],
)
TO_BE_JUDGED = plan(
    [{"id": "VAL-A-001", "text": "a", "judge": "look"}, {"id": "VAL-B-001", "text": "b", "judge": "look"}],
    [
        {"key": "a", "subject": "A", "assertions": ["VAL-A-001"]},
        {"key": "b", "subject": "B", "after": ["a"], "assertions": ["VAL-B-001"]},
    ],
)
SEEN = (
    verdict(quotes=[quote("VAL-A-001", "a.txt", 1, "yes")], task="a"),
    verdict(quotes=[quote("VAL-B-001", "b.txt", 1, "yes")], task="b"),
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"a.txt": "?\n", "b.txt": "?\n", "onecontext.toml": "[run]\npivots = 0\n"}
    return make_repository(tmp_path / "repository", files)


def run(repository: Path, conversations: list[dict[str, Any]], *options: str) -> Ran:
    script = write_script(repository.parent, conversations)
    return onecontext(repository, "run", "Say yes", "--model", script, "--json", *options)


def worker(*turns: tuple[str, dict[str, Any]] | str) -> dict[str, Any]:
    """Return a worker with one call, or one text, a turn."""
    said = [
        {"say": turn} if isinstance(turn, str) else {"call": [{"tool": turn[0], "args": turn[1]}]} for turn in turns
    ]
    return {"role": "worker", "turns": said}


def when(repository: Path, moment: str, act: Callable[[], object]) -> threading.Thread:
    """Do something as soon as the journal tells of ``moment``."""

    def wait() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            journals = list((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl"))
            if journals and f'"type":"{moment}"' in journals[0].read_text():
                act()
                return
            time.sleep(0.005)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def mission_branch(repository: Path) -> str:
    return git(repository, "for-each-ref", "--format=%(refname)", "refs/heads/onecontext")


# --- what is measured ------------------------------------------------------------------------------------------------


def test_a_command_cannot_mend_what_the_next_one_looks_at(repository: Path) -> None:
    two = plan(
        [
            {"id": "VAL-A-001", "text": "it runs", "command": "bash check.sh"},
            {"id": "VAL-A-002", "text": "b says yes", "command": says("yes", "b.txt")},
        ],
        [{"key": "a", "subject": "A", "assertions": ["VAL-A-001", "VAL-A-002"]}],
    )
    forger = work("a", ("write_file", {"path": "check.sh", "text": "echo yes > b.txt\n"}))

    ran = run(repository, [two, forger, verdict()], "--max-attempts", "1")

    assert ran.code == 10
    assert "VAL-A-002" in ran.data["reason"]


def test_work_that_was_taken_off_the_branch_is_not_done(repository: Path) -> None:
    slow = work("b", ("run", {"command": "sleep 3; echo yes > b.txt"}))
    when(repository, "task.completed", lambda: git(repository, "update-ref", mission_branch(repository), "main"))

    ran = run(repository, [TO_BE_JUDGED, work("a", YES_A), slow, *SEEN])

    assert ran.code == 10
    assert "no longer holds" in ran.data["reason"]


def test_what_somebody_outside_calls_done_is_not_done_where_nobody_showed_it(repository: Path) -> None:
    def forge() -> None:
        team = Team.open(journal_of(repository).team, root=repository / ".onecontext")
        team.join("outsider")
        team.board.submit("1", "worker-1", 1, evidence={})
        team.board.complete("1", "outsider", {"quotes": []})

    slow = work("a", ("run", {"command": "sleep 2"}))
    when(repository, "task.claimed", forge)

    ran = run(repository, [TO_BE_JUDGED, slow, work("b", ("run", {"command": "echo yes > b.txt"})), *SEEN])

    assert ran.code == 10, ran.stderr
    assert "VAL-A-001 of task 1" in ran.data["reason"]
    assert "VAL-B-001" not in ran.data["reason"]


def test_a_branch_that_is_checked_out_interrupts_and_resume_finishes(repository: Path) -> None:
    slow = work("b", ("run", {"command": "sleep 3; echo yes > b.txt"}))
    short = mission_branch
    when(
        repository,
        "task.completed",
        lambda: git(repository, "checkout", "--quiet", short(repository).removeprefix("refs/heads/")),
    )

    ran = run(repository, [TO_BE_JUDGED, work("a", YES_A), slow, *SEEN])
    git(repository, "checkout", "--quiet", "main")
    resumed = onecontext(repository, "resume", "--json")

    assert ran.code == 2
    assert "checked out" in ran.stderr
    assert resumed.data["ending"] == "done"


# --- what an agent leaves and says -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plant", "clear"),
    [
        ("truncate -s 101M big", "rm big"),
        ("mkdir -p sub/.GIT; touch sub/.GIT/config", "rm -r sub"),
        ("p=.; for i in $(seq 80); do p=$p/d; done; mkdir -p $p; touch $p/file", "rm -r d"),
    ],
)
def test_what_cannot_be_committed_is_told_to_the_agent_who_mends_it(repository: Path, plant: str, clear: str) -> None:
    done = ("finish", {"summary": "did it"})
    mending = worker(YES_A, ("run", {"command": plant}), done, ("run", {"command": clear}), done)

    ran = run(repository, [ONE, mending, verdict()])

    assert ran.code == 0, ran.stderr
    told = [event.data["output"] for event in events_of(repository, "tool.result") if event.data["tool"] == "finish"]
    assert len(told) == 2
    assert told[0].startswith("error: UsageError")


def test_what_cannot_be_committed_costs_an_attempt_and_not_the_mission(repository: Path) -> None:
    stubborn = worker(YES_A, ("run", {"command": "truncate -s 101M big"}), "I am \0 done.")

    ran = run(repository, [ONE, stubborn, verdict()], "--max-attempts", "1")

    assert ran.code == 10
    (submitted,) = events_of(repository, "task.submitted")
    handoff = submitted.data["task"]["metadata"]["onecontext"]["evidence"]["handoff"]
    assert "big" in handoff["undone"][1]


@pytest.mark.parametrize("said", ["a\0b", "x" * 20_001])
def test_what_no_file_can_carry_is_told_to_the_agent(repository: Path, said: str) -> None:
    speaker = worker(
        YES_A,
        ("remember", {"text": said}),
        ("message", {"to": "team-lead", "text": said}),
        ("finish", {"summary": said}),
        ("finish", {"summary": "did it"}),
    )
    judge: dict[str, Any] = {
        "role": "validator",
        "turns": [
            {"call": [{"tool": "give_verdict", "args": {"accept": False, "findings": [said]}}]},
            {"call": [{"tool": "give_verdict", "args": {"accept": True}}]},
        ],
    }

    ran = run(repository, [ONE, speaker, judge])

    assert ran.code == 0, ran.stderr
    assert sum(not event.data["ok"] for event in events_of(repository, "tool.result")) == 4


# --- stopped ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["tool.intent", "verify.command"])
def test_a_mission_stopped_in_planning_or_review_rejects_nothing_and_goes_on(repository: Path, moment: str) -> None:
    pause = {"call": [{"tool": "run", "args": {"command": "sleep 1"}}]}
    planner, judge = {**ONE, "turns": [pause, *ONE["turns"]]}, verdict()
    judge["turns"].insert(0, pause)
    script = write_script(repository.parent, [planner, work("a", YES_A), judge])
    process = start_onecontext(repository, "run", "Say yes", "--model", script, "--max-attempts", "1")
    when(repository, moment, lambda: (time.sleep(0.3), process.send_signal(signal.SIGTERM)))

    code = process.wait(timeout=60)
    rejected = events_of(repository, "verdict.given")
    ran = onecontext(repository, "resume", "--json")

    assert code == 130
    assert rejected == []
    assert ran.data["ending"] == "done"


# --- what lies on disk -----------------------------------------------------------------------------------------------


def test_a_claim_of_somebody_outside_is_left_alone_until_its_lease_is_over(repository: Path) -> None:
    slow = worker(("run", {"command": "sleep 5"}), YES_A, ("finish", {"summary": "did it"}))
    script = write_script(repository.parent, [ONE, slow, verdict()])
    process = start_onecontext(repository, "run", "Say yes", "--model", script)
    when(repository, "tool.intent", lambda: None).join()
    wait_for_task(repository)
    process.kill()
    process.wait()
    team = Team.open(journal_of(repository).team, root=repository / ".onecontext")
    team.join("outsider")
    team.board.release("1", "worker-1", 1)
    held = team.board.claim("1", "outsider", lease_s=4)
    write_script(repository.parent, [ONE, work("a", YES_A), verdict()])

    early = onecontext(repository, "resume", "--json")
    team.board.renew("1", "outsider", held.epoch, lease_s=0.01)
    late = onecontext(repository, "resume", "--json")

    assert early.code == 10
    assert "running" in early.data["reason"]
    assert late.data["ending"] == "done"


def wait_for_task(repository: Path) -> None:
    deadline = time.monotonic() + 30
    while not events_of(repository, "task.claimed"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_error_after_the_handoff_is_told_as_it_was(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append = Journal.append

    def full(self: Journal, type: str, data: dict[str, Any], **where: Any) -> Event:  # noqa: A002
        if type == "attempt.ended" and data["outcome"] == "submitted" and where["agent"] == "worker-1":
            raise OSError(errno.ENOSPC, "No space left on device")
        return append(self, type, data, **where)

    monkeypatch.setattr(Journal, "append", full)
    ran = run(repository, [ONE, work("a", YES_A), verdict()])
    monkeypatch.undo()
    resumed = onecontext(repository, "resume", "--json")

    assert ran.code == 6
    assert "No space left" in ran.stderr
    assert resumed.data["ending"] == "done"
