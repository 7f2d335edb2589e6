"""What a team folder costs: ``python bench/team.py [--full] [--in FOLDER]``.

Rule 1: ways that are compared take turns in one run on one file system; what counts is the ratio.
Rule 2: after each load what was acknowledged is counted in the journal: a rate with a loss is no rate.

Without ``--full`` some three minutes; with it longer runs and a hundred rounds of claims.
"""

import argparse
import contextlib
import itertools
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import team_load as load
from memory import title

from teams.engine.event import Draft
from teams.engine.journal import Journal
from teams.engine.watch import watch
from teams.protocol.board.ledger import Ledger, rebuild
from teams.protocol.mail.post import Post
from teams.protocol.team import Team

HISTORIES = (0, 1_000, 5_000, 20_000)
WAYS = {
    "array under a lock": load.array,
    "JSONL + fsync": load.lines,
    "ours": load.ours,
    "ours, to a client": load.to_client,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="What a team folder costs.")
    parser.add_argument("--full", action="store_true", help="longer runs, a hundred rounds of claims")
    parser.add_argument("--in", dest="folder", type=Path, help="where to write (default: the temporary folder)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        messages(folder, seconds=2.0 if args.full else 1.0, rounds=3 if args.full else 1)
        losses(folder, each=200)
        latency(folder, count=1_000 if args.full else 300)
        claims(folder, rounds=5 if args.full else 3)
        doubles(folder, rounds=100 if args.full else 10)
        board(folder, tasks=5_000)
        journal(folder, events=100_000)


def messages(folder: Path, *, seconds: float, rounds: int) -> None:
    """Print messages a second by way, writers and history, medians of ``rounds``."""
    title("Messages/s; goals with 8 writers: ours 1,000, to a client 200, flat at 20,000 of history")
    print(f"{'':<22}{'writers':>8}" + "".join(f"{f'{history:,} before':>16}" for history in HISTORIES))
    rates: dict[tuple[str, int], list[float]] = {}
    for history in HISTORIES:
        found: dict[tuple[str, int], list[float]] = {}
        for writers, (name, way) in list(itertools.product((1, 8), WAYS.items())) * rounds:
            place = Path(tempfile.mkdtemp(dir=folder))
            team = load.team_with_history(place, history)
            found.setdefault((name, writers), []).append(_rate(name, way, place, team, writers, seconds, history))
            shutil.rmtree(place)
        for key, some in found.items():
            rates.setdefault(key, []).append(statistics.median(some))
    for (name, writers), row in rates.items():
        print(f"{name:<22}{writers:>8}" + "".join(f"{rate:>16,.0f}" for rate in row))
    for writers in (1, 8):
        row = rates["ours", writers]
        print(f"ours, {writers} writers: at 20,000 {row[-1] / row[0]:.2f} × the rate at 0")


def _rate(name: str, way: load.Work, place: Path, team: Team, writers: int, seconds: float, history: int) -> float:
    client, over = load.drainer(place) if way is load.to_client else (None, None)
    took_s, done = load.together(way, place, processes=writers, amount=seconds)
    if client is not None and over is not None:
        over.set()
        client.join()
    if way in (load.ours, load.to_client):
        kept = Counter(event.type for event in team.journal.read())["message.sent"]
        # Each writer sends one more before it is measured.
        assert kept == history + done + writers, f"{name}: {kept} of {history + done + writers} are there"
    return done / took_s


def losses(folder: Path, *, each: int) -> None:
    """Print what eight writers lose, and what two readers without a lock, who never stop, see half of."""
    place = Path(tempfile.mkdtemp(dir=folder))
    team = load.team_with_history(place, 0)
    over, reads, torn = threading.Event(), [0, 0], [0, 0]

    def read(number: int) -> None:
        while not over.is_set():
            for path in [team.folder / "inboxes" / "zoe.json", *(place / "tasks" / load.TEAM).glob("*.json")]:
                with contextlib.suppress(FileNotFoundError):
                    content = path.read_bytes()
                    reads[number] += 1
                    try:
                        json.loads(content)
                    except ValueError:
                        torn[number] += 1

    readers = [threading.Thread(target=read, args=[number]) for number in range(2)]
    for reader in readers:
        reader.start()
    _, sent = load.together(load.send_and_create, place, processes=8, amount=each)
    over.set()
    for reader in readers:
        reader.join()
    theirs = [entry["text"] for entry in json.loads((team.folder / "inboxes" / "zoe.json").read_bytes())]
    there = {*(message.text for message in team.receive("ann")), *theirs}
    wanted = {f"w{writer} {n}" for writer in range(8) for n in range(each)}
    tasks = {task.subject for task in team.board.list()}
    title(f"8 writers × {each} messages and {each // 8} tasks each, two readers without a lock")
    lost = len({f"w{writer} {n}" for writer in range(8) for n in range(0, each, 8)} - tasks)
    print(f"{sent:,} sent, {len(wanted - there)} lost; {lost} tasks lost; {sum(reads):,} reads, {sum(torn)} torn")


def latency(folder: Path, *, count: int) -> None:
    """Print how long it takes from the call of send, in another process, until a watching reader has the message."""
    place = Path(tempfile.mkdtemp(dir=folder))
    team = load.team_with_history(place, 0)
    process, gate = load.teller(place, count, 0.02)
    seen: list[float] = []
    changed, over = threading.Event(), threading.Event()
    watching = watch([team.journal.folder], changed.set, calls_per_s=200)
    gate.wait()
    deadline = time.monotonic() + 60 + count * 0.1
    while len(seen) < count and time.monotonic() < deadline:
        changed.wait(1.0)
        changed.clear()
        received = team.receive("ann")
        now = time.time()
        seen += [now - float(message.text) for message in received]
        if received:
            team.acknowledge("ann", received)
    over.set()
    watching.close()
    process.join()
    title(f"Write to seen through {watching.kind}, {count} messages 20 ms apart; goal: p99 10 ms")
    spots = statistics.quantiles(seen, n=100)
    print(f"p50 {spots[49] * 1000:.2f} ms   p99 {spots[98] * 1000:.2f} ms   max {max(seen) * 1000:.2f} ms")


def claims(folder: Path, *, rounds: int) -> None:
    """Print claims a second of eight processes on 1,000 tasks."""
    title("Claims, 8 processes on 1,000 tasks; goal: 1,000/s, each task once")
    for name, way in {"the next one": load.claim_next, "each in order": load.claim_each}.items():
        rates = []
        for _ in range(rounds):
            place = Path(tempfile.mkdtemp(dir=folder))
            team = _with_tasks(place, 1_000)
            took_s, done = load.together(way, place, processes=8, amount=0)
            _check_claims(team, 1_000, done)
            rates.append(done / took_s)
        print(f"{name:<16} median {statistics.median(rates):>7,.0f}/s   best {max(rates):>7,.0f}/s   of {rounds}")


def doubles(folder: Path, *, rounds: int) -> None:
    """Let eight processes fight for 40 tasks, again and again."""
    found = 0
    for _ in range(rounds):
        place = Path(tempfile.mkdtemp(dir=folder))
        team = _with_tasks(place, 40)
        _, done = load.together(load.claim_each, place, processes=8, amount=0)
        found += done - 40
        _check_claims(team, 40, done)
    print(f"double claims in {rounds} rounds of 8 processes on 40 tasks: {found}")


def _with_tasks(place: Path, tasks: int) -> Team:
    team = load.team_with_history(place, 0)
    for n in range(tasks):
        team.board.create(f"task {n}", load.TEXT, key=f"t{n}")
    return team


def _check_claims(team: Team, tasks: int, done: int) -> None:
    claimed = Counter(event.task for event in team.journal.read() if event.type == "task.claimed")
    assert done == tasks, f"{done} claims of {tasks} tasks were told"
    assert set(claimed.values()) == {1}, "a task was claimed twice"
    assert len(claimed) == tasks, f"{len(claimed)} tasks of {tasks} are claimed in the journal"


def board(folder: Path, *, tasks: int) -> None:
    """Print what listing and rebuilding a large board takes."""
    place = Path(tempfile.mkdtemp(dir=folder))
    began = time.perf_counter()
    team = _with_tasks(place, tasks)
    title(f"A board of {tasks:,} tasks (made in {time.perf_counter() - began:.0f} s)")
    fresh = Team.open(load.TEAM, root=place)
    print(f"list, first      {_cpu_ms(fresh.board.list):>8.0f} ms CPU")
    print(f"list, again      {statistics.median(_cpu_ms(fresh.board.list) for _ in range(5)):>8.0f} ms CPU")
    print(f"rebuild          {_cpu_ms(lambda: rebuild(team.journal)):>8.0f} ms CPU")


def journal(folder: Path, *, events: int) -> None:
    """Print what it takes to rebuild board and mail from a long journal."""
    place = Path(tempfile.mkdtemp(dir=folder))
    team = _with_tasks(place, 100)
    documents = [dict(document) for document in rebuild(team.journal).values()]
    seq = sum(1 for _ in team.journal.read())
    while seq < events:
        drafts = []
        for n in range(500):
            text = {"to": "ann", "from": "w0", "text": load.TEXT, "timestamp": "2026-01-01T00:00:00.000Z"}
            document = documents[n % 100]
            drafts += [
                Draft("message.sent", {"msg_id": f"{seq}-{n}", **text}, agent="w0"),
                Draft("message.delivered", {"msg_id": f"{seq}-{n}", "to": "ann"}, agent="ann"),
                Draft("task.renewed", {"task": document, "from": "ready", "to": "ready"}, task=document["id"]),
                Draft("tool.result", {"call": "c", "tool": "run", "ok": True, "output": load.TEXT}, agent="w0"),
            ]
        seq += len(team.journal.append_all(drafts))
    size = team.journal.path.stat().st_size

    def everything() -> None:
        whole = Journal(team.journal.folder, team=load.TEAM)
        ledger, post = Ledger(whole), Post(whole)
        whole.catch_up()
        assert len(ledger.documents()) == 100
        assert not post.pending("ann")

    title(f"Rebuild of board and mail from {seq:,} events ({size / 1e6:.0f} MB); goal: 2 s")
    runs = [_both(everything) for _ in range(3)]
    wall_s, cpu_s = (statistics.median(run[kind] for run in runs) for kind in (0, 1))
    print(f"wall {wall_s:.2f} s   CPU {cpu_s:.2f} s")


def _both(call: load.Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def _cpu_ms(call: load.Callable[[], object]) -> float:
    return _both(call)[1] * 1000


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
