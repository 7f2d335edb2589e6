"""A mission of hundreds of tasks on a virtual clock, whose run is thrown away in the middle again and again.

Rule 1: nothing waits for a clock: times, leases and what is recorded of them come from one that goes on by itself, and
    faster than the work: many a lease is over before its work is, and what keeps the claim is that its holder lives.
Rule 2: a kill is this: from a random record on nothing more is written, whatever threads were about to write, and all
    handles are thrown away. That a real SIGKILL leaves nothing else is held by bench/mission_kills.py. So one process
    lives through all of it, and its memory can be looked at.
Rule 3: the model's words are made up; the board, the copies, the merges, the memory and the journal are real.
"""

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory import title

from onecontext import Memory
from onecontext.store.project import Project
from teams.cli.heaps import keep_heaps_few
from teams.engine.event import Draft, Event
from teams.guard.registry import open_sandbox
from teams.mission.config import Config, RunConfig
from teams.mission.mission import Ending, Mission
from teams.mission.opening import open_site
from teams.mission.site import LEAD
from teams.models.port import Conversation, Message, Price, Reply, ToolCall, ToolSpec, Usage
from teams.protocol.board.ledger import rebuild
from teams.protocol.team import Team
from tests.support.missions import git, make_repository

NAME = "soak-0a1b2c"
WORKERS = 3
TOLD_EVERY = 50
STEP = timedelta(milliseconds=50)
"""How far the clock goes on with each look at it."""
_FREE = Usage(0, 0, 0, 0.0)


class Thrown(BaseException):
    """The run was thrown away: nothing that it was about to do may happen."""


class Clock:
    """Goes on by :data:`STEP` with each look at it."""

    def __init__(self) -> None:
        self._now = datetime(2030, 1, 1, tzinfo=UTC)
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


