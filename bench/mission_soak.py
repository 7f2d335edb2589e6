"""A mission of hundreds of tasks on a virtual clock, killed at random records again and again, or never.

Rule 1: a kill is a SIGKILL of the process that the mission runs in; a new process resumes it (mission_soak_run.py).
    So what a process takes is its own, and without kills there is one process for all tasks.
Rule 2: what came of it is asked of journal, board, memory and branch at the end, from outside.
"""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory import title
from mission_soak_run import NAME, TOLD_EVERY, WORKERS, Clock

from onecontext import Memory
from teams.mission.site import LEAD
from teams.protocol.board.ledger import rebuild
from teams.protocol.team import Team
from tests.support.missions import git, make_repository

_RUN = Path(__file__).with_name("mission_soak_run.py")
_BEGINNING = datetime(2030, 1, 1, tzinfo=UTC)
_LIVES = (200, 2500)
"""Records that a process writes before it is killed: from, and below."""


class Soak:
    """One mission and the processes it runs in; ``chance`` says when each is killed, None that none is."""

    def __init__(self, folder: Path, tasks: int, chance: random.Random | None) -> None:
        folder.mkdir()
        self._repository = make_repository(folder / "repository", {"README.md": "soak\n"})
        self._tasks, self._chance = tasks, chance
        self.kills: list[int] = []

    @property
    def team(self) -> Team:
        """The mission's team, opened anew."""
        return Team.open(NAME, root=self._repository / ".onecontext")

    def run(self) -> dict[str, Any]:
        """Run the mission to its end, over all kills, and return what its last process said of the end."""
        Memory.init(self._repository, agent=LEAD, purpose="soak")
        clock = Clock(_BEGINNING)
        Team.create(NAME, root=self._repository / ".onecontext", cwd=self._repository, clock=clock)
        said = self._once("--now", clock().isoformat())
        while said is None:
            events = list(self.team.journal.read())
            self.kills.append(len(events))
            done = sum(event.type == "task.completed" for event in events)
            now = max(event.at for event in events) + timedelta(seconds=1)
            said = self._once("--resume", "--done", str(done), "--now", now.isoformat())
        return said

    def _once(self, *options: str) -> dict[str, Any] | None:
        """Let a process go on until it ends, and return what it said then, or is killed (None)."""
        lives = self._chance.randrange(*_LIVES) if self._chance else 0
        command = [sys.executable, str(_RUN), str(self._repository), "--tasks", str(self._tasks), *options]
        with subprocess.Popen([*command, "--lives", str(lives)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said: dict[str, Any] = {}
            for line in process.stdout:
                said = json.loads(line)
                if "done" in said:
                    self._tell(said)
        if process.returncode == -signal.SIGKILL:
            return None
        if process.returncode:
            raise SystemExit(f"a process of the soak ended with {process.returncode}")
        return said

    def _tell(self, said: dict[str, Any]) -> None:
        """Print what the process and the memory take by now, and the CPU time of a task since the last time."""
        folder = self._repository / ".onecontext"
        blocks = list(_blocks_below(folder / "branches")) + list(_blocks_below(folder / ".git"))
        packs = sum(1 for _ in (folder / ".git/objects/pack").glob("*.pack"))
        whose = "" if said["done"] == said["here"] else f" ({said['here']} of them in this process)"
        cpu_ms = 1000 * said["cpu_s"] / min(said["here"], TOLD_EVERY) if said["here"] else 0
        print(
            f"{said['done']} tasks are done{whose}: {said['resident']:.0f} MB resident, {said['mapped']:.0f} of them"
            f" files, {said['held']:.1f} held; the memory: {len(blocks):,} files, {sum(blocks) * 512 / 1e6:.0f} MB,"
            f" {packs} packs; {cpu_ms:.0f} ms of CPU a task",
            flush=True,
        )

    def wrong(self) -> list[str]:
        """Return what of journal, board, memory and branch does not agree, in sentences."""
        team = self.team
        events = list(team.journal.read())
        counts = {
            type_: Counter(e.task for e in events if e.type == type_) for type_ in ("task.completed", "work.merged")
        }
        found = [f"{type_} of {task} {n} times" for type_, some in counts.items() for task, n in some.items() if n > 1]
        found += [f"{len(some)} tasks have {type_}" for type_, some in counts.items() if len(some) != self._tasks]
        said = Counter(e.data["text"] for e in events if e.type == "message.sent" and e.data["text"].endswith("odd"))
        found += [f"{text!r} {n} times" for text, n in said.items() if n > 1]
        files = {path.stem: json.loads(path.read_text()) for path in (team.root / "tasks" / NAME).glob("*.json")}
        found += [] if files == rebuild(team.journal) else ["the board is not what its journal says"]
        merges = git(self._repository, "rev-list", "--merges", "--count", f"main..onecontext/{NAME}")
        found += [f"the branch has {merges} merges"] if int(merges) != self._tasks else []
        for folder in (self._repository, self._repository / ".onecontext"):
            git(folder, "fsck", "--strict")
        return found


def _blocks_below(folder: Path) -> Iterator[int]:
    """Yield what each file below ``folder`` takes on the disk, in blocks of 512 bytes; some may go meanwhile."""
    for top, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                yield os.lstat(f"{top}/{name}").st_blocks


def _cpu_s() -> float:
    """Return the CPU time of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def soak(folder: Path, *, tasks: int, seed: int | None) -> None:
    """Run the soak and print what came of it; ``seed`` is that of the kills, None for none."""
    how = "one process" if seed is None else f"SIGKILL at random records (seed {seed})"
    title(f"{tasks} tasks on a virtual clock, {WORKERS} workers, {how}")
    one = Soak(folder, tasks, None if seed is None else random.Random(seed))
    wall, cpu = time.monotonic(), _cpu_s()
    ending = one.run()
    wall, cpu = time.monotonic() - wall, _cpu_s() - cpu
    print(f"{ending['ending']}: {ending['reason'][:200]}")
    records = sum(1 for _ in one.team.journal.read())
    after = f", after {', '.join(map(str, one.kills))}" if one.kills else ""
    print(f"{records:,} records, {len(one.kills)} kills{after}")
    print(f"{wall:.0f} s, {cpu:.0f} s of CPU with all that was started: {1000 * cpu / tasks:.0f} ms a task")
    found = one.wrong()
    print("journal, board, memory and branch agree" if not found else "\n".join(found))
