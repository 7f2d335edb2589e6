"""One process of the soak: it begins or goes on with its mission, and may SIGKILL itself: see mission_soak.py.

Rule 1: nothing waits for a clock: times, leases and what is recorded of them come from one that goes on by itself, and
    faster than the work: many a lease is over before its work is, and what keeps the claim is that its holder lives.
Rule 2: a kill is a SIGKILL right after a record is on the disk, whatever the other threads are at.
Rule 3: the model's words are made up; the board, the copies, the merges, the memory and the journal are real.
Rule 4: what the process says on standard output are JSON lines: what it takes at a number of tasks, and its ending.
"""

import argparse
import ctypes
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from onecontext import Memory
from onecontext.store.project import Project
from teams.cli.heaps import keep_heaps_few
from teams.engine.event import Draft, Event
from teams.guard.registry import open_sandbox
from teams.mission.config import Config, RunConfig
from teams.mission.mission import Mission
from teams.mission.opening import open_site
from teams.mission.site import LEAD
from teams.models.port import Conversation, Message, Price, Reply, ToolCall, ToolSpec, Usage
from teams.protocol.team import Team

NAME = "soak-0a1b2c"
WORKERS = 3
TOLD_EVERY = 50
STEP = timedelta(milliseconds=50)
"""How far the clock goes on with each look at it."""
_FREE = Usage(0, 0, 0, 0.0)


class Clock:
    """Goes on by :data:`STEP` with each look at it."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._one = threading.Lock()

    def __call__(self) -> datetime:
        with self._one:
            self._now += STEP
            return self._now


@dataclass
class Words:
    """A model that makes up what it says: a plan of ``tasks`` tasks, a file for each, and that all of it is good."""

    tasks: int
    name: str = "made-up"
    scripted: bool = True
    whose: Conversation | None = None
    said: list[str] = field(default_factory=list)

    def open(self, whose: Conversation) -> "Words":
        """Return the same for one conversation."""
        return Words(self.tasks, whose=whose)

    def window(self) -> None:
        """Return that it has no end."""

    def price(self) -> Price:
        """Return that it costs nothing."""
        return Price(0.0, 0.0)

    def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec], **_: Any) -> Reply:
        """Say the next thing."""
        assert self.whose is not None
        number, role = len(self.said), self.whose.role
        self.said.append(role)
        if role == "orchestrator":
            return self._call("submit_plan", _plan(self.tasks))
        if role == "validator":
            return self._call("give_verdict", {"accept": True})
        if number == 0:
            return self._call("write_file", {"path": f"src/{self.whose.task}.txt", "text": f"{self.whose.task}\n"})
        if number == 1 and str(self.whose.task).endswith("7"):
            return self._call("message", {"to": LEAD, "text": f"{self.whose.task} was odd"})
        return self._call("finish", {"summary": f"did {self.whose.task}"})

    def _call(self, tool: str, arguments: dict[str, Any]) -> Reply:
        call = ToolCall(f"call_{len(self.said)}", tool, json.dumps(arguments))
        return Reply("", (call,), _FREE, self.name, "tools")


def _plan(tasks: int) -> dict[str, Any]:
    numbers = range(1, tasks + 1)
    ids = {number: f"VAL-T{chr(65 + number // 1000)}-{number % 1000:03}" for number in numbers}
    return {
        # One command for all: those of all that is done are run with every merge, and equal ones once.
        "assertions": [{"id": ids[n], "text": f"t{n}", "command": "test -f README.md"} for n in numbers],
        "tasks": [
            {"key": f"t{n}", "subject": f"Write t{n}", "assertions": [ids[n]], "after": [f"t{n - 5}"] if n > 5 else []}
            for n in numbers
        ],
    }


class Process:
    """Counts this process's records: tells what it takes, and dies after the last it may write (0: of none)."""

    def __init__(self, done: int, lives: int) -> None:
        self._before = self._done = done
        self._left = lives or sys.maxsize
        self._cpu_s = time.process_time()
        self._one = threading.Lock()

    def watch(self, team: Team) -> None:
        """Look at each record that ``team`` writes, once it is on the disk."""
        append_all = team.journal.append_all

        def counted(drafts: Sequence[Draft], **more: Any) -> list[Event]:
            events = append_all(drafts, **more)
            with self._one:
                for event in events:
                    self._look(event)
            return events

        team.journal.append_all = counted  # type: ignore[method-assign, assignment]

    def _look(self, event: Event) -> None:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._done += event.type == "task.completed"
        if event.type == "task.completed" and self._done % TOLD_EVERY == 0:
            _say(done=self._done, here=self._done - self._before, cpu_s=time.process_time() - self._cpu_s, **_takes())
            self._cpu_s = time.process_time()


def _takes() -> dict[str, float]:
    """Return MB resident, of it what is mapped from files, and what is held: after cycles and free heap are gone."""
    resident, mapped = _resident_mb()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return {"resident": resident, "mapped": mapped, "held": _resident_mb()[0]}


def _resident_mb() -> tuple[float, float]:
    pages, mapped = (int(word) for word in Path("/proc/self/statm").read_text().split()[1:3])
    return (pages * os.sysconf("SC_PAGE_SIZE") / 1e6, mapped * os.sysconf("SC_PAGE_SIZE") / 1e6)


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="One process of the soak.")
    parser.add_argument("repository", type=Path)
    parser.add_argument("--tasks", type=int, required=True, metavar="N", help="tasks of the plan")
    parser.add_argument("--now", type=datetime.fromisoformat, required=True, help="what its clock begins with")
    parser.add_argument("--done", type=int, default=0, metavar="N", help="tasks that were done before")
    parser.add_argument("--lives", type=int, default=0, metavar="N", help="records until it kills itself (0: never)")
    parser.add_argument("--resume", action="store_true", help="go on with the mission that is there")
    args = parser.parse_args()
    keep_heaps_few(os.environ)  # as the command line does
    memory = Memory.open(args.repository, branch="main", agent=LEAD)
    team = Team.open(NAME, root=memory.path, cwd=args.repository, clock=Clock(args.now))
    Process(args.done, args.lives).watch(team)
    site = open_site(
        mission=NAME,
        project=Project.find(args.repository),
        memory=memory,
        team=team,
        config=Config(run=RunConfig(workers=WORKERS)),
        routes=lambda fell_back: Words(args.tasks).open,  # type: ignore[arg-type, return-value]
        sandbox=open_sandbox("bubblewrap"),
        env={},
    )
    mission = Mission(site)
    ending = mission.resume() if args.resume else mission.start("soak", model="made-up", scripted=True)
    _say(ending=ending.ending, reason=ending.reason)


if __name__ == "__main__":
    main()
