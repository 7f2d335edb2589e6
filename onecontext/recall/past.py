"""The past of a branch: which commit was its tip at a time.

Rule 1: a branch has been where its first parents are; a commit that was merged in was never its tip.
Rule 2: nothing is written and no lock is taken: the past is read from git.
"""

import re
from datetime import UTC, datetime, timedelta

from onecontext.errors import UnknownBranch, UnknownRevision, UsageError
from onecontext.memory.rollback import line
from onecontext.records import iso
from onecontext.store.layout import Layout
from onecontext.store.objects import CommitInfo, Objects

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_time(text: str) -> datetime:
    """Return the time that ISO 8601 ``text`` means, in UTC where it names no zone; a date alone is the end of that day.

    Raises:
        UsageError: it is neither.
    """
    try:
        at = datetime.fromisoformat(text)
        if _DATE.fullmatch(text):
            at += timedelta(days=1, microseconds=-1)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text[:40]!r} is no time", hint="write it as 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00:00+01:00"
        ) from error


def tip_at(layout: Layout, objects: Objects, branch: str, at: datetime | None) -> CommitInfo:
    """Return the commit that was the tip of ``branch`` at a time; None is now.

    Raises:
        UnknownBranch: there is none of that name.
        UnknownRevision: it had not begun.
        UsageError: the time has no zone.
    """
    if layout.tip(branch) is None:
        raise UnknownBranch(branch, layout.branches())
    found = tip_if_any(layout, objects, branch, at)
    if found is None and at is not None:
        raise UnknownRevision(f"branch {branch!r} had not begun at {iso(at)}", hint="name a later time")
    if found is None:
        raise UnknownBranch(branch, layout.branches())
    return found


def tip_if_any(layout: Layout, objects: Objects, branch: str, at: datetime | None) -> CommitInfo | None:
    """Return the commit that was the tip of ``branch`` at a time, None being now; None where it had not begun."""
    tip = layout.tip(branch)
    if tip is None:
        return None
    if at is None:
        return objects.info(tip)
    if at.tzinfo is None:
        raise UsageError(f"the time {at.isoformat()} has no zone", hint="use datetime.now(UTC) and the like")
    found = next((commit for commit in line(objects, tip) if commit.at_s <= at.timestamp()), None)
    if found is None or objects.entry(found.tree, f"branches/{branch}") is None:
        return None
    return found
