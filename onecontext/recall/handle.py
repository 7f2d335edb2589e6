"""``Reader``: everything that a handle on a memory reads, and nothing that it writes.

Rule 1: a reader takes no lock, but where milestones are on record that git does not have yet, or a killed writer left
        work trees that must be brought up to date first.
Rule 2: what is heavy (git, YAML, counting tokens) is imported by the call that needs it.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onecontext.errors import UsageError
from onecontext.memory.door import Door
from onecontext.memory.reading import ensure_shown, settled
from onecontext.records import Milestone, Step
from onecontext.store.layout import Layout

if TYPE_CHECKING:
    from onecontext.memory.model import Branch, KeptConflict, Tag
    from onecontext.recall.blame import Blame
    from onecontext.recall.context import Context
    from onecontext.recall.graph import GraphRow
    from onecontext.recall.history import History
    from onecontext.recall.search.model import Found


class Reader(Door):
    """A handle on one branch of a memory, for reading."""

    def __init__(self, layout: Layout, branch: str) -> None:
        self._layout = layout
        self.branch = branch

    @property
    def path(self) -> Path:
        """The ``.onecontext`` folder."""
        return self._layout.path

    @property
    def layout(self) -> Layout:
        """Where the parts of the memory lie."""
        return self._layout

    def branches(self) -> "list[Branch]":
        """Return all branches, sorted by name."""
        from onecontext.memory.branches import listed

        return listed(self._settled())

    def deleted_branches(self) -> list[str]:
        """Return the names of deleted branches that can be restored, sorted."""
        from onecontext.memory.deleting import deleted

        return deleted(self._settled())

    def tags(self) -> "list[Tag]":
        """Return all tags, sorted by name."""
        from onecontext.memory.tags import listed

        return listed(self._settled())

    def pinned(self) -> list[str]:
        """Return the pinned facts of this branch, the oldest first."""
        from onecontext.memory.facts import pinned

        return pinned(self._history(None).metadata, self.branch)

    def conflicts(self, *, resolved: bool = False) -> "list[KeptConflict]":
        """Return what merges into this branch could not unite and is open; with ``resolved`` all there ever was."""
        from onecontext.memory.conflicts import listed

        return listed(self._settled(), self.branch, resolved=resolved)

    def milestones(
        self, *, limit: int | None = None, before: str | None = None, at: datetime | None = None
    ) -> list[Milestone]:
        """Return milestones, newest first; their ``commit`` is None, which :meth:`show` fills in.

        Args:
            limit: at most so many; None is all.
            before: only those after the one of this id in the list (the next page); None starts at the newest.
            at: as they were at that time, read from git; None is now.
        """
        return self._history(at).milestones(limit=_checked(limit), before=before)

    def steps(self, *, limit: int | None = None, before: str | None = None, at: datetime | None = None) -> list[Step]:
        """Return steps, newest first, pending ones included; of the past only those that had a milestone by then."""
        return self._history(at).steps(limit=_checked(limit), before=before)

    def show(self, revision: str, *, at: datetime | None = None) -> Milestone:
        """Return one milestone: by record id, commit, unique prefix of either, or the newest of a branch or tag."""
        from onecontext.recall.revisions import show

        return show(self._settled(), revision, at=at)

    def diff(self, old: str, new: str, *, at: datetime | None = None) -> str:
        """Return the unified diff of the memory's files between two revisions; branches as they were ``at``."""
        from onecontext.recall.revisions import diff

        return diff(self._settled(), old, new, at=at)

    def blame(
        self, path: str | Path, *, first: int | None = None, last: int | None = None, revision: str | None = None
    ) -> "Blame":
        """Return which milestones wrote lines of a file of the user's repository; see :mod:`onecontext.recall.blame`.

        ``first`` and ``last`` count from 1, None is to either end; ``revision`` None is the work tree.
        """
        from onecontext.recall.blame import blame

        return blame(self._settled(), Path(path).absolute(), first=first, last=last, revision=revision)

    def graph(self, *, limit: int = 200, at: datetime | None = None, settle: bool = True) -> "list[GraphRow]":
        """Return the newest ``limit`` commits of all branches, newest first, with their lanes.

        ``settle`` False takes what git has at the moment and writes nothing, for those who only watch.
        """
        from onecontext.recall.revisions import graph

        return graph(self._settled() if settle else self._layout, limit=_checked(limit) or 0, at=at)

    def context(
        self,
        *,
        budget: int | None = None,
        branch: str | None = None,
        commit: str | None = None,
        log: bool = False,
        metadata: str | None = None,
        diff: Sequence[str] | None = None,
        for_: str | None = None,
        k: int | None = None,
        before: str | None = None,
        at: datetime | None = None,
        settle: bool = True,
    ) -> "Context":
        """Return what matters now, or ``at`` a time, within ``budget`` tokens; see :mod:`onecontext.recall.context`.

        Without a budget all is returned, and its tokens are an upper bound (``counter`` says so).

        Args:
            branch: this one alone; None tells the state of everything, seen from the handle's branch.
            commit, log, metadata, diff, for_: how deep, one at most; see :class:`onecontext.recall.asked.Asked`.
            k: how many milestones or steps; None is 5.
            before: a cursor, for the next page of ``log`` or of a ``branch``.
            settle: as in :meth:`search`.
        """
        from onecontext.recall.asked import Asked
        from onecontext.recall.context import context
        from onecontext.text.tokens import Utf8Estimate, default_counter

        name = self.branch if branch is None else branch
        asked = Asked(
            branch=name,
            named=branch is not None,
            budget=budget,
            commit=commit,
            log=log,
            segment=metadata,
            diff=None if diff is None else tuple(diff),
            purpose=for_,
            k=None if k is None else min(k, sys.maxsize),
            before=before,
            at=at,
        ).checked()
        layout = self._layout_for(settle=settle)
        if at is None and settle:
            ensure_shown(layout, name)
        # Loading the real encoding takes longer than all the rest, where nothing is to be fitted.
        return context(layout, asked, counter=Utf8Estimate() if budget is None else default_counter())

    def search(
        self,
        query: str,
        *,
        branch: str | None = None,
        agent: str | None = None,
        since: datetime | None = None,
        kind: Literal["step", "milestone", "main", "metadata"] | None = None,
        k: int = 10,
        budget: int | None = None,
        embed: Callable[[Sequence[str]], Sequence[Sequence[float]]] | None = None,
        settle: bool = True,
    ) -> "Found":
        """Return the ``k`` best answers to a few words, in ``budget`` tokens; see :mod:`onecontext.recall.search`.

        Steps (pending ones too), milestones, sections of main.md and metadata of all branches are searched, unless
        ``branch``, ``agent``, ``since`` or ``kind`` say which. Without a budget all is returned.
        ``embed`` turns texts into vectors, one each; what they mean then counts besides the words they have.
        ``settle`` False writes nothing, for those who only watch: milestones that git does not have yet are not found,
        and an index that is behind is left so (:mod:`onecontext.recall.search.index`).

        Raises:
            UsageError: the query has no word, or a number is negative.
            UnknownBranch: there is none of that name.
        """
        from onecontext.recall.search.found import found
        from onecontext.text.tokens import Utf8Estimate, default_counter

        return found(
            self._layout_for(settle=settle),
            query,
            counter=Utf8Estimate() if budget is None else default_counter(),
            budget=budget,
            branch=branch,
            agent=agent,
            since=since,
            kind=kind,
            k=k,
            embed=embed,
        )

    def _settled(self) -> Layout:
        return settled(self._layout)

    def _layout_for(self, *, settle: bool) -> Layout:
        return self._settled() if settle else self._layout.for_watching()

    def _history(self, at: datetime | None) -> "History":
        from onecontext.recall.files import tree_at
        from onecontext.recall.history import History

        layout = self._settled()
        if at is not None:
            return History(layout, self.branch, tree_at(layout, self.branch, at))
        ensure_shown(layout, self.branch)
        return History(layout, self.branch)

    def read_main(self) -> str:
        """Return the roadmap as it stands, edits by hand included."""
        from onecontext.memory.reading import read_main

        return read_main(self._settled(), self.branch)


def _checked(limit: int | None) -> int | None:
    if limit is not None and limit < 0:
        raise UsageError(f"a limit of {limit} is below 0")
    return limit if limit is None else min(limit, sys.maxsize)
