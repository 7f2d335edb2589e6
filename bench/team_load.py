"""The processes of ``bench/team.py``: writers, claimers and a reader, each started anew and let go at once.

Rule 1: what is measured begins when all are imported and warm; nothing is measured in the process that started them.
Rule 2: every way of sending writes the same words.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from onecontext.errors import Conflict
from teams.engine.event import Draft
from teams.engine.locks import mkdir_lock
from teams.protocol.team import Team

TEXT = "The parser of receipts keeps its sums in Decimal now; please look at till/money.py before the offers. " * 3
TEAM = "bench"
_SPAWN = get_context("spawn")

Call = Callable[[int], object]
Work = Callable[[Path, str, float], tuple[float, float, int]]


def together(work: Work, folder: Path, *, processes: int, amount: float) -> tuple[float, int]:
    """Run ``work`` in so many processes at once; return the seconds from first to last, and what they did in all."""
    gate, results = _SPAWN.Barrier(processes), _SPAWN.Queue()
    running = [
        _SPAWN.Process(target=_one, args=(work, folder, f"w{n}", amount, gate, results)) for n in range(processes)
    ]
    for process in running:
        process.start()
    told = [results.get(timeout=600) for _ in running]
    for process in running:
        process.join()
    return max(end for _, end, _ in told) - min(begin for begin, _, _ in told), sum(done for _, _, done in told)


def _one(work: Work, folder: Path, name: str, amount: float, gate: Any, results: Any) -> None:
    global _gate
    _gate = gate
    results.put(work(folder, name, amount))


_gate: Any = None


def _for(seconds: float, call: Call) -> tuple[float, float, int]:
    call(0)
    _gate.wait()
    begin = time.time()
    done = 0
    while time.time() - begin < seconds:
        done += 1
        call(done)
    return begin, time.time(), done


# --- ways of sending ------------------------------------------------------------------------------------------------


def array(folder: Path, name: str, seconds: float) -> tuple[float, float, int]:
    """One JSON array, read, added to and replaced under the client's lock, without fsync: what the field does."""
    inbox = folder / "array.json"

    def send(_: int) -> None:
        with mkdir_lock(inbox, wait_s=60):
            entries = json.loads(inbox.read_bytes())
            entries.append({"from": name, "text": TEXT, "timestamp": "2026-01-01T00:00:00.000Z", "read": False})
            temporary = folder / f"{name}.tmp"
            temporary.write_text(json.dumps(entries, indent=2))
            temporary.rename(inbox)

    return _for(seconds, send)


