"""The memory of one task: a branch of its own, whose milestones are also told to the journal.

Rule 1: a milestone with a key is there once: its record id is made of the key, so that who takes up an attempt again
    finds it where an interrupted run recorded it.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass

from onecontext.api import Memory
from onecontext.errors import BranchExists, UnknownBranch
from onecontext.records import Milestone
from teams.mission.attempt.effects import key_of
from teams.mission.site import Site
from teams.protocol.board.task import Task

_NEWEST = 200
"""Milestones among which one of an interrupted attempt is looked for; its branch is written by that attempt alone."""
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

        def opened() -> Memory:
            return Memory.open(site.memory.path, branch=name, agent=agent, session=site.mission)

        try:
            return cls(site, task, opened())
        except UnknownBranch:
            with suppress(BranchExists):  # somebody else at work on the task was quicker
                site.memory.create_branch(name, purpose=task.subject)
            return cls(site, task, opened())

    def commit(self, contribution: str, *, code_commit: str | None = None, key: str | None = None) -> str:
        """Record a milestone and return its record id.

        Args:
            code_commit: links the user's repository; None links none.
            key: a UUID that says what makes it the same when it is recorded again; None: it is another each time.
        """
        again = key is not None and self.site.past.is_taken_up_again(self.task.id, self.task.attempt)
        return commit(
            self.site, self.memory, contribution, key=key, look=again, code_commit=code_commit, task=self.task
        )

    def commit_once(self, contribution: str, *, code_commit: str | None = None) -> str:
        """Record a milestone that an attempt has once: the same words again are the same milestone."""
        key = key_of(self.site.mission, self.task, "milestone", contribution)
        return self.commit(contribution, code_commit=code_commit, key=key)

    def step(self, observation: str = "", thought: str = "", action: str = "") -> object:
        """Append one step, durable when it returns."""
        return self.memory.step(observation, thought, action)

    def context(self, *, budget: int | None = None, commit: str | None = None, for_: str | None = None) -> object:
        """Return what matters now, one record in full, or what matters for the task, within ``budget`` tokens.

        Any purpose is the task in the words of its plan: around them a worker is told ids and commands, which many
        records of other tasks have as well.
        """
        about = None if for_ is None else f"{self.task.subject}\n{self.task.description}".strip()
        # A task that another program wrote may have no word.
        return self.memory.context(budget=budget, commit=commit, for_=about or None)

    def search(self, query: str, *, budget: int | None = None) -> object:
        """Return the best answers of the whole memory, other tasks' branches too, within ``budget`` tokens."""
        return self.memory.search(query, budget=budget)

    def merge(self) -> None:
        """Bring what was learned on the task into the mission's memory; a second time writes nothing."""
        merged = self.site.memory.merge(self.memory.branch, summary=self.task.subject)
        if merged.milestone is not None:
            tell(self.site, self.site.memory, merged.milestone, f"merged {self.memory.branch}", task=self.task)


def commit(
    site: Site,
    memory: Memory,
    contribution: str,
    *,
    key: str | None,
    look: bool,
    code_commit: str | None = None,
    task: Task | None = None,
) -> str:
    """Record a milestone of ``memory`` and tell the journal; return its record id.

    Args:
        key: of which its id is made; None: a new one. ``look``: it may be there already, and is then not made again.
    """
    if key is not None and look:
        there = next((one for one in memory.milestones(limit=_NEWEST) if one.id == key[:8]), None)
        if there is not None:
            if not _is_told(site, there.id):
                tell(site, memory, there, contribution, task=task)
            return there.id
    writer = memory if key is None else _with_id(memory, key[:8], session=site.mission if task else "")
    key_of_task = task.key if task else None
    milestone = writer.commit(contribution, code_commit=code_commit, task=key_of_task, mission=site.mission)
    tell(site, memory, milestone, contribution, task=task)
    return milestone.id


def _with_id(memory: Memory, record: str, *, session: str) -> Memory:
    """Return a handle whose next record has this id; an edit by hand that it finds first has it instead."""
    ids = iter((record,))
    return Memory.open(
        memory.path,
        branch=memory.branch,
        agent=memory.agent,
        session=session,
        new_id=lambda: next(ids, None) or os.urandom(4).hex(),
    )


def _is_told(site: Site, record: str) -> bool:
    return any(event.data.get("record") == record for event in site.journal.read(types=("memory.committed",)))


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
