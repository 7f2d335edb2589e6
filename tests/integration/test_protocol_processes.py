"""Several real processes on one team: nothing is claimed twice, lost or torn."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from onecontext.errors import Conflict
from teams.engine.locks import mkdir_lock
from teams.protocol.board.ledger import rebuild
from teams.protocol.team import Team
from tests.support.crew import befriend, go, start

PROCESSES = 8


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team.create("crew", root=tmp_path)


def test_eight_processes_claim_each_task_once(team: Team, tmp_path: Path) -> None:
    for number in range(25):
        team.board.create(f"task {number}", key=f"t{number}")

    lines = go([start("claim_all", tmp_path, f"w{number}") for number in range(PROCESSES)])

    claims = [line for lines_of_one in lines for line in lines_of_one]
    assert sorted(claims) == sorted(f"{number} 1" for number in range(1, 26))
    assert sum(event.type == "task.claimed" for event in team.journal.read()) == 25
    files = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "tasks" / "crew").glob("*.json")}
    assert files == rebuild(team.journal)


def test_eight_writers_lose_nothing_and_readers_without_a_lock_see_no_half_file(team: Team, tmp_path: Path) -> None:
    for number in range(PROCESSES - 1):
        team.join(f"w{number}")
    team.join("ann")
    befriend(team, "zoe")
    folder = tmp_path / "teams" / "crew"
    done, reads, torn = threading.Event(), [0, 0], 0

    def read() -> None:
        nonlocal torn
        while not done.is_set():
            for number, pattern in enumerate(("../../teams/crew/inboxes/*.json", "*.json")):
                for path in (tmp_path / "tasks" / "crew").glob(pattern):
                    try:
                        json.loads(path.read_bytes())
                        reads[number] += 1
                    except FileNotFoundError:
                        continue
                    except ValueError:
                        torn += 1
            time.sleep(0.001)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    ours = [start("send_and_create", tmp_path, f"w{number}", "200") for number in range(PROCESSES - 1)]
    go([*ours, start("write_foreign", tmp_path, "stranger", "200", "zoe")], timeout_s=120)
    done.set()
    for reader in readers:
        reader.join()

    assert torn == 0
    assert min(reads) > 50
    entries = json.loads((folder / "inboxes" / "zoe.json").read_text())
    expected = {f"w{n} {i}" for n in range(PROCESSES - 1) for i in range(0, 200, 4)}
    assert sorted(e["text"] for e in entries) == sorted(expected | {f"stranger {i}" for i in range(200)})
    received = team.receive("ann")
    assert len(received) == 7 * 100
    for name in ("w0", "w6"):
        assert [m.text for m in received if m.sender == name] == [f"{name} {i}" for i in range(200) if i % 4 in (1, 2)]
    tasks = team.board.list()
    assert sorted(task.subject for task in tasks) == sorted(
        f"w{n} {i}" for n in range(PROCESSES - 1) for i in range(3, 200, 4)
    )
    assert sorted(int(task.id) for task in tasks) == list(range(1, 7 * 50 + 1))
    files = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "tasks" / "crew").glob("*.json")}
    assert files == rebuild(team.journal)
    team.acknowledge("ann", received[:100])
    assert len(team.receive("ann")) == 600


def test_the_directory_lock_keeps_processes_apart(tmp_path: Path) -> None:
    (tmp_path / "counter").write_text("0")
    # A dead holder's lock lies there: all of them see it stale, and only one may take it.
    (tmp_path / "counter.lock").mkdir()
    os.utime(tmp_path / "counter.lock", (0, 0))

    go([start("count_up", tmp_path, "40") for _ in range(4)])

    assert (tmp_path / "counter").read_text() == "160"


def test_a_claim_that_slept_past_its_lease_is_refused_and_recorded(team: Team, tmp_path: Path) -> None:
    team.board.create("t", key="t")
    sleeper = start("claim_and_sleep", tmp_path, "ann", "0.2")
    assert sleeper.stdin is not None
    assert sleeper.stdout is not None
    sleeper.stdout.readline()
    sleeper.stdin.write("go\n")
    sleeper.stdin.flush()
    assert sleeper.stdout.readline() == "claimed\n"
    os.kill(sleeper.pid, signal.SIGSTOP)
    with pytest.raises(Conflict):
        # Within its lease a sleeping holder is a holder like any other.
        team.board.claim("1", "bob", lease_s=10)
    time.sleep(0.3)

    taken = team.board.claim("1", "bob", lease_s=10)
    os.kill(sleeper.pid, signal.SIGCONT)
    out, _ = sleeper.communicate("go\n", timeout=20)

    assert out == "StaleEpoch\n"
    assert (taken.epoch, team.board.get("1").owner) == (2, "bob")
    assert [(event.epoch, event.agent) for event in team.journal.read() if event.type == "violation"] == [(1, "ann")]


def test_the_lock_of_a_killed_holder_is_taken_over_when_it_is_old(tmp_path: Path) -> None:
    holder = start("hold_lock", tmp_path)
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.stdin.write("go\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate()

    began = time.monotonic()
    with mkdir_lock(tmp_path / "file", wait_s=5, stale_after_s=0.5):
        waited_s = time.monotonic() - began

    assert 0 < waited_s < 4
    assert not (tmp_path / "file.lock").exists()
