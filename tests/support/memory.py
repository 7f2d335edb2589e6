"""What the tests of the memory share: a counted clock and counted ids, and git as the referee."""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from onecontext.api import Memory
from onecontext.memory.recording import settle
from onecontext.store.ahead import waiting
from onecontext.store.layout import Layout

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Ticking:
    """A clock that moves a second each time it is read, and ids that count."""

    def __init__(self) -> None:
        self._times: Iterator[int] = count()
        self._ids: Iterator[int] = count(1)

    def now(self) -> datetime:
        return START + timedelta(seconds=next(self._times))

    def new_id(self) -> str:
        return f"{next(self._ids):08x}"


def new_memory(folder: Path, *, purpose: str = "a till", agent: str = "ann") -> Memory:
    ticking = Ticking()
    return Memory.init(folder, purpose=purpose, agent=agent, clock=ticking.now, new_id=ticking.new_id)


def git(memory: Path, *args: str) -> str:
    """Run the git command in the memory and return what it prints; it must succeed and complain of nothing.

    What this process has on record is put into git first, as at its end.
    """
    layout = Layout(next(folder for folder in (memory, *memory.parents) if (folder / ".git").is_dir()))
    for branch in waiting(layout):
        settle(layout, branch)
    done = subprocess.run(["git", "-C", str(memory), *args], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {args}: {done.stdout}{done.stderr}"
    assert "error" not in done.stderr
    assert "warning" not in done.stderr, done.stderr
    return done.stdout


def shown(place: Path, *paths: str) -> Path:
    """Have a linked work tree show files that it hides, as a person does who wants to edit them there; return it."""
    git(place, "update-index", "--no-skip-worktree", *paths)
    git(place, "restore", *paths)
    return place


def check(memory: Path) -> None:
    """Let git judge: every object is sound, and nothing but pending logs differs from what was committed."""
    git(memory, "fsck", "--strict", "--no-dangling")
    # Of a branch that a killed switch was showing here, its log may be all that is left: git would name the folder.
    status = git(memory, "status", "--porcelain", "--untracked-files=all")
    changed = [line for line in status.splitlines() if not line.endswith("/log.md")]
    assert not changed, changed


def recalled(text: str) -> str:
    """Return what stands inside the fence of a context or search, without the number that marks our lines."""
    opening, inside, closing = re.fullmatch(
        r"(<memory-\d+> [^\n]*\n)(.*)\n(</memory-\d+>)", text.rstrip("\n"), re.DOTALL
    ).groups()  # type: ignore[union-attr]
    number = opening.split("-")[1].partition(">")[0]
    assert closing == f"</memory-{number}>"
    return re.sub(rf"^(## |\[){number} ", r"\1", inside, flags=re.MULTILINE)
