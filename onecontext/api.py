"""``Memory``: everything an agent does with its memory, in one small class.

Rule 1: a handle writes one branch as one agent; handles on different branches never wait for each other, and handles
        on one branch queue, in threads and in processes alike.
Rule 2: the clock and the source of ids can be handed in; nothing here reads the environment.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onecontext.errors import REPAIR, Damaged, NoMemory, UsageError
from onecontext.memory.author import Author
from onecontext.memory.author import author as author_of
from onecontext.memory.locking import known_tip
from onecontext.names import check_name, is_name
from onecontext.recall.handle import Reader
from onecontext.records import Milestone, Step
from onecontext.store.layout import Layout
from onecontext.store.surroundings import exclude, find_memory, find_repository, is_excluded, place_for

if TYPE_CHECKING:
    from onecontext.exchange.model import Export, Import
    from onecontext.memory.model import Deleted, Merge, Pins, Resolution, Rollback, Tag
    from onecontext.variables.variables import Variables

Clock = Callable[[], datetime]
NewId = Callable[[], str]


class Memory(Reader):
    """A handle on one branch of a memory, for one agent; how it reads is in :class:`Reader`."""

    def __init__(self, layout: Layout, branch: str, author: Author) -> None:
        super().__init__(layout, branch)
        self._author = author

    @property
    def agent(self) -> str:
        """The author of what this handle writes."""
        return self._author.agent

    @property
    def variables(self) -> "Variables":
        """The memory's context variables: texts too large to read, under handles (``ctx:<id>``)."""
        from onecontext.variables.variables import Variables

        return Variables(self._layout)

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

        Inside a user's git repository it lies at the top, and ``.onecontext/`` is added to its ``info/exclude``; that
        of a bare one lies in its folder. The work trees of a repository share its memory.

        Args:
            durability: of a memory made now: "step" (None: this one), "commit" or "none"; see docs/memory.md.

        Raises:
            UsageError: there is no such durability.
            NewerFormat: a newer version made what is there; nothing was written.
        """
        from onecontext.memory.branches import FIRST_BRANCH, init

        author = author_of(agent, session, clock, new_id)
        start = Path(path).resolve()
        repository = find_repository(start)
        if start.exists() and not start.is_dir():
            raise UsageError(f"{start} is no folder", hint="name the folder that the memory is for")
        layout = Layout(place_for(start, repository), durability)
        missing = repository is not None and not is_excluded(repository)
        if repository and missing:
            if (layout.git / "HEAD").exists():
                layout.check_format()
            exclude(repository)
        if init(layout, author, purpose):
            return cls(layout, FIRST_BRANCH, author)
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
            NoMemory: there is none here or above, or one whose making was cut short.
            UnknownBranch: it has no such branch.
            NewerFormat: a newer version made it.
            Damaged: what names its branches is garbled; 'onecontext doctor --repair' mends it.
        """
        layout = Layout(find_memory(Path(path)), durability)
        layout.check_format()
        name = branch if branch is not None else layout.head()
        if name is None:
            layout.check_head()
            raise UsageError("the memory's HEAD names no branch", hint="name one: --branch main, or switch to it")
        if branch is None and not is_name(name):
            raise Damaged(f"{layout.git / 'HEAD'} names something that cannot be a branch", hint=REPAIR)
        check_name(name, what="branch")
        if layout.tip(name) is None and not layout.branches():
            raise NoMemory(
                f"the memory {layout.path} was begun and never finished", hint="'onecontext init' finishes it"
            )
        if branch is None and layout.tip(name) is None:
            raise Damaged(f"{layout.git / 'HEAD'} names {name!r}, and there is no such branch", hint=REPAIR)
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
        pin: str | Sequence[str] = (),
        decision: str | Sequence[str] = (),
        question: str | Sequence[str] = (),
        supersedes: str | Sequence[str] = (),
    ) -> Milestone:
        """Record a milestone with the steps since the last one; ``purpose`` becomes the branch's from now on.

        Args:
            pin: facts that every context and summary begins with from now on; see :meth:`pin`.
            decision, question: go into main.md, under ``## Decisions`` and ``## Open questions``.
            supersedes: ids, or unique prefixes, of milestones, steps, pins, decisions and questions that hold no more
                and are not recalled from now on; they stay on record.
        """
        from onecontext.memory.milestones import commit

        return commit(
            self._layout,
            self.branch,
            self._author,
            contribution,
            purpose=purpose,
            code_commit=code_commit,
            task=task,
            mission=mission,
            pin=_several(pin),
            decisions=_several(decision),
            questions=_several(question),
            supersedes=self._fact_ids(supersedes),
        )

    def pin(self, fact: str, *, supersedes: str | Sequence[str] = ()) -> "Pins":
        """Pin a fact: every context of this branch, and of those that start at it or merge it, begins with it.

        ``supersedes`` says what it takes the place of; see :meth:`commit`.
        """
        from onecontext.memory.pins import pin

        return pin(self._settled(), self.branch, self._author, fact, supersedes=self._fact_ids(supersedes))

    def _fact_ids(self, prefixes: str | Sequence[str]) -> list[str]:
        if not prefixes:
            return []
        from onecontext.recall.known import known_id

        history = self._history(None)
        return [known_id(history, prefix) for prefix in _several(prefixes)]

    def unpin(self, fact: str) -> "Pins":
        """Take out the pinned fact that is ``fact``, or that alone begins so; the history keeps it."""
        from onecontext.memory.pins import unpin

        return unpin(self._settled(), self.branch, self._author, fact)

    def create_branch(self, name: str, *, purpose: str = "", begin: str | None = None) -> "Memory":
        """Start a branch at this one's tip and return a handle on it; this handle stays where it is.

        ``begin`` is a commit that was this branch's tip once: then the new one begins with the memory of then.
        """
        from onecontext.memory.branches import create

        create(self._settled(), name, self._author, parent=self.branch, purpose=purpose, begin=begin)
        return Memory(self._layout, name, self._author)

    def delete_branch(self, name: str) -> "Deleted":
        """Take another branch out of sight; its tip is kept, and :meth:`restore_branch` has it back."""
        from onecontext.memory.deleting import delete

        return delete(self._settled(), name, self._author)

    def restore_branch(self, name: str) -> "Memory":
        """Have a deleted branch back as it was, and return a handle on it."""
        from onecontext.memory.deleting import restore

        restore(self._settled(), name)
        return Memory(self._layout, name, self._author)

    def on(self, branch: str) -> "Memory":
        """Return a handle on an existing branch."""
        known_tip(self._layout, branch)
        return Memory(self._layout, branch, self._author)

    def switch(self, branch: str) -> "Memory":
        """Make ``branch`` the current one, which the memory's folder shows, and return a handle on it."""
        from onecontext.memory.switching import switch

        switch(self._settled(), branch, self._author)
        return Memory(self._layout, branch, self._author)

    def merge(self, source: str, *, summary: str = "") -> "Merge":
        """Merge ``source`` into this branch; the second time nothing is written and ``already`` is true."""
        from onecontext.memory.merging import merge

        return merge(self._settled(), source, self.branch, self._author, summary=summary)

    def resolve_conflict(
        self, conflict_id: str, take: Literal["ours", "theirs", "text"], *, text: str | None = None
    ) -> "Resolution":
        """Settle one conflict of a merge, as a commit; both sides stay on record."""
        from onecontext.memory.conflicts import resolve

        return resolve(self._settled(), self.branch, self._author, conflict_id, take, text=text)

    def rollback(self, revision: str) -> "Rollback":
        """Give this branch the memory it had at ``revision``, as a commit; pending steps stay pending."""
        from onecontext.memory.rollback import rollback
        from onecontext.recall.revisions import commit_of

        return rollback(self._settled(), self.branch, self._author, commit_of(self._layout, revision))

    def tag(self, name: str, revision: str | None = None) -> "Tag":
        """Give a commit a name that stays on it; without a ``revision`` it is this branch's tip."""
        from onecontext.memory.tags import create
        from onecontext.recall.revisions import commit_of

        return create(self._settled(), name, commit_of(self._layout, self.branch if revision is None else revision))

    def delete_tag(self, name: str) -> "Tag":
        """Take a tag away and return what it named; the commit stays reachable."""
        from onecontext.memory.tags import delete

        return delete(self._settled(), name, self._author)

    def flush(self) -> None:
        """Put the milestones of this branch that are on record into git now, for programs that read it with git.

        Without it that happens a moment after the last milestone, at the end of the process, and before anything of
        ours reads the branch. Leaving a ``with`` block of this handle does the same.

        Raises:
            StorageError: full or read-only; they are on record still.
        """
        from onecontext.memory.recording import settle

        settle(self._layout, self.branch)

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *raised: object) -> None:
        self.flush()

    def write_main(self, text: str, *, over: str | None = None) -> Milestone:
        """Replace the roadmap, as a commit; pending steps stay pending.

        Args:
            over: the roadmap that ``text`` was made of, as :meth:`read_main` gave it; None replaces whatever is there.

        Raises:
            Conflict: the roadmap is not ``over`` any more; it stands as it is.
        """
        from onecontext.memory import milestones

        return milestones.write_main(self._settled(), self.branch, self._author, text, over=over)

    def export(self, directory: str | Path, *, layout: str = "gcc") -> "Export":
        """Write all branches into ``directory`` (new, empty, or an earlier export) as other programs read them."""
        from onecontext.exchange.exporting import export

        return export(self._settled(), Path(directory), layout)

    def import_from(self, directory: str | Path, *, layout: str | None = None) -> "Import":
        """Take in the memory of another program, or an export; the second time nothing is written."""
        from onecontext.exchange.importing import import_from

        return import_from(self._settled(), self._author, self.branch, Path(directory), layout)


def _several(texts: str | Sequence[str]) -> Sequence[str]:
    return (texts,) if isinstance(texts, str) else tuple(texts)