def lines(folder: Path, name: str, seconds: float) -> tuple[float, float, int]:
    """A line appended under flock and an fsync behind it: the floor of anything durable."""
    file = os.open(folder / "lines.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    lock = os.open(folder / "lines.lock", os.O_RDWR | os.O_CREAT)

    def send(n: int) -> None:
        line = json.dumps({"from": name, "text": TEXT, "n": n}) + "\n"
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.write(file, line.encode())
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.fsync(file)

    return _for(seconds, send)


def ours(folder: Path, name: str, seconds: float) -> tuple[float, float, int]:
    """``Team.send`` to a member of ours."""
    team = Team.open(TEAM, root=folder)
    return _for(seconds, lambda _: team.send("ann", TEXT, sender=name))


def to_client(folder: Path, name: str, seconds: float) -> tuple[float, float, int]:
    """``Team.send`` to a member of another program, whose inbox its client empties now and then."""
    team = Team.open(TEAM, root=folder)
    return _for(seconds, lambda _: team.send("zoe", TEXT, sender=name))


def team_with_history(folder: Path, messages: int) -> Team:
    """Return a team with ``ann`` and eight writers of ours, ``zoe`` of another program, and so many old messages."""
    team = Team.create(TEAM, root=folder)
    for name in ("ann", *(f"w{n}" for n in range(8))):
        team.join(name)
    config = team.folder / "config.json"
    document = json.loads(config.read_text())
    document["members"].append({"agentId": f"zoe@{TEAM}", "name": "zoe", "joinedAt": 5})
    config.write_text(json.dumps(document, indent=2))
    for first in range(0, messages, 500):
        ids = [f"h-{n}" for n in range(first, min(first + 500, messages))]
        data = {"to": "ann", "from": "w0", "text": TEXT, "timestamp": "2026-01-01T00:00:00.000Z"}
        team.journal.append_all([Draft("message.sent", {"msg_id": i, **data}, agent="w0") for i in ids])
        team.journal.append_all([Draft("message.delivered", {"msg_id": i, "to": "ann"}, agent="ann") for i in ids])
    entry = {"from": "w0", "text": TEXT, "timestamp": "2026-01-01T00:00:00.000Z", "read": True}
    (folder / "array.json").write_text(json.dumps([entry] * messages, indent=2))
    (folder / "lines.jsonl").write_text((json.dumps(entry) + "\n") * messages)
    return team


def drain(folder: Path, over: Any) -> None:
    """Take delivered entries out of the inbox of ``zoe``, as her client does, until told to end."""
    inbox = folder / "teams" / TEAM / "inboxes" / "zoe.json"
    while not over.wait(0.25):
        if inbox.exists():
            with mkdir_lock(inbox, wait_s=60):
                inbox.with_suffix(".tmp").write_text("[]")
                inbox.with_suffix(".tmp").rename(inbox)


def drainer(folder: Path) -> tuple[Any, Any]:
    """Start the client of ``zoe``; return its process and the event that ends it."""
    over = _SPAWN.Event()
    process = _SPAWN.Process(target=drain, args=(folder, over))
    process.start()
    return process, over


def send_and_create(folder: Path, name: str, count: float) -> tuple[float, float, int]:
    """Send so many messages, every other to a client, and make a task after each eighth."""
    team = Team.open(TEAM, root=folder)
    _gate.wait()
    begin = time.time()
    for n in range(int(count)):
        team.send("zoe" if n % 2 else "ann", f"{name} {n}", sender=name)
        if n % 8 == 0:
            team.board.create(f"{name} {n}", key=f"{name}-{n}")
    return begin, time.time(), int(count)


# --- ways of claiming -----------------------------------------------------------------------------------------------


def claim_each(folder: Path, name: str, _: float) -> tuple[float, float, int]:
    """Try every task in order: all processes want the same one at the same time."""
    board = Team.open(TEAM, root=folder).board
    ids = [task.id for task in board.list()]
    _gate.wait()
    begin, done = time.time(), 0
    for task_id in ids:
        try:
            board.claim(task_id, name, lease_s=600)
        except Conflict:
            continue
        done += 1
    return begin, time.time(), done


def claim_next(folder: Path, name: str, _: float) -> tuple[float, float, int]:
    """Take the next ready task until there is none."""
    board = Team.open(TEAM, root=folder).board
    board.list()
    _gate.wait()
    begin, done = time.time(), 0
    while board.claim_next(name, lease_s=600) is not None:
        done += 1
    return begin, time.time(), done


# --- latency --------------------------------------------------------------------------------------------------------


def tell_time(folder: str, count: int, pause_s: float, gate: Any) -> None:
    """Send the time at which it is sent, again and again."""
    team = Team.open(TEAM, root=folder)
    team.send("zoe", "0", sender="w0")
    gate.wait()
    for _ in range(count):
        time.sleep(pause_s)
        team.send("ann", str(time.time()), sender="w0")


def teller(folder: Path, count: int, pause_s: float) -> tuple[Any, Any]:
    """Start a process that tells the time; return it and the barrier at which it waits for its reader."""
    gate = _SPAWN.Barrier(2)
    process = _SPAWN.Process(target=tell_time, args=(str(folder), count, pause_s, gate))
    process.start()
    return process, gate
