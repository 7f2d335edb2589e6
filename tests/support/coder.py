"""Somebody who commits code and milestones, for tests about who wrote a line."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onecontext.api import Memory
from onecontext.recall.blame import Blame

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Coder:
    """A person or an agent who commits code and milestones, a minute apart each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.minutes = 0
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def now(self) -> datetime:
        return START + timedelta(minutes=self.minutes)

    def git(self, *args: str) -> str:
        told = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in self._who().items()}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *args], capture_output=True, text=True, check=True, env=os.environ | told
        )
        return done.stdout.strip()

    def _who(self) -> dict[str, str]:
        return {"NAME": "hand", "EMAIL": "hand@x", "DATE": self.now().isoformat()}

    def code(self, text: str, name: str = "app.py") -> str:
        """Commit ``text`` as a file and return the commit."""
        self.minutes += 1
        (self.folder / name).parent.mkdir(exist_ok=True, parents=True)
        (self.folder / name).write_bytes(text.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"minute {self.minutes}")
        return self.git("rev-parse", "HEAD")

    def memory(self, branch: str | None = None, agent: str = "ann") -> Memory:
        """Make the memory, or open it on a branch, which is made where it is not there."""
        self.minutes += 1
        memory = Memory.init(self.folder, agent=agent, clock=self.now)
        if branch is not None and branch not in [known.name for known in memory.branches()]:
            memory.create_branch(branch, purpose=f"to do {branch}")
        return Memory.open(self.folder, branch=branch, agent=agent, clock=self.now)

    def milestone(self, memory: Memory, text: str, commit: str | None = None, **links: str) -> str:
        self.minutes += 1
        return memory.commit(text, code_commit=commit, **links).id


def told(blame: Blame) -> list[str | None]:
    """Return the milestone's id of each line."""
    origins = [blame.origins.get(line.commit or "") for line in blame.lines]
    return [origin.milestone.id if origin and origin.milestone else None for origin in origins]
