"""Whatever is done in whatever order: every acknowledged record stays in reach, each branch tells what it should."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from onecontext import Memory
from onecontext.errors import BranchExists, CurrentBranch, PendingSteps, UnknownBranch, UsageError
from onecontext.records import Milestone
from onecontext.store.objects import Objects
from tests.support.memory import check, git, new_memory

EXAMPLES = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 25
BRANCHES = ["main", "one", "two"]
ON = st.sampled_from(BRANCHES)
MOVES = st.one_of(
    st.tuples(st.just("step"), ON, ON),
    st.tuples(st.just("commit"), ON, ON),
    st.tuples(st.just("merge"), ON, ON),
    st.tuples(st.sampled_from(["step", "commit", "branch", "merge", "switch", "delete", "restore", "pin"]), ON, ON),
    st.tuples(st.just("rollback"), ON, st.integers(0, 7)),
    st.tuples(st.just("rollback"), ON, st.integers(0, 7)),
)
REFUSED = (BranchExists, CurrentBranch, PendingSteps, UnknownBranch)


class Model:
    """What was acknowledged, and what each branch should tell of its own milestones after each of its commits."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.milestones: dict[str, Milestone] = {}
        self.steps: set[str] = set()
        self.told: dict[str, list[str]] = {"main": []}
        # Branch to the states it can go back to: commit, and what it told of its own.
        self.states: dict[str, list[tuple[str, list[str]]]] = {"main": [(self.tip("main"), [])]}

    def tip(self, branch: str) -> str:
        self.memory.on(branch).flush()
        return str(self.memory.layout.tip(branch))

    def do(self, what: str, name: str, other: str | int) -> None:
        memory = self.memory.on(name) if what not in ("branch", "restore") else self.memory
        if what == "step":
            words = f"step {len(self.steps)} on {name}"
            memory.step(words)
            self.steps.add(words)
        elif what == "commit":
            self.recorded(name, memory.commit(f"milestone {len(self.milestones)} on {name}"))
        elif what == "branch":
            self.memory.on(str(other)).create_branch(name)
            self.told[name], self.states[name] = [], [(self.tip(name), [])]
        elif what == "merge" and name == other:
            with pytest.raises(UsageError, match="into itself"):
                memory.merge(name)
        elif what == "merge":
            merged = memory.merge(str(other))
            assert memory.merge(str(other)).already
            if merged.milestone:
                self.recorded(name, merged.milestone)
        elif what == "switch":
            memory.switch(name)
        elif what == "delete":
            memory.delete_branch(name)
        elif what == "restore":
            memory.restore_branch(name)
        elif what == "pin":
            memory.pin(f"fact {len(self.states[name])}")
            self.states[name].append((self.tip(name), self.told[name]))
        else:
            commit, told = self.states[name][int(other) % len(self.states[name])]
            done = memory.rollback(commit)
            assert Objects(memory.layout).tree_of(self.tip(name)) == Objects(memory.layout).tree_of(commit) == done.tree
            self.told[name] = told
            self.states[name].append((self.tip(name), told))

    def recorded(self, branch: str, milestone: Milestone) -> None:
        self.milestones[milestone.id] = milestone
        self.told[branch] = [*self.told[branch], milestone.id]
        self.states[branch].append((self.tip(branch), self.told[branch]))

    def verify(self) -> None:
        check(self.memory.path)
        for milestone in self.milestones.values():
            assert self.memory.show(milestone.id) == milestone
            assert self.memory.show(str(milestone.commit)).commit == milestone.commit
        for branch in self.memory.branches():
            own = [m.id for m in self.memory.on(branch.name).milestones() if m.branch == branch.name]
            assert own[::-1] == self.told[branch.name]
        assert self.steps <= in_reach(self.memory)


def in_reach(memory: Memory) -> set[str]:
    """Return the observations in the log files of all commits that refs reach, and in the pending logs."""
    named = [found.split(" ", 1) for found in git(memory.path, "rev-list", "--all", "--objects").splitlines()]
    blobs = {words[0] for words in named if len(words) == 2 and "/log/" in words[1] and words[1].endswith(".md")}
    objects = Objects(memory.layout)
    texts = [objects.blob(blob) for blob in sorted(blobs)]
    for branch in memory.branches():
        log = memory.layout.place(branch.name).folder / "branches" / branch.name / "log.md"
        texts.append(log.read_bytes() if log.exists() else b"")
    prefix = "**Observation:** "
    return {row.removeprefix(prefix) for text in texts for row in text.decode().splitlines() if row.startswith(prefix)}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOVES, min_size=4, max_size=24))
def test_every_acknowledged_record_stays_in_reach(moves: list[tuple[str, str, str | int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Model(new_memory(Path(folder)))
        model.do("branch", "one", "main")
        model.do("branch", "two", "one")
        for what, name, other in moves:
            try:
                model.do(what, name, other)
            except REFUSED as error:
                event(f"{what} refused: {type(error).__name__}")
        model.verify()
