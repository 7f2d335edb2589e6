"""Milestones that came with an import: many in one commit, so no trailer names them.

Rule 1: only commits that say they are imports are looked into, and of those only what they changed.
"""

from onecontext.memory import message
from onecontext.records import Raw, split
from onecontext.store.objects import CommitInfo, Objects


def milestones_in(objects: Objects, commit: CommitInfo, prefix: str) -> list[Raw]:
    """Return the milestones whose id begins with ``prefix`` that ``commit`` brought; none where it is no import."""
    if not commit.parents or message.IMPORT not in message.trailers(commit.message):
        return []
    before = objects.tree_of(commit.parents[0])
    found = []
    for path, (old, new) in objects.changed(before, commit.tree).items():
        if new is None or len(parts := path.split("/")) != 4 or parts[2] != "commit":
            continue
        known = {raw.key for raw in split(objects.blob(old)).records} if old else set()
        content = objects.blob(new)
        if f'"id":"{prefix}'.encode() in content:
            found += [raw for raw in split(content).records if raw.id.startswith(prefix) and raw.key not in known]
    return found
