"""What one state of the memory has that another has not, told for a reader: records as records, documents as diffs.

Rule 1: nothing is written and no lock is taken: both states are read from git.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from onecontext.recall.pieces import Piece, Source, milestone_piece, shown_id
from onecontext.recall.revisions import resolve
from onecontext.records import Raw, decode_milestone, split
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.text.fence import one_line

_FILE = re.compile(r"^diff --git a/(.*) b/\1$", re.MULTILINE)
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]{1,200}", re.ASCII)
_REVISION_CHARACTERS = 60
_LINE_CHARACTERS = 120


def difference_pieces(layout: Layout, old: str, new: str, *, at: datetime | None = None) -> list[Piece]:
    """Return what ``new`` has and ``old`` has not: milestones, newest first, then what became of documents.

    Raises:
        UnknownRevision, AmbiguousRevision: as for :func:`onecontext.recall.revisions.resolve`.
    """
    objects = Objects(layout)
    one, other = resolve(layout, objects, old, at=at), resolve(layout, objects, new, at=at)
    records = _Records(objects, one.tree, other.tree)
    command = f"onecontext diff {one.id[:12]} {other.id[:12]}"
    names = [one_line(revision, limit=_REVISION_CHARACTERS) for revision in (old, new)]
    head = Piece(
        "what is compared",
        f"From: {names[0]}\nTo: {names[1]}",
        command,
        f"From commit {one.id[:12]} to {other.id[:12]}: {records.told()}",
        "diff",
    )
    more = sorted(records.added("commit"), key=lambda raw: str(raw.frame["at"]), reverse=True)
    told = [milestone_piece(decode_milestone(raw)) for raw in more]
    less = [_gone(raw) for raw in records.gone("commit")]
    return [head, *told, *less, *_documents(objects.diff(one.id, other.id), command)]


class _Records:
    """The records that two trees do not share, by the folder that they lie in ("commit" or "log")."""

    def __init__(self, objects: Objects, old: str, new: str) -> None:
        self._sides: dict[str, tuple[dict[tuple[str, str, str], Raw], dict[tuple[str, str, str], Raw]]] = {}
        for path, blobs in objects.changed(old, new).items():
            folder = _folder_of(path)
            if not folder:
                continue
            sides = self._sides.setdefault(folder, ({}, {}))
            for side, blob in zip(sides, blobs, strict=True):
                side.update({raw.key: raw for raw in split(objects.blob(blob)).records} if blob else {})

    def added(self, folder: str) -> list[Raw]:
        """Return what only the new tree has."""
        old, new = self._sides.get(folder, ({}, {}))
        return [raw for key, raw in new.items() if key not in old]

    def gone(self, folder: str) -> list[Raw]:
        """Return what only the old tree has."""
        old, new = self._sides.get(folder, ({}, {}))
        return [raw for key, raw in old.items() if key not in new]

    def told(self) -> str:
        """Return how many there are, as our own words."""
        words = {"commit": "milestone", "log": "step"}
        parts = [(len(self.added(folder)), word, "more") for folder, word in words.items()]
        parts += [(len(self.gone(folder)), word, "less") for folder, word in words.items()]
        told = [f"{number} {word}{'s' if number > 1 else ''} {how}" for number, word, how in parts if number]
        return ", ".join(told) or "the same records"


def _folder_of(path: str) -> str:
    """Return whether a file holds milestones or steps of the history; "" where it does neither."""
    parts = path.split("/")
    return parts[2] if parts[0] == "branches" and len(parts) >= 4 and parts[2] in ("commit", "log") else ""


def _gone(raw: Raw) -> Piece:
    milestone = decode_milestone(raw)
    line = one_line(f"{shown_id(raw.id)}: {milestone.contribution}", limit=_LINE_CHARACTERS)
    source = Source(milestone.branch, milestone.agent, milestone.session, milestone.at, milestone.edited)
    return Piece(
        f"milestone {shown_id(raw.id)}",
        line,
        f"onecontext show {shown_id(raw.id)}",
        "Milestones no longer there",
        "milestone",
        raw.id,
        source,
        item=True,
    )


def _documents(diff: str, command: str) -> Iterator[Piece]:
    """Yield a piece for each file of a diff that holds no records; a line of content never begins as its head does."""
    marks = list(_FILE.finditer(diff))
    ends = [*(mark.start() for mark in marks[1:]), len(diff)][: len(marks)]
    for mark, end in zip(marks, ends, strict=True):
        path = mark.group(1)
        if _folder_of(path) or path.endswith(("/commit.md", "/log.md")):
            continue
        shown = path if _PLAIN_PATH.fullmatch(path) else "a file"
        text = diff[mark.end() : end]
        hunks = text[text.find("\n@@") :] if "\n@@" in text else text
        yield Piece(
            f"the changes of {shown}", hunks, command, f"Changes of {shown}", "diff", shown, Source(where=shown)
        )
