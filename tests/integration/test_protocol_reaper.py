"""Who is dead, who is slow, and what becomes of what they held: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from onecontext.errors import Conflict, StaleEpoch
from teams.engine.processes import ProcessId, Where, descendants, here, runs, this_process
from teams.protocol import heartbeat
from teams.protocol.board.states import State
from teams.protocol.heartbeat import Life
from teams.protocol.team import Team
from tests.support.locks import till

HOLDER = """
import subprocess, sys, time
from teams.protocol.team import Team
root, name, lease_s, child = sys.argv[1:]
team = Team.open("crew", root=root)
with team.hearts.beating(name, every_s=0.1):
    if child == "child":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        team.beat(name)
    task = team.board.claim("1", name, lease_s=float(lease_s))
    print("claimed", flush=True)
    sys.stdin.readline()
    try:
        print(team.board.submit("1", name, task.epoch, {"from": "the past"}).state, flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
"""


FORGED = [
    json.dumps(
        {"v": 1, "pid": pid, "started": started, "boot": here().boot, "space": here().space, "children": children}
    )
    .replace("Infinity", "1e999")
    .encode()
    for pid, started, children in [(-1, 1, []), (0.5, "x", []), (2**22 - 1, 1, [[-5, 1]])]
]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path)
    for name in ("ann", "bob"):
        team.join(name)
    team.join("val", role="validator")
    team.board.create("t", key="t")
    return team


@contextmanager
def holder(
    team: Team, name: str = "ann", *, lease_s: float = 60, child: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """Have another process claim task 1, beat for it, and submit it when it gets a line."""
    words = [str(team.root), name, str(lease_s), "child" if child else "-"]
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdin is not None and not process.stdin.closed:
            process.communicate()


def events(team: Team, kind: str) -> list[tuple[str | None, str]]:
    return [(event.agent, event.data.get("reason", "")) for event in team.journal.read() if event.type == kind]


def test_what_a_killed_process_held_is_free_at_once_within_its_lease(team: Team) -> None:
    with holder(team) as process:
        assert team.board.reap() == []
        with pytest.raises(Conflict, match="with ann"):
            team.board.claim("1", "bob", lease_s=60)
        process.kill()
        process.wait()

        (freed,) = team.board.reap()

        assert (freed.state, freed.owner) == (State.READY, None)
        assert events(team, "task.reaped") == [(None, f"the process of ann ({process.pid}) is gone")]
        assert team.board.reap() == []
        assert team.board.claim("1", "bob", lease_s=60).epoch == 2


def test_what_a_slow_one_holds_stays_with_it_past_its_lease(team: Team) -> None:
    with holder(team, lease_s=0.01) as process:
        assert team.board.reap() == []
        with pytest.raises(Conflict, match="with ann"):
            team.board.claim("1", "bob", lease_s=60)
        assert team.pulse("ann").life is Life.ALIVE

        out, _ = process.communicate("go on\n")

        assert out == "review\n"


def test_a_stopped_one_past_its_lease_loses_it_and_its_late_word_is_refused_and_recorded(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "SILENT_S", 0.5)
    with holder(team, lease_s=0.3) as process:
        os.kill(process.pid, signal.SIGSTOP)
        till(lambda: team.pulse("ann").life is Life.SILENT)

        (freed,) = team.board.reap()
        taken = team.board.claim("1", "bob", lease_s=60)
        os.kill(process.pid, signal.SIGCONT)
        out, _ = process.communicate("go on\n")

        assert "ann is over" in str(freed.reason)
        assert out == "StaleEpoch\n"
        assert (taken.epoch, team.board.get("1").owner) == (2, "bob")
        assert [(e.epoch, e.agent) for e in team.journal.read() if e.type == "violation"] == [(1, "ann")]


def test_a_stopped_one_within_its_lease_is_left_alone(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "SILENT_S", 0.3)
    with holder(team) as process:
        os.kill(process.pid, signal.SIGSTOP)
        till(lambda: team.pulse("ann").life is Life.SILENT)

        assert team.board.reap() == []
        with pytest.raises(Conflict, match="with ann"):
            team.board.claim("1", "bob", lease_s=60)


def test_who_was_killed_and_left_a_child_at_work_keeps_the_task_for_its_lease(team: Team) -> None:
    with holder(team, lease_s=1.0, child=True) as process:
        (child,) = descendants(_id_of(process.pid))
        process.kill()
        process.wait()

        assert team.pulse("ann").life is Life.ORPHANED
        assert team.board.reap() == []
        till(lambda: team.board.reap() != [])
        assert "orphaned" in events(team, "task.reaped")[0][1]
        os.kill(child.pid, signal.SIGKILL)
        till(lambda: team.pulse("ann").life is Life.GONE)


def test_a_heartbeat_from_before_the_claim_condemns_nobody(team: Team) -> None:
    with holder(team) as process:
        process.kill()
        process.wait()
    team.board.reap()
    # Another process of that name, which does not beat, takes it: the dead one's last beat says nothing of it.
    team.board.claim("1", "ann", lease_s=60)

    assert team.pulse("ann").life is Life.GONE
    assert team.board.reap() == []


def test_a_dead_validator_loses_the_review_and_the_work_stays(team: Team) -> None:
    team.board.submit("1", "bob", team.board.claim("1", "bob", lease_s=60).epoch, {})
    with pytest.raises(Exception, match="bob did the newest attempt"):
        team.board.inspect("1", "bob", lease_s=60)
    team.board.inspect("1", "val", lease_s=0.01)
    with pytest.raises(Conflict, match="judged by val"):
        team.board.complete("1", "team-lead")

    till(lambda: team.board.reap() != [])

    task = team.board.get("1")
    assert (task.state, task.ours.reviewer, task.author) == (State.REVIEW, None, "bob")
    assert team.board.complete("1", "team-lead").state is State.DONE


def test_who_ends_in_order_leaves_no_heartbeat(team: Team) -> None:
    with team.beating("ann"):
        pulse = team.pulse("ann")
        assert (pulse.life, pulse.pid) == (Life.ALIVE, os.getpid())
    assert team.pulse("ann").life is Life.UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"pid": "x"}',
        b'{"pid": 1}',
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"pid": 1e999, "started": 1}',
        *FORGED,
    ],
)
def test_a_heartbeat_that_says_nothing_readable_says_nothing(team: Team, content: bytes) -> None:
    path = team.journal.folder / "heartbeat" / "ann"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)

    assert team.pulse("ann").life is Life.UNKNOWN
    path.unlink()
    os.mkfifo(path)
    assert team.pulse("ann").life is Life.UNKNOWN


def test_a_number_that_is_used_again_is_another_process_and_another_machine_is_not_judged() -> None:
    me = this_process()

    assert runs(me, here()) is True
    assert runs(ProcessId(me.pid, me.started - 60), here()) is False
    assert runs(me, Where("another boot", here().space)) is None
    assert runs(ProcessId(2**22 - 1, 0.0), here()) is False


def test_of_many_reapers_one_frees(team: Team) -> None:
    with holder(team) as process:
        process.kill()
        process.wait()
    others = [Team.open("crew", root=team.root) for _ in range(4)]

    assert sum(len(other.board.reap()) for other in others) == 1
    with pytest.raises(StaleEpoch):
        team.board.submit("1", "ann", 1, {})


def _id_of(pid: int) -> ProcessId:
    import psutil

    return ProcessId(pid, psutil.Process(pid).create_time())
