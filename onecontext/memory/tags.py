"""TAG: a name for a commit that does not move.

Rule 1: a tag is a plain git ref (lightweight, ``refs/tags/<name>``), so git shows, clones and pushes it as its own.
Rule 2: no tag and branch have one name when made here, so a revision means one thing.
Rule 3: taking a tag away never takes a commit out of reach: one that only the tag names is kept as a deleted branch is.
"""

from datetime import UTC, datetime

from onecontext.errors import Damaged, TagExists, UnknownTag
from onecontext.memory import message
from onecontext.memory.author import Author
from onecontext.memory.model import Tag
from onecontext.names import check_name
from onecontext.store import refs
from onecontext.store.layout import Layout
from onecontext.store.locks import held
from onecontext.store.objects import Objects


def create(layout: Layout, name: str, commit: str) -> Tag:
    """Make the tag ``name`` on ``commit`` (a full name), durably.

    Raises:
        InvalidName: ``name`` cannot name a tag.
        TagExists: there is a tag or a branch of that name; nothing was changed.
    """
    ref = refs.tag_ref(name)
    # The lock of a branch of that name: nobody can start one meanwhile.
    with held(layout.lock(name)):
        if layout.tip(name) is not None:
            raise TagExists(f"there is a branch {name!r}", hint="choose another name for the tag")
        there = refs.read(layout, ref)
        if there is not None and there != commit:
            raise TagExists(
                f"there is a tag {name!r}, on {there[:12]}", hint="a tag does not move; choose another name"
            )
        refs.put(layout, ref, commit)
    return _told(Objects(layout), name, commit)


def listed(layout: Layout) -> list[Tag]:
    """Return all tags, sorted by name."""
    objects = Objects(layout)
    found = {name: objects.peel(target) for name, target in refs.tags(layout).items()}
    return [_told(objects, name, commit) for name, commit in found.items() if commit]


def delete(layout: Layout, name: str, author: Author) -> Tag:
    """Take the tag ``name`` away, and return what it named; the commit stays reachable.

    Raises:
        InvalidName: ``name`` cannot name a tag.
        UnknownTag: there is none of that name.
    """
    check_name(name, what="tag")
    ref, objects = refs.tag_ref(name), Objects(layout)
    target = refs.read(layout, ref)
    if target is None:
        raise UnknownTag(f"no tag {name!r}", hint="'onecontext tag' lists them")
    commit = objects.peel(target)
    if commit is None:
        raise Damaged(f"the tag {name!r} names no commit", hint="it was made by hand; git can tell what it is")
    if not _held_otherwise(layout, objects, commit, ref):
        refs.put(layout, refs.deleted_ref(name, author.at(), prefix=refs.DELETED_TAGS), commit)
    refs.delete(layout, ref, expect=target)
    return _told(objects, name, commit)


def _held_otherwise(layout: Layout, objects: Objects, commit: str, ref: str) -> bool:
    everything = refs.under(layout, "refs/").items()
    others = {objects.peel(target) for other, target in everything if other != ref}
    return any(objects.merge_base(commit, other) == commit for other in others if other)


def _told(objects: Objects, name: str, commit: str) -> Tag:
    info = objects.info(commit)
    subject = (info.message.splitlines() or [""])[0]
    record = message.trailers(info.message).get(message.RECORD)
    return Tag(name, commit, record, datetime.fromtimestamp(info.at_s, UTC), subject)
