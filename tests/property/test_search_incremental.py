"""Whatever is done in whatever order: an index that followed it finds what one made anew finds, scored alike."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from onecontext import Memory
from onecontext.errors import OneContextError
from onecontext.recall.search import Hit
from tests.support.memory import new_memory
from tests.support.searching import WORDS, database, found, made_anew

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
EXAMPLES = 200 if DEEP else 15
BRANCHES = ["main", "one", "two"]
ON = st.sampled_from(BRANCHES)
MOVES = st.one_of(
    st.tuples(st.sampled_from(["step", "commit", "merge", "branch"]), ON, ON, st.integers(0, 9)),
    st.tuples(st.sampled_from(["step", "commit", "steps", "look"]), ON, ON, st.integers(0, 9)),
    st.tuples(st.sampled_from(["rollback", "delete", "restore", "switch", "pin"]), ON, ON, st.integers(0, 9)),
    st.tuples(
        st.sampled_from(["edit main", "edit history", "edit shown", "edit log", "git ref"]), ON, ON, st.integers(0, 9)
    ),
)


class World:
    """A memory, and every tip that its branches ever had."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.tips: dict[str, list[str]] = {}

    def note(self) -> None:
        for name in self.memory.layout.branches():
            self.memory.on(name).flush()
            tip = str(self.memory.layout.tip(name))
            if tip not in self.tips.setdefault(name, []):
                self.tips[name].append(tip)

    def do(self, what: str, name: str, other: str, number: int) -> None:
        memory = self.memory.on(name) if what not in ("branch", "restore", "look") else self.memory
        folder = memory.layout.place(name).folder
        if what == "step":
            memory.step(f"step {number} 決定 of pack.py", f"see onecontext/recall/pack.py on {name}")
        elif what == "steps":
            for at in range(40):
                memory.step(f"step {at} of {number}")
                memory.commit(f"milestone {at} of {number} on {name}")
        elif what == "commit":
            memory.commit(f"milestone {number} on {name}")
        elif what == "branch":
            self.memory.on(other).create_branch(name, purpose=f"a step to {other}")
        elif what == "merge":
            memory.merge(other)
        elif what == "switch":
            memory.switch(name)
        elif what == "delete":
            memory.delete_branch(name)
        elif what == "restore":
            memory.restore_branch(name)
        elif what == "pin":
            memory.pin(f"fact {number}")
        elif what == "rollback":
            memory.rollback(self.tips[name][number % len(self.tips[name])])
        elif what == "edit main":
            edit(folder / "main.md", "Decisions", f"Decisions of {number}\n\n## Roadmap {number}\n\nfact {number}\n")
            memory.commit("milestone after an edit")
        elif what == "edit history":
            edit(folder / f"branches/{name}/commit/0000.md", "milestone", "milestones that were")
            memory.commit("milestone after an edit of history")
        elif what == "edit shown":
            edit(folder / f"branches/{name}/commit.md", "milestone", "roadmap")
            memory.commit("milestone after an edit of what is shown")
        elif what == "edit log":
            edit(folder / f"branches/{name}/log.md", f"step {number}", "two steps")
        elif what == "git ref":
            # What git does by hand: the branch is where it was once.
            memory.layout.ref(name).write_text(self.tips[name][number % len(self.tips[name])] + "\n")


def edit(path: Path, old: str, new: str) -> None:
    if path.exists():
        path.write_text(path.read_text().replace(old, new, 1))


def told(hits: list[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.kind, hit.id, hit.text, hit.at))


@pytest.mark.timeout(3600 if DEEP else 240)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(MOVES, min_size=1, max_size=25))
def test_an_index_that_followed_finds_what_one_made_anew_finds(moves: list[tuple[str, str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        world = World(new_memory(Path(name)))
        world.note()
        found(world.memory, "step")
        followed = database(world.memory)
        for move in moves:
            try:
                world.do(*move)
                event(move[0])
            except (OneContextError, KeyError):
                event(f"{move[0]} refused")
            world.note()
            found(world.memory, "step")

        assert database(world.memory) == followed, "it was made anew, so something in it was wrong"
        for query in WORDS:
            for branch in (None, *world.memory.layout.branches()):
                assert told(found(world.memory, query, branch=branch)) == told(
                    made_anew(world.memory, query, branch=branch)
                )
                assert told(found(world.memory, query, branch=branch, agent="ann", kind="step")) == told(
                    made_anew(world.memory, query, branch=branch, agent="ann", kind="step")
                )
