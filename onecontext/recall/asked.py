"""What a context is asked for, and which questions go together.

Rule 1: a question that cannot be answered is refused with a sentence before anything is read.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from onecontext.errors import UsageError

DEFAULT_K = 5


class Asked(NamedTuple):
    """One question; at most one of ``commit``, ``log``, ``segment``, ``diff`` and ``purpose`` says how deep.

    Attributes:
        branch: whose memory; ``named``: it was named, so it is told alone, and not the state of everything.
        budget: tokens; None is no limit.
        commit: one milestone or step in full, by any revision, or the id of a step.
        log: the newest steps.
        segment: one key of the metadata.
        diff: two revisions.
        purpose: what is about to be done: what matters for that.
        k: how many milestones or steps; None is :data:`DEFAULT_K`.
        before: a cursor: the next page of a log or of a branch's milestones.
        at: the memory as it was committed then; None is now.
    """

    branch: str
    named: bool = False
    budget: int | None = None
    commit: str | None = None
    log: bool = False
    segment: str | None = None
    diff: tuple[str, ...] | None = None
    purpose: str | None = None
    k: int | None = None
    before: str | None = None
    at: datetime | None = None

    @property
    def wanted(self) -> int:
        """How many milestones or steps are wanted."""
        return DEFAULT_K if self.k is None else self.k

    def checked(self) -> "Asked":
        """Return this.

        Raises:
            UsageError: a negative number, two depths at once, or what does not go with the depth.
        """
        if (self.budget is not None and self.budget < 0) or self.wanted < 0:
            raise UsageError("a budget and -k are 0 or more", hint="leave --budget out for no limit")
        depths = self._depths()
        if len(depths) > 1:
            raise UsageError(f"{' and '.join(depths)} are two questions", hint="ask one after the other")
        depth = depths[0] if depths else ""
        self._check_pages(depth)
        if self.diff is not None and len(self.diff) != 2:
            raise UsageError("a diff is between two revisions", hint="--diff OLD NEW")
        if self.purpose is not None and not self.purpose.strip():
            raise UsageError("--for needs words", hint='--for "what I am about to do"')
        return self

    def _depths(self) -> Sequence[str]:
        given = {
            "--commit": self.commit is not None,
            "--log": self.log,
            "--metadata": self.segment is not None,
            "--diff": self.diff is not None,
            "--for": self.purpose is not None,
        }
        return [name for name, is_given in given.items() if is_given]

    def _check_pages(self, depth: str) -> None:
        if self.k is not None and depth in ("--commit", "--metadata", "--diff", "--for"):
            raise UsageError(f"{depth} is no list that -k could shorten", hint="leave -k out, or give a --budget")
        if self.before is not None and depth != "--log" and not (self.named and not depth):
            raise UsageError("--before scrolls a log or a branch", hint="--log --before ID, or --branch B --before ID")
