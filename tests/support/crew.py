"""What tests of teams share: a clock that is set by hand, and processes that work in a team of their own accord.

Run as a program (``python -m tests.support.crew VERB ROOT …``) this file is one of those processes.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onecontext.errors import Conflict, OneContextError
from teams.engine.journal import Journal
from teams.engine.locks import mkdir_lock
from teams.protocol.team import Team
from teams.protocol.wire import dumps


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def start(verb: str, root: Path, *words: str) -> "subprocess.Popen[str]":
    """Start one process; its lines come on stdout, and it waits for a line on stdin before it begins."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.crew", verb, str(root), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def befriend(team: Team, name: str) -> None:
    """Put a member into the roster that another program runs."""
    config = team.folder / "config.json"
    document = json.loads(config.read_text())
    document["members"].append({"agentId": f"{name}@{team.name}", "name": name, "joinedAt": 5})
    config.write_text(json.dumps(document))


def go(processes: Sequence["subprocess.Popen[str]"], *, timeout_s: float = 60) -> list[list[str]]:
    """Wait until all are ready, let them begin at once, and return the lines each of them wrote."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    lines = [process.communicate(timeout=timeout_s)[0].splitlines() for process in processes]
    assert all(process.returncode == 0 for process in processes)
    return lines


def tell(text: object) -> None:
    print(text, flush=True)  # noqa: T201 - the parent reads it


def claim_all(root: Path, name: str) -> None:
    board = Team.open("crew", root=root).board
    for task in board.list():
        try:
            claimed = board.claim(task.id, name, lease_s=60)
        except Conflict:
            continue
        tell(f"{claimed.id} {claimed.epoch}")


def send_and_create(root: Path, name: str, count: str) -> None:
    """Of four things send one to another program's member and two to ours, and put the fourth on the board."""
    team = Team.open("crew", root=root)
    for number in range(int(count)):
        text = f"{name} {number}"
        if number % 4 == 3:
            team.board.create(text, key=text.replace(" ", "-"))
        else:
            team.send("ann" if number % 4 else "zoe", text, sender=name)


def send_to_zoe(root: Path, name: str, count: str) -> None:
    """Send numbered messages to a member of another program."""
    team = Team.open("crew", root=root)
    for number in range(int(count)):
        team.send("zoe", f"{name} {number}", sender=name)


def write_foreign(root: Path, name: str, count: str, to: str) -> None:
    """Do what another program does: append to the inbox under its lock, and tell the journal nothing."""
    inbox = root / "teams" / "crew" / "inboxes" / f"{to}.json"
    for number in range(int(count)):
        with mkdir_lock(inbox, wait_s=20):
            entries = json.loads(inbox.read_text()) if inbox.exists() else []
            entries.append({"from": name, "text": f"{name} {number}", "timestamp": "2026-01-01T00:00:00.000Z"})
            temporary = inbox.with_suffix(f".{name}")
            temporary.write_text(dumps(entries))
            temporary.rename(inbox)


def take_in(root: Path, team: str, count: str) -> None:
    """Take in what is there, again and again, and tell the numbers of the events that were recorded."""
    handle = Team.open(team, root=root)
    for _ in range(int(count)):
        for event in handle.take_in():
            tell(event.seq)


def rewrite_in_place(root: Path) -> None:
    """Do what a client does: empty the file of task 2 and write it, without a lock; words of one letter each time."""
    path = root / "tasks" / "crew" / "2.json"
    document = json.loads(path.read_text())
    tell("rewriting")
    while True:
        for letter in "xyz":
            words = {"subject": letter * (7000 - ord(letter)), "description": letter * 20_000}
            path.write_text(dumps({**document, **words}))
            time.sleep(0.001)


def count_up(root: Path, count: str) -> None:
    """Add to a number in a file, read and written in two steps: only a lock keeps that right."""
    counter = root / "counter"
    for _ in range(int(count)):
        with mkdir_lock(counter, wait_s=30):
            number = int(counter.read_text() or "0")
            counter.write_text(str(number + 1))


def append_for_ever(root: Path, name: str) -> None:
    journal = Journal(root, team="crew")
    while True:
        tell(journal.append("tick", {"by": name, "pad": "x" * 500}).seq)


def hold_lock(root: Path) -> None:
    with mkdir_lock(root / "file"):
        tell("held")
        sys.stdin.readline()


def claim_and_sleep(root: Path, name: str, lease_s: str) -> None:
    board = Team.open("crew", root=root).board
    task = board.claim("1", name, lease_s=float(lease_s))
    tell("claimed")
    sys.stdin.readline()
    try:
        board.submit(task.id, name, task.epoch, {"from": "the past"})
    except OneContextError as error:
        tell(type(error).__name__)


if __name__ == "__main__":
    verb, root, *words = sys.argv[1:]
    tell("ready")
    sys.stdin.readline()
    globals()[verb](Path(root), *words)
