"""What a mission costs when it is long: ``python bench/mission.py [--only resume|soak|kills] [--tasks N]``.

Rule 1: what is resumed is a real mission that was killed; its journal was made long by events as a mission writes them.
Rule 2: what a soak says of itself is asked of journal, board, memory and branch at its end.

The first takes some twenty seconds, each soak of 500 tasks some ten minutes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from memory import title
from mission_soak import soak

from teams.engine.event import Draft
from teams.engine.journal import Journal
from tests.support.mission_kills import Warm
from tests.support.missions import journal_of, make_repository, plan, verdict, work, write_script

LONG = 100_000
KEYS = ("a", "b", "c")


def main() -> None:
    parser = argparse.ArgumentParser(description="A long journal resumed, and a long mission without and with kills.")
    parser.add_argument("--only", choices=["resume", "soak", "kills"], help="only this part")
    parser.add_argument("--tasks", type=int, default=500, metavar="N", help="of each soak (default 500)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the soak's kills (default 1)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onecontext-bench-", ignore_cleanup_errors=True) as name:
        os.environ |= {"HOME": name, "GIT_CONFIG_GLOBAL": f"{name}/gitconfig"}
        if args.only in (None, "resume"):
            long_journal(Path(name) / "long")
        if args.only in (None, "soak"):
            soak(Path(name) / "soak", tasks=args.tasks, seed=None)
        if args.only in (None, "kills"):
            soak(Path(name) / "kills", tasks=args.tasks, seed=args.seed)


def long_journal(folder: Path) -> None:
    """Kill a mission, make its journal long, and resume it."""
    folder.mkdir()
    repository = make_repository(folder / "repository", {"README.md": "x\n"})
    with Warm(folder) as warm:
        options = ("--model", _script(folder), "--workers", "1")
        warm.run(repository, "run", "Write three files", *options, dies_after=("task.completed", "", 1))
    journal = journal_of(repository)
    for drafts in _batches(journal):
        journal.append_all(drafts)
    size = journal.path.stat().st_size
    title(f"Resume of a mission with {LONG:,} events in its journal ({size / 1e6:.0f} MB); goal: 5 s")
    began, before = time.time(), _cpu_s()
    process = subprocess.Popen(
        [sys.executable, "-m", "onecontext", "resume", "--json"],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    answer = json.loads(process.communicate()[0])
    ended, used = time.time(), _cpu_s() - before
    later = list(journal_of(repository).read(LONG))
    for what in ("mission.resumed", "task.claimed"):
        at = next(event.at for event in later if event.type == what)
        print(f"{_since(began, at):5.2f} s until {what}")
    print(f"{ended - began:5.2f} s until it was {answer['data']['ending']}, with two tasks more")
    print(f"{used:5.2f} s of CPU in all")


def _cpu_s() -> float:
    used = os.times()
    return used.children_user + used.children_system


def _since(began: float, at: datetime) -> float:
    return at.timestamp() - began


def _script(folder: Path) -> str:
    assertions = [{"id": f"VAL-{key.upper()}-001", "text": key, "command": "test -f README.md"} for key in KEYS]
    tasks = [{"key": key, "subject": key, "assertions": [f"VAL-{key.upper()}-001"]} for key in KEYS]
    workers = [work(key, ("write_file", {"path": f"{key}.txt", "text": "x\n"})) for key in KEYS]
    return write_script(folder, [plan(assertions, tasks), *workers, verdict()])


def _batches(journal: Journal) -> Iterator[list[Draft]]:
    """Yield what a long attempt writes, turn by turn, until the journal has so many events."""
    mission, there = journal.team, sum(1 for _ in journal.read())
    where = {"mission": mission, "agent": "worker-1", "task": "1", "attempt": 1, "epoch": 1}
    while there < LONG:
        batch = [draft for turn in range(200) for draft in _turn(there + turn, where)][: LONG - there]
        there += len(batch)
        yield batch


def _turn(number: int, where: dict[str, object]) -> list[Draft]:
    call = {"call": f"call_{number:024x}", "tool": "run"}
    said = f"Looking at module {number} and at what its tests say of it. " * 4
    told = {
        "agent.state": {"state": "thinking", "detail": ""},
        "model.called": {
            "model": "scripted:x",
            "scripted": True,
            "tokens_in": 9000 + number,
            "tokens_cached": 0,
            "tokens_out": 120,
            "cost_usd": 0.0,
            "latency_s": 1.5,
            "text": said,
        },
        "tool.intent": {
            **call,
            "arguments": json.dumps({"command": f"pytest -q tests/test_{number}.py"}),
            "digest": f"{number:032x}",
            "idempotent": False,
            "effect": "confined",
        },
        "tool.result": {**call, "ok": True, "output": "exit code 0\n" + "." * 400, "duration_s": 0.4},
    }
    return [Draft(type_, data, **where) for type_, data in told.items()]  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
