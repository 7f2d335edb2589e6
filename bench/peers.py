"""What the memory is measured against: the same steps and milestones kept by what a user would pick instead.

Rule 1: every peer writes the same words. Where it has no records of its own they are appended to ``log.md`` and
        ``commit.md`` and committed whole, as layouts of one file for each do.
Rule 2: a peer is used as its documentation shows; a package that is not installed is left out, and said so.

``python bench/peers.py NAME FOLDER N`` writes N steps and milestones: what the bench counts fsyncs of.
"""

import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from onecontext import Memory

_WORDS = re.findall(
    r"\w+",
    "the parser of receipts reads a line and keeps its sum because rounding to the cent was wrong in tests cart total "
    "discount applies before tax so order matters failed passed file module function returns value expected got now",
)


class Peer(Protocol):
    """Keeps steps and milestones in a folder."""

    def step(self, n: int) -> None:
        """Append step ``n``."""

    def commit(self, n: int) -> None:
        """Record milestone ``n`` with the steps since the last one."""


def words(seed: int, count: int) -> str:
    """Return ``count`` words, the same for the same seed."""
    return " ".join(random.Random(seed).choices(_WORDS, k=count))


def step_texts(n: int) -> tuple[str, str, str]:
    """Return observation, thought and action of step ``n``: some 500 bytes."""
    return f"{n}: {words(n, 45)}", words(-n - 1, 25), f"edit src/module_{n % 40}.py"


def milestone_text(n: int) -> str:
    """Return the contribution of milestone ``n``: some 200 bytes."""
    return f"{n}: {words(3 * n + 1, 32)}"


def raw_bytes(commits: int) -> int:
    """Return the bytes of the texts alone, for a milestone with one step each."""
    texts = ("".join(step_texts(n)) + milestone_text(n) for n in range(commits))
    return sum(len(text.encode()) for text in texts)


class Floor:
    """The floor: the same bytes appended to one file and fsynced, once a step and once a milestone."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "floor", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def step(self, n: int) -> None:
        self._append("".join(step_texts(n)))

    def commit(self, n: int) -> None:
        self._append(milestone_text(n))

    def _append(self, text: str) -> None:
        os.write(self._file, text.encode())
        os.fsync(self._file)


class Ours:
    """This memory."""

    def __init__(self, folder: Path) -> None:
        self.memory = Memory.init(folder, purpose="measure")

    def step(self, n: int) -> None:
        self.memory.step(*step_texts(n))

    def commit(self, n: int) -> None:
        self.memory.commit(milestone_text(n))


class Contexa:
    """The published Python implementation of the layout: plain files, no git, no fsync."""

    def __init__(self, folder: Path) -> None:
        from contexa import GCCWorkspace

        self.workspace = GCCWorkspace(str(folder))
        self.workspace.init("measure")

    def step(self, n: int) -> None:
        self.workspace.log_ota(*step_texts(n))

    def commit(self, n: int) -> None:
        self.workspace.commit(milestone_text(n))


class _WholeFiles:
    """``log.md`` and ``commit.md``, appended to without fsync."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def step(self, n: int) -> None:
        with (self.folder / "log.md").open("a") as file:
            file.write("### Step {}\n{}\n{}\n{}\n\n---\n".format(n, *step_texts(n)))

    def _note(self, n: int) -> None:
        with (self.folder / "commit.md").open("a") as file:
            file.write(f"## Commit {n}\n{milestone_text(n)}\n\n---\n")


class GitCommand(_WholeFiles):
    """``git add`` and ``git commit``; ``fsync`` None leaves git's default, which syncs packs but no loose object."""

    def __init__(self, folder: Path, fsync: str | None = None) -> None:
        super().__init__(folder)
        self._git("init", "-q", "-b", "main")
        settings = {"user.name": "bench", "user.email": "bench@localhost", "gc.auto": "0"}
        for key, value in {**settings, **({"core.fsync": fsync} if fsync else {})}.items():
            self._git("config", key, value)

    def commit(self, n: int) -> None:
        self._note(n)
        self._git("add", "-A")
        self._git("commit", "-q", "-m", f"milestone {n}")

    def _git(self, *args: str) -> None:
        subprocess.run(["git", "-C", str(self.folder), *args], check=True, capture_output=True)


class GitCommandSynced(GitCommand):
    """The git command with ``core.fsync=all``: loose objects, refs and index are fsynced."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "all")


class Dulwich(_WholeFiles):
    """dulwich's porcelain: ``add`` and ``commit``; it fsyncs nothing."""

    def __init__(self, folder: Path) -> None:
        from dulwich import porcelain

        super().__init__(folder)
        self._porcelain = porcelain
        self._repository = porcelain.init(str(folder))

    def commit(self, n: int) -> None:
        self._note(n)
        paths = [str(path) for path in self.folder.glob("*.md")]
        self._porcelain.add(self._repository, paths)
        who = b"bench <bench@localhost>"
        self._porcelain.commit(self._repository, message=f"milestone {n}".encode(), author=who, committer=who)


class GitPython(_WholeFiles):
    """GitPython's index in this process: ``index.add`` and ``index.commit``; it fsyncs nothing."""

    def __init__(self, folder: Path) -> None:
        import git

        super().__init__(folder)
        self._repository = git.Repo.init(folder)
        self._who = git.Actor("bench", "bench@localhost")

    def commit(self, n: int) -> None:
        self._note(n)
        self._repository.index.add([path.name for path in self.folder.glob("*.md")])
        self._repository.index.commit(f"milestone {n}", author=self._who, committer=self._who)


PEERS: dict[str, tuple[str, Callable[[Path], Peer]]] = {
    "one append + fsync": ("os", Floor),
    "onecontext": ("onecontext", Ours),
    "contexa": ("contexa", Contexa),
    "git add + commit": ("os", GitCommand),
    "git, core.fsync=all": ("os", GitCommandSynced),
    "dulwich": ("dulwich", Dulwich),
    "GitPython": ("git", GitPython),
}


def installed() -> dict[str, Callable[[Path], Peer]]:
    """Return the peers that can be measured here; the others are named on the screen."""
    missing = [name for name, (package, _) in PEERS.items() if find_spec(package) is None]
    if missing:
        print(f"not installed, left out: {', '.join(missing)} (pip install contexa==1.1.2 dulwich GitPython)")
    return {name: make for name, (_, make) in PEERS.items() if name not in missing}


def fsyncs(name: str, folder: Path) -> float | None:
    """Return fsync(2) and fdatasync(2) calls of one step and one commit together; None without strace(1)."""
    if not any((Path(path) / "strace").exists() for path in os.get_exec_path()):
        return None
    counts = []
    for n in (2, 12):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            report = Path(place) / "strace"
            command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(report)]
            subprocess.run([*command, sys.executable, __file__, name, place, str(n)], check=True)
            counts.append(report.read_text().count("sync("))
    return (counts[1] - counts[0]) / 10


if __name__ == "__main__":
    chosen, place, number = sys.argv[1:]
    peer = PEERS[chosen][1](Path(place))
    for i in range(int(number)):
        peer.step(i)
        peer.commit(i)
