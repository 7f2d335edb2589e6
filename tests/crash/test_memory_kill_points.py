"""SIGKILL before each call that changes the disk, and inside of each write, of every operation.

Each case runs an operation in a process that kills itself at a chosen call. The ordinary run takes some of the calls of
each operation by chance, the deep one all of them.
"""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from onecontext.memory import recording, steps
from tests.support.kills import Warm
from tests.support.memory import check, new_memory

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
POINTS, TORN = 9, 4
MEMORY_EVERY = 25
START = """
memory = Memory.open(path)
def step(words, on=None):
    (on or memory).step(words)
    ack("step", words)
def commit(words, on=None, **more):
    (on or memory).commit(words, **more)
    ack("commit", words)
"""
# What comes before ``arm()`` is not killed. Each is told a number of its own, and begins from what the last one left.
OPERATIONS = {
    "step": "arm(); step(f's{number}'); step(f't{number}')",
    "commit": "step(f's{number}'); arm(); commit(f'c{number}'); step(f't{number}'); commit(f'd{number}')",
    "flush": """
for n in range(3): step(f's{number}.{n}'); commit(f'c{number}.{n}')
step(f't{number}'); arm(); memory.flush()
""",
    "full": """
from onecontext.memory import recording
recording.BATCH = 3
arm()
for n in range(4): step(f's{number}.{n}'); commit(f'c{number}.{n}')
""",
    "together": """
from onecontext.store import tidying
tidying.TOGETHER = 2
for n in range(3): commit(f'b{number}.{n}'); memory.flush()
arm()
for n in range(2): commit(f'c{number}.{n}'); memory.flush()
""",
    "branch": """
step(f's{number}'); commit(f'c{number}'); arm()
branch = memory.create_branch(f'b{number}', purpose='trying')
step(f't{number}', branch); commit(f'd{number}', branch)
""",
    "merge": """
branch = memory.create_branch(f'b{number}', purpose='trying')
step(f's{number}', branch); commit(f'c{number}', branch); commit(f'd{number}'); step(f't{number}')
arm(); memory.merge(f'b{number}')
""",
    "switch": """
branch = memory.create_branch(f'b{number}')
step(f's{number}'); step(f't{number}', branch); commit(f'c{number}'); step(f'u{number}')
arm(); memory.switch(f'b{number}'); step(f'v{number}', branch); memory.switch('main')
""",
    "rollback": """
one = memory.commit(f'one{number}')
pin = memory.pin(f'pinned {number}')
arm(); step(f's{number}'); memory.rollback(pin.commit)
""",
    "delete": """
branch = memory.create_branch(f'b{number}')
step(f's{number}', branch); commit(f'c{number}', branch); memory.merge(f'b{number}')
arm(); memory.delete_branch(f'b{number}')
""",
    "restore": """
branch = memory.create_branch(f'b{number}')
memory.delete_branch(f'b{number}')
arm(); memory.restore_branch(f'b{number}'); step(f's{number}', branch); commit(f'c{number}', branch)
""",
    "tag": """
commit(f'c{number}'); arm(); memory.tag(f't{number}'); commit(f'd{number}'); memory.delete_tag(f't{number}')
""",
    "pin": "commit(f'c{number}'); arm(); memory.pin(f'fact {number}'); memory.unpin(f'fact {number}')",
    "purpose": """
step(f's{number}'); commit(f'c{number}'); step(f't{number}')
arm(); commit(f'd{number}', purpose=f'p{number}')
""",
    "edit": """
from pathlib import Path
commit(f'c{number}')
(Path(memory.path) / 'main.md').write_text(f'# Roadmap {number}')
arm(); step(f's{number}'); commit(f'd{number}'); memory.flush()
""",
    "conflict": r"""
branch = memory.create_branch(f'b{number}')
branch.write_main(f'# R\n\n## A\n\ntheirs {number}\n'); memory.write_main(f'# R\n\n## A\n\nours {number}\n')
commit(f'c{number}'); arm(); memory.merge(f'b{number}')
for conflict in memory.conflicts(): memory.resolve_conflict(conflict.id, 'theirs')
step(f's{number}')
""",
}
LEFT = """
import os
for n in range(3): step(f's{number}.{n}'); commit(f'c{number}.{n}')
step(f't{number}')
os.kill(os.getpid(), 9)
"""
REPLAY = "arm(); memory.milestones(limit=1); step(f'u{number}')"