class Soak:
    """One mission and the kills of its runs; ``look`` is called with each record that is on the disk."""

    def __init__(self, folder: Path, tasks: int, chance: random.Random) -> None:
        folder.mkdir()
        self._repository = make_repository(folder / "repository", {"README.md": "soak\n"})
        self._words, self._clock, self._chance = Words(tasks), Clock(), chance
        self._sandbox = open_sandbox("bubblewrap")
        self.done = 0
        self.records = 0
        self.kills: list[int] = []
        self._cpu_s = time.process_time()
        self._one = threading.Lock()

    def run(self) -> Ending:
        """Run the mission to its end, over all kills."""
        Memory.init(self._repository, agent=LEAD, purpose="soak")
        Team.create(NAME, root=self._repository / ".onecontext", cwd=self._repository, clock=self._clock)
        ending = self._once(lambda mission: mission.start("soak", model="made-up", scripted=True))
        while ending is None:
            ending = self._once(lambda mission: mission.resume())
        return ending

    def _once(self, go: Callable[[Mission], Ending]) -> Ending | None:
        """Let a run go on until it ends or is thrown away (None), all of its handles new."""
        project = Project.find(self._repository)
        memory = Memory.open(self._repository, branch="main", agent=LEAD)
        team = Team.open(NAME, root=memory.path, cwd=self._repository, clock=self._clock)
        self._arm(team, self.records + self._chance.randrange(200, 2500))
        site = open_site(
            mission=NAME,
            project=project,
            memory=memory,
            team=team,
            config=Config(run=RunConfig(workers=WORKERS)),
            routes=lambda fell_back: self._words.open,  # type: ignore[arg-type, return-value]
            sandbox=self._sandbox,
            env={},
        )
        try:
            return go(Mission(site))
        except Thrown:
            self.kills.append(self.records)
            return None

    def _arm(self, team: Team, last: int) -> None:
        append_all = team.journal.append_all

        def counted(drafts: Sequence[Draft], **more: Any) -> list[Event]:
            if self.records >= last:
                raise Thrown
            events = append_all(drafts, **more)
            with self._one:
                self.records += len(events)
                for event in events:
                    self._look(event)
            if self.records >= last:
                raise Thrown
            return events

        team.journal.append_all = counted  # type: ignore[method-assign, assignment]

    def _look(self, event: Event) -> None:
        self.done += event.type == "task.completed"
        if event.type == "task.completed" and self.done % TOLD_EVERY == 0:
            print(f"{self.done} tasks are done: {self._sizes()}", flush=True)

    def _sizes(self) -> str:
        """Return what the process and the memory take by now, and the CPU time of a task since the last time."""
        before, self._cpu_s = self._cpu_s, time.process_time()
        folder = self._repository / ".onecontext"
        blocks = list(_blocks_below(folder / "branches")) + list(_blocks_below(folder / ".git"))
        packs = sum(1 for _ in (folder / ".git/objects/pack").glob("*.pack"))
        return (
            f"{_resident_mb():.0f} MB resident, {_mapped_mb():.0f} of them mapped packs;"
            f" the memory: {len(blocks):,} files, {sum(blocks) * 512 / 1e6:.0f} MB, {packs} packs;"
            f" {1000 * (self._cpu_s - before) / TOLD_EVERY:.0f} ms of CPU a task"
        )

    def wrong(self) -> list[str]:
        """Return what of journal, board, memory and branch does not agree, in sentences."""
        team = Team.open(NAME, root=self._repository / ".onecontext")
        events = list(team.journal.read())
        counts = {
            type_: Counter(e.task for e in events if e.type == type_) for type_ in ("task.completed", "work.merged")
        }
        found = [f"{type_} of {task} {n} times" for type_, some in counts.items() for task, n in some.items() if n > 1]
        found += [f"{len(some)} tasks have {type_}" for type_, some in counts.items() if len(some) != self._words.tasks]
        said = Counter(e.data["text"] for e in events if e.type == "message.sent" and e.data["text"].endswith("odd"))
        found += [f"{text!r} {n} times" for text, n in said.items() if n > 1]
        files = {path.stem: json.loads(path.read_text()) for path in (team.root / "tasks" / NAME).glob("*.json")}
        found += [] if files == rebuild(team.journal) else ["the board is not what its journal says"]
        merges = git(self._repository, "rev-list", "--merges", "--count", f"main..onecontext/{NAME}")
        found += [f"the branch has {merges} merges"] if int(merges) != self._words.tasks else []
        for folder in (self._repository, self._repository / ".onecontext"):
            git(folder, "fsck", "--strict")
        return found


def _blocks_below(folder: Path) -> Iterator[int]:
    """Yield what each file below ``folder`` takes on the disk, in blocks of 512 bytes; some may go meanwhile."""
    for top, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                yield os.lstat(f"{top}/{name}").st_blocks


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _mapped_mb() -> float:
    """Return how much of git's packs is mapped just now: pages of the kernel's cache, which come and go."""
    found, in_pack = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            in_pack = "/objects/pack/" in line
        elif in_pack and words[0] == "Rss:":
            found += int(words[1])
    return found * 1024 / 1e6


def soak(folder: Path, *, tasks: int, seed: int) -> None:
    """Run the soak and print what came of it."""
    title(f"{tasks} tasks on a virtual clock, {WORKERS} workers, kills at random records (seed {seed})")
    keep_heaps_few(os.environ)  # as the command line does
    threading.excepthook = lambda told: None if told.exc_type is Thrown else threading.__excepthook__(told)
    one = Soak(folder, tasks, random.Random(seed))
    wall, cpu = time.monotonic(), time.process_time()
    ending = one.run()
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    print(f"{ending.ending}: {ending.reason[:200]}")
    print(f"{one.records:,} records, {len(one.kills)} kills, after {', '.join(map(str, one.kills))}")
    print(f"{wall:.0f} s, {cpu:.0f} s of CPU: {1000 * cpu / tasks:.0f} ms a task")
    found = one.wrong()
    print("journal, board, memory and branch agree" if not found else "\n".join(found))
