"""Pinned facts: what every context of a branch begins with, kept as the list ``pinned`` of its metadata.

Rule 1: a fact is in the list once, as it was said; only :func:`unpin` and people take one out.
Rule 2: what was superseded is pinned no more, also where a merge brings it back.
Rule 3: a list that somebody made into something else is said, never written over.
"""

from collections.abc import Mapping, Sequence

from onecontext.errors import UsageError
from onecontext.memory import message, metadata
from onecontext.memory.author import Author
from onecontext.memory.desk import Desk, writing
from onecontext.memory.facts import PINNED, fact_id, pinned, still_superseded, superseded, with_superseded
from onecontext.memory.model import Pins
from onecontext.records import check_text
from onecontext.store.layout import Layout
from onecontext.text.redact import redact


def pin(layout: Layout, branch: str, author: Author, fact: str, *, supersedes: Sequence[str] = ()) -> Pins:
    """Pin ``fact`` to ``branch``, as a commit; nothing is written where it is pinned already.

    ``supersedes`` are ids of facts and records whose place it takes; see :mod:`onecontext.memory.facts`.

    Raises:
        UsageError: it is empty.
        InvalidDocument: ``pinned`` in the metadata is no list; nothing was written.
    """
    text = clean(fact)
    with writing(layout, branch) as desk:
        desk.take_in_edits(author.at())
        data = desk.metadata()
        if text in pinned(data, desk.branch) and set(supersedes) <= superseded(data).keys():
            return Pins(branch, tuple(pinned(data, desk.branch)), already=True, commit=desk.tip)
        data = with_superseded(data, [old for old in supersedes if old != fact_id(text)], fact_id(text), author)
        return _put(desk, author, with_pins(data, [text], desk.branch), f"pinned: {text}")


def unpin(layout: Layout, branch: str, author: Author, fact: str) -> Pins:
    """Take a fact out of the list, as a commit: the one that is ``fact``, else the only one that begins so.

    Raises:
        UsageError: no fact, or more than one, begins so; nothing was written.
        InvalidDocument: as for :func:`pin`.
    """
    wanted = clean(fact)
    with writing(layout, branch) as desk:
        desk.take_in_edits(author.at())
        facts = pinned(desk.metadata(), desk.branch)
        found = [text for text in facts if text == wanted] or [text for text in facts if text.startswith(wanted)]
        if len(found) != 1:
            how_many = "no pinned fact" if not found else f"{len(found)} pinned facts"
            raise UsageError(f"{how_many} of {branch!r} begin with {wanted[:40]!r}", hint="'onecontext pin' lists them")
        data = {**desk.metadata(), PINNED: [text for text in facts if text != found[0]]}
        return _put(desk, author, data, f"unpinned: {found[0]}")


def clean(fact: str, *, what: str = "pinned fact") -> str:
    """Return a fact as it is stored: redacted, without blanks around it.

    Raises:
        UsageError: nothing is left of it.
        InvalidText: no file can carry it.
    """
    text = redact(check_text(fact, what=what)).strip()
    if not text:
        raise UsageError(f"a {what} needs words", hint=f"say the {what} in a sentence")
    return text


def with_pins(data: Mapping[str, object], facts: Sequence[str], branch: str) -> dict[str, object]:
    """Return the metadata with ``facts`` pinned after those that are, each once; said again, one holds again."""
    data = still_superseded(data, [fact_id(fact) for fact in facts])
    before = pinned(data, branch)
    new = [fact for fact in dict.fromkeys(facts) if fact not in before]
    return {**data, PINNED: [*before, *new]} if new or before != data.get(PINNED) else dict(data)


def _put(desk: Desk, author: Author, data: dict[str, object], subject: str) -> Pins:
    facts = pinned(data, desk.branch)
    changes = {f"{desk.folder}/metadata.yaml": metadata.dump(data)}
    text = message.build(subject, branch=desk.branch)
    commit = desk.commit(changes, text, author=author.agent, at=author.at())
    return Pins(desk.branch, tuple(facts), already=False, commit=commit)