class Watched:
    """A memory in which one case after the other runs, and what all of them have acknowledged."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder, self._chance, self._made = folder, chance, 0
        self._begin()

    def _begin(self) -> None:
        self._made += 1
        folder = self._folder / f"memory-{self._made}"
        folder.mkdir()
        self.memory = new_memory(folder)
        self.memory.commit("first")
        self._steps: list[str] = []
        self._milestones: list[str] = ["first"]
        self._cases = 0

    def take(self, acknowledged: list[list[str]]) -> None:
        """Believe what a child said, and see that it is so."""
        self._steps += [words[1] for words in acknowledged if words[0] == "step"]
        self._milestones += [words[1] for words in acknowledged if words[0] == "commit"]

    def verify(self) -> None:
        """Whatever was acknowledged is there once, and the next operations work."""
        self._cases += 1
        fsck = self._chance.random() < (1.0 if DEEP else 0.3)
        if fsck:
            git = ["git", "-C", str(self.memory.path), "fsck", "--strict", "--no-dangling"]
            done = subprocess.run(git, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr + done.stdout
        if self._chance.random() < 0.5:
            # As another process would find it; else with what this one remembers from before the kill.
            recording._kept.clear()
            steps._kept.clear()
        found_steps, found = self._found()
        assert [one for one in self._steps if found_steps.count(one) != 1] == []
        assert [one for one in self._milestones if found.count(one) != 1] == []
        self.memory.step(f"after {self._cases}")
        self.memory.commit(f"after {self._cases}")
        assert self._found()[1].count(f"after {self._cases}") == 1
        if fsck:
            # A switch that was cut off is finished by whoever writes one of its branches next.
            for branch in self.memory.branches():
                if branch.current:
                    self.memory.on(branch.name).step(f"finished {self._cases}")
            check(self.memory.path)
        if self._cases % MEMORY_EVERY == 0:
            self._begin()

    def _found(self) -> tuple[list[str], list[str]]:
        """Return all steps and milestones, each as often as the branch that it was written on tells it."""
        observations, contributions = [], []
        for branch in self.memory.branches():
            handle = self.memory.on(branch.name)
            steps = [step for step in handle.steps() if step.branch == branch.name]
            assert not any(step.edited for step in steps)
            observations += [step.observation for step in steps]
            contributions += [m.contribution for m in handle.milestones() if m.branch == branch.name]
        for name in self.memory.deleted_branches():
            # A deleted branch of these cases was merged before.
            steps = [step for step in self.memory.steps() if step.branch == name]
            observations += [step.observation for step in steps]
            contributions += [m.contribution for m in self.memory.milestones() if m.branch == name]
        return observations, contributions


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    (tmp_path / "reports").mkdir()
    with Warm(tmp_path / "reports") as server:
        yield server


@pytest.mark.timeout(3600 if DEEP else 120)
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_an_operation_killed_at_any_call_loses_nothing(operation: str, tmp_path: Path, warm: Warm) -> None:
    chance = random.Random(seed := random.randrange(2**32))
    watched = Watched(tmp_path, chance)
    work = START + OPERATIONS[operation]
    whole = warm.run(work, watched.memory.path, 0)
    watched.take(whole.acknowledged)
    watched.verify()
    points = [(n, 0.0) for n in range(whole.calls)]
    torn = [(n, part) for n in whole.writes for part in (0.1, 0.5, 0.95)]

    killed = 0
    chosen = [*_some(points, POINTS, chance), *_some(torn, TORN, chance)]
    for number, (call, part) in enumerate(chosen, 1):
        ended = warm.run(work, watched.memory.path, number, dies_at=call, part=part)
        killed += ended.killed
        watched.take(ended.acknowledged)
        try:
            watched.verify()
        except BaseException as error:
            error.add_note(f"{operation}, call {call}, part {part}; seed {seed}, memory {watched.memory.path}")
            raise
    # One that ends in another round than the first may have a few calls less.
    assert killed >= len(chosen) // 2


def _some(points: list[tuple[int, float]], count: int, chance: random.Random) -> list[tuple[int, float]]:
    return points if DEEP else chance.sample(points, min(count, len(points)))


@pytest.mark.timeout(3600 if DEEP else 120)
def test_a_replay_killed_at_any_call_again_and_again_loses_and_doubles_nothing(tmp_path: Path, warm: Warm) -> None:
    chance = random.Random(random.randrange(2**32))
    watched = Watched(tmp_path, chance)

    def left(number: int) -> None:
        watched.take(warm.run(START + LEFT, watched.memory.path, number).acknowledged)

    left(0)
    calls = warm.run(START + REPLAY, watched.memory.path, 0).calls
    assert calls > 20
    for number, call in enumerate(range(calls) if DEEP else sorted(chance.sample(range(calls), 2 * POINTS)), 1):
        left(number)
        ended = warm.run(START + REPLAY, watched.memory.path, number, dies_at=call)
        watched.take(ended.acknowledged)
        if number % 2:
            later = chance.randrange(calls)
            watched.take(warm.run(START + REPLAY, watched.memory.path, -number, dies_at=later).acknowledged)
        watched.verify()
