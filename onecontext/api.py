"""``Memory``: everything an agent does with its memory, in one small class.

Rule 1: a handle writes one branch as one agent; handles on different branches never wait for each other, and handles
        on one branch queue, in threads and in processes alike.
Rule 2: the clock and the source of ids can be handed in; nothing here reads the environment.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import UsageError
from onecontext.memory.locking import known_tip
from onecontext.memory.model import Author, Branch, Merge
from onecontext.memory.model import author as author_of
from onecontext.names import check_name
from onecontext.records import Milestone, Step
from onecontext.store.layout import FOLDER, Layout
from onecontext.store.surroundings import exclude, find_memory, find_repository

if TYPE_CHECKING:
    from onecontext.recall.context import Context
    from onecontext.recall.graph import GraphRow

Clock = Callable[[], datetime]
NewId = Callable[[], str]


class Memory:
    """A handle on one branch of a memory, for one agent."""

    def __init__(self, layout: Layout, branch: str, author: Author) -> None:
        self._layout = layout
        self._author = author
        self.branch = branch

    @property
    def agent(self) -> str:
        """The author of what this handle writes."""
        return self._author.agent

    @property
    def path(self) -> Path:
        """The ``.onecontext`` folder."""
        return self._layout.path

    @property
    def layout(self) -> Layout:
        """Where the parts of the memory lie."""
        return self._layout

    @classmethod
    def init(
        cls,
        path: str | Path = ".",
        *,
        agent: str = "agent",
        session: str = "",
        purpose: str = "",
        durability: str | None = None,
        clock: Clock | None = None,
        new_id: NewId | None = None,
    ) -> "Memory":
        """Make the memory of the repository (or plain folder) at ``path``, or open the one that is there.

        Inside a user's git repository it lies at the top, and ``.onecontext/`` is added to its ``info/exclude``.

        Args:
            durability: of a memory made now: "step" (None: this one), "commit" or "none"; see docs/memory.md.

        Raises:
            UsageError: there is no such durability.
            NewerFormat: a newer version made what is there; nothing was written.
        """
        from onecontext.memory.branches import init

        author = author_of(agent, session, clock, new_id)
        start = Path(path).resolve()
        repository = find_repository(start)
        layout = Layout((repository.top if repository else start) / FOLDER, durability)
        init(layout, author, purpose)
        if repository:
            exclude(repository)
        return cls.open(layout.path, agent=agent, session=session, clock=clock, new_id=new_id)

    @classmethod
    def open(
        cls,
        path: str | Path = ".",
        *,
        branch: str | None = None,
        agent: str = "agent",
        session: str = "",
        durability: str | None = None,
        clock: Clock | None = None,
        new_id: NewId | None = None,
    ) -> "Memory":
        """Open the memory that serves ``path``, found upwards; on the current branch unless one is named.

        ``durability`` is this handle's ("step", "commit" or "none"); None is the memory's own.

        Raises:
            NoMemory: there is none here or above.
            UnknownBranch: it has no such branch.
            NewerFormat: a newer version made it.
        """
        layout = Layout(find_memory(Path(path)), durability)
        layout.check_format()
        name = branch if branch is not None else layout.head()
        if name is None:
            raise UsageError("the memory's HEAD names no branch", hint="name one: --branch main, or switch to it")
        check_name(name, what="branch")
        known_tip(layout, name)
        return cls(layout, name, author_of(agent, session, clock, new_id))

    def step(self, observation: str = "", thought: str = "", action: str = "") -> Step:
        """Append a step; it is durable when this returns, at durability "step"."""
        from onecontext.memory.steps import step

        return step(self._layout, self.branch, self._author, observation, thought, action)

    def commit(
        self,
        contribution: str,
        *,
        purpose: str | None = None,
        code_commit: str | None = None,
        task: str | None = None,
        mission: str | None = None,
    ) -> Milestone:
        """Record a milestone with the steps since the last one; ``purpose`` becomes the branch's from now on."""
        from onecontext.memory.milestones import commit

        links = {"code_commit": code_commit, "task": task, "mission": mission}
        return commit(self._layout, self.branch, self._author, contribution, purpose=purpose, **links)

    def create_branch(self, name: str, *, purpose: str = "") -> "Memory":
        """Start a branch at this one's tip and return a handle on it; this handle stays where it is."""
        from onecontext.memory.branches import create

        create(self._layout, name, self._author, parent=self.branch, purpose=purpose)
        return Memory(self._layout, name, self._author)

    def on(self, branch: str) -> "Memory":
        """Return a handle on an existing branch."""
        known_tip(self._layout, branch)
        return Memory(self._layout, branch, self._author)

    def switch(self, branch: str) -> "Memory":
        """Make ``branch`` the current one, which the memory's folder shows, and return a handle on it."""
        from onecontext.memory.switching import switch

        switch(self._layout, branch, self._author)
        return Memory(self._layout, branch, self._author)

    def merge(self, source: str, *, summary: str = "") -> Merge:
        """Merge ``source`` into this branch; the second time nothing is written and ``already`` is true."""
        from onecontext.memory.merging import merge

        return merge(self._layout, source, self.branch, self._author, summary=summary)

    def branches(self) -> list[Branch]:
        """Return all branches, sorted by name."""
        from onecontext.memory.branches import listed

        return listed(self._layout)

    def milestones(self, *, limit: int | None = None) -> list[Milestone]:
        """Return milestones, newest first; their ``commit`` is None, which :meth:`show` fills in."""
        from onecontext.recall.history import History

        self._ensure_shown()
        return History(self._layout, self.branch).milestones(limit=_checked(limit))

    def steps(self, *, limit: int | None = None) -> list[Step]:
        """Return steps, newest first, pending ones included."""
        from onecontext.recall.history import History

        self._ensure_shown()
        return History(self._layout, self.branch).steps(limit=_checked(limit))

    def show(self, revision: str) -> Milestone:
        """Return one milestone: by record id, commit, unique prefix of either, or the newest of a branch."""
        from onecontext.recall import revisions

        return revisions.show(self._layout, revision)

    def diff(self, old: str, new: str) -> str:
        """Return the unified diff of the memory's files between two revisions."""
        from onecontext.recall.revisions import diff

        return diff(self._layout, old, new)

    def graph(self, *, limit: int = 200) -> "list[GraphRow]":
        """Return the newest ``limit`` commits of all branches, newest first, with their lanes."""
        from onecontext.recall.revisions import graph

        return graph(self._layout, limit=_checked(limit) or 0)

    def context(
        self,
        *,
        budget: int | None = None,
        branch: str | None = None,
        commit: str | None = None,
        log: bool = False,
        metadata: str | None = None,
        k: int = 5,
    ) -> "Context":
        """Return what matters now within ``budget`` tokens (None: all, and an estimate); see ``recall.context``."""
        from onecontext.recall.context import context
        from onecontext.text.tokens import Utf8Estimate, default_counter

        handle = self if branch is None else self.on(branch)
        handle._ensure_shown()
        return context(
            self._layout,
            handle.branch,
            counter=Utf8Estimate() if budget is None else default_counter(),
            budget=budget,
            whole=branch is None,
            commit=commit,
            log=log,
            segment=metadata,
            k=k,
        )

    def read_main(self) -> str:
        """Return the roadmap as it stands, edits by hand included."""
        from onecontext.memory.reading import read_main

        return read_main(self._layout, self.branch)

    def write_main(self, text: str) -> Milestone:
        """Replace the roadmap, as a commit; pending steps stay pending."""
        from onecontext.memory import milestones

        return milestones.write_main(self._layout, self.branch, self._author, text)

    def _ensure_shown(self) -> None:
        from onecontext.memory.reading import ensure_shown

        ensure_shown(self._layout, self.branch)


def _checked(limit: int | None) -> int | None:
    if limit is not None and limit < 0:
        raise UsageError(f"a limit of {limit} is below 0")
    return limit
