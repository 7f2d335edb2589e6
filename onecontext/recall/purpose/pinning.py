"""Since when a fact is pinned on a branch, and by whom: read from git, where it was committed."""

from collections.abc import Sequence
from datetime import datetime

from onecontext.memory import metadata
from onecontext.memory.facts import fact_id
from onecontext.memory.rollback import line
from onecontext.names import is_name
from onecontext.recall.past import tip_if_any
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects

_COMMITS = 2000
"""Looked at, the newest first; what was pinned before that has no date."""


def pinned_since(
    layout: Layout, branch: str, facts: Sequence[str], *, at: datetime | None = None
) -> dict[str, tuple[str, str]]:
    """Return day and agent of the commit since which each fact is pinned without a break, by its id; as of ``at``."""
    objects, path = Objects(layout), f"branches/{branch}/metadata.yaml"
    wanted, found = {fact_id(fact) for fact in facts}, dict[str, tuple[str, str]]()
    tip, blob, there = tip_if_any(layout, objects, branch, at), "", set[str]()
    for seen, commit in enumerate(line(objects, tip.id) if tip else ()):
        entry = objects.entry(commit.tree, path)
        if entry is None or seen == _COMMITS or not wanted:
            break
        if entry.id != blob:
            blob, data = entry.id, metadata.load(objects.blob(entry.id), where=path)
            pins = data.get("pinned")
            there = {fact_id(str(fact)) for fact in pins} if isinstance(pins, list) else set()
        wanted &= there
        agent = commit.author if is_name(commit.author) else "(no name)"
        found.update({one: (day_of(commit.at_s), agent) for one in wanted})
    return found


def day_of(at_s: float) -> str:
    """Return the day of a time in UTC."""
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"
