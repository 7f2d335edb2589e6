"""The memory of one task: a branch of its own, whose milestones are also told to the journal."""

import hashlib
from dataclasses import dataclass

from onecontext.api import Memory
from onecontext.records import Milestone
from teams.mission.site import Site
from teams.protocol.board.task import Task

KEY_CHARACTERS = 48
"""Of a key in the name of a branch, which has 64 at most."""


def branch_of(mission: str, key: str) -> str:
    """Return the memory branch of a task: its key, and the part of the mission's name that no other has.

    A key that would leave no room for the mission is cut; a checksum of the whole of it keeps two such apart.
    """
    if len(key) > KEY_CHARACTERS:
        checksum = hashlib.sha256(key.encode()).hexdigest()[:8]
        key = f"{key[: KEY_CHARACTERS - 9].rstrip('-._')}-{checksum}"
    return f"{key}.{mission.rsplit('-', 1)[-1][:15]}"


@dataclass(frozen=True)
class Notebook:
    """A handle on a task's memory branch for one agent."""

    site: Site
    task: Task
    memory: Memory

    @classmethod
    def open(cls, site: Site, task: Task, *, agent: str) -> "Notebook":
        """Open the task's branch for ``agent``, starting it from the mission's memory when it is not there yet."""
        name = branch_of(site.mission, task.key)
        lead = site.memory
        if name not in {branch.name for branch in lead.branches()}:
            lead.create_branch(name, purpose=task.subject)
        return cls(site, task, Memory.open(lead.path, branch=name, agent=agent, session=site.mission))

    def commit(self, contribution: str, *, code_commit: str | None = None) -> str:
        """Record a milestone and return its record id; ``code_commit`` links the user's repository, None links none."""
        milestone = self.memory.commit(
            contribution, code_commit=code_commit, task=self.task.key, mission=self.site.mission
        )
        tell(self.site, self.memory, milestone, contribution, task=self.task)
        return milestone.id

    def step(self, observation: str = "", thought: str = "", action: str = "") -> object:
        """Append one step, durable when it returns."""
        return self.memory.step(observation, thought, action)

    def context(self, *, budget: int | None = None) -> object:
        """Return what matters now, within ``budget`` tokens."""
        return self.memory.context(budget=budget)

    def merge(self) -> None:
        """Bring what was learned on the task into the mission's memory; a second time writes nothing."""
        merged = self.site.memory.merge(self.memory.branch, summary=self.task.subject)
        if merged.milestone is not None:
            tell(self.site, self.site.memory, merged.milestone, f"merged {self.memory.branch}", task=self.task)


def tell(site: Site, memory: Memory, milestone: Milestone, contribution: str, *, task: Task | None = None) -> None:
    """Note a milestone in the journal, for whoever watches the team."""
    site.journal.append(
        "memory.committed",
        {
            "branch": memory.branch,
            "commit": milestone.commit,
            "record": milestone.id,
            "contribution": contribution,
        },
        mission=site.mission,
        agent=memory.agent,
        task=task.id if task else None,
    )
