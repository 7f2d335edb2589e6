"""Whether a member lives: ``onecontext/heartbeat/<agent>``, replaced again and again by the process that is its own.

Rule 1: a heartbeat is no progress. It keeps others from taking what a slow one holds, and that is all it does.
Rule 2: it names the process and its children, so who was killed is known at once, and an agent that waits for a long
    command counts as alive through it.
Rule 3: who cannot be judged from here (another machine, another container, no heartbeat at all) is judged by time.
Rule 4: the file is what other processes write, too: what cannot be read says nothing.
Rule 5: a heartbeat makes its own folder and none above it, after the first one only where the journal is still there:
    a team that is removed is not made again by who still beats.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from onecontext.errors import Damaged
from onecontext.names import check_name, is_name
from onecontext.store.files import read_bytes, replace_text
from onecontext.store.ways import check_kinds
from teams.engine.processes import ProcessId, Where, any_runs, descendants, here, runs, this_process

BEAT_S = 2.0
SILENT_S = 15.0
_LIMIT_BYTES = 64 * 1024


class Life(StrEnum):
    """What the heartbeat of a member says.

    ``alive``: beaten a moment ago. ``silent``: its process runs, or cannot be seen from here, and has not beaten for
    15 s. ``orphaned``: its process is gone and a child of it runs. ``gone``: none of them runs. ``unknown``: it never
    beat.
    """

    ALIVE = "alive"
    SILENT = "silent"
    ORPHANED = "orphaned"
    GONE = "gone"
    UNKNOWN = "unknown"


class Pulse(NamedTuple):
    """A member's life, when it last beat (seconds since 1970, 0 for never), and its process where one is named."""

    life: Life
    beaten_at: float = 0.0
    pid: int | None = None


class Heartbeats:
    """The heartbeats of one team, in ``folder`` (``teams/<team>/onecontext/heartbeat``). Safe for threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ours: set[str] = set()
        self._is_made = False

    def beat(self, name: str, *, stop: bool = False) -> None:
        """Say that the process of ``name`` lives and is this one, or, with ``stop``, that it ended in order.

        Raises:
            InvalidName: nobody is called so.
            OSError: the folder is full, read-only or gone with its team; the last beat stands where there is one.
            Damaged: a symlink stands in its place.
        """
        path = self._folder / check_name(name, what="agent")
        if stop:
            self._ours.discard(name)
            path.unlink(missing_ok=True)
            return
        check_kinds([str(self._folder)], ())
        me, where = this_process(), here()
        document = {
            "v": 1,
            "pid": me.pid,
            "started": me.started,
            "boot": where.boot,
            "space": where.space,
            "children": [[child.pid, child.started] for child in descendants(me)],
        }
        if not self._is_made or (self._folder.parent / "journal.jsonl").exists():
            self._folder.mkdir(exist_ok=True)
            self._is_made = True
        replace_text(path, json.dumps(document))
        self._ours.add(name)

    def beat_if_ours(self, name: str) -> None:
        """Beat for ``name`` if this process did before: who takes a task is then known to live after taking it."""
        if name in self._ours:
            self.beat(name)

    @contextmanager
    def beating(self, name: str, *, every_s: float = BEAT_S) -> Iterator[None]:
        """Beat for ``name`` from a thread for as long as the block takes; the heartbeat goes when it ends in order."""
        over = threading.Event()
        self.beat(name)

        def keep() -> None:
            while not over.wait(every_s):
                try:
                    self.beat(name)
                except (OSError, Damaged):
                    # Full, read-only or replaced: whoever works here meets that itself, and the next beat may succeed.
                    continue

        thread = threading.Thread(target=keep, name=f"heart of {name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.beat(name, stop=True)

    def pulse(self, name: str) -> Pulse:
        """Return what the heartbeat of ``name`` says; whatever lies there, nothing is raised.

        A name that nobody of ours can have has no heartbeat: it may come from a file of others, and be a path.
        """
        return self._pulse(name, runs)

    def pulses(self, names: Iterable[str]) -> Mapping[str, Pulse]:
        """Return the same of many; a process that several have in common is looked at once."""
        looked_at = lru_cache(maxsize=None)(runs)
        return {name: self._pulse(name, looked_at) for name in names}

    def _pulse(self, name: str, runs: Callable[[ProcessId, Where], bool | None]) -> Pulse:
        if not is_name(name):
            return Pulse(Life.UNKNOWN)
        path = self._folder / name
        try:
            beaten_at = path.lstat().st_mtime
            document = json.loads(read_bytes(path, limit_bytes=_LIMIT_BYTES))
            who, where, children = _read(document)
            is_there = runs(who, where)
            if is_there is False:
                return Pulse(Life.ORPHANED if any_runs(children, where) else Life.GONE, beaten_at, who.pid)
        except (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError, Damaged):
            return Pulse(Life.UNKNOWN)
        fresh = time.time() - beaten_at <= SILENT_S
        return Pulse(Life.ALIVE if fresh else Life.SILENT, beaten_at, who.pid)


def _read(document: Any) -> tuple[ProcessId, Where, list[ProcessId]]:
    who = ProcessId(int(document["pid"]), float(document["started"]))
    children = [ProcessId(int(pid), float(started)) for pid, started in document["children"]]
    return who, Where(str(document["boot"]), str(document["space"])), children
