"""CONTEXT: what matters now, inside a token budget.

Rule 1: a context never counts more tokens than its budget, by the counter it names.
Rule 2: what did not fit is said, with how to get it.
Rule 3: it is data for a reader: fenced, with where it comes from in headings that no text can forge.

What is said is here; how it is written is in pieces.py and wrapping.py, and what fits in pack.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from onecontext.errors import UsageError
from onecontext.memory import metadata
from onecontext.memory.facts import without
from onecontext.recall.asked import Asked
from onecontext.recall.files import branches_at, tree_at
from onecontext.recall.history import History, page
from onecontext.recall.known import Known, without_superseded
from onecontext.recall.one import record_pieces
from onecontext.recall.pack import Packed, Shown, Window, pack
from onecontext.recall.pieces import (
    Piece,
    branch_piece,
    branches_piece,
    metadata_piece,
    milestone_piece,
    note_piece,
    roadmap_piece,
    step_piece,
    summary_piece,
    with_cursor,
)
from onecontext.records import Milestone, Raw, Step, decode_milestone, decode_step, iso
from onecontext.store.layout import Layout
from onecontext.text.fence import one_line
from onecontext.text.tokens import Counter

_NAME_CHARACTERS = 64


@dataclass(frozen=True)
class Context:
    """A text to read, fenced. ``budget`` None is no limit; ``counter`` names what counted ``tokens``.

    ``pieces`` are its parts, those that were left out among them; ``next`` is the cursor of the next page, None where
    there is none.
    """

    text: str
    tokens: int
    budget: int | None
    counter: str
    left_out: list[str]
    pieces: list[Shown]
    next: str | None

    def __str__(self) -> str:
        return self.text


def context(layout: Layout, asked: Asked, *, counter: Counter) -> Context:
    """Return what is known of a branch, as ``asked``.

    Raises:
        UsageError: the question cannot be answered, or the metadata has no such key.
        UnknownRevision: a revision or cursor names nothing, or the branch had not begun at that time.
        AmbiguousRevision: several records or commits begin so.
    """
    asked.checked()
    packed = _answer(layout, asked, counter)
    return Context(
        packed.text,
        packed.tokens,
        asked.budget,
        counter.name,
        list(packed.left_out),
        list(packed.pieces),
        packed.next,
    )


def _answer(layout: Layout, asked: Asked, counter: Counter) -> Packed:
    window = None
    if asked.diff is not None:
        from onecontext.recall.difference import difference_pieces

        pieces = difference_pieces(layout, *asked.diff, at=asked.at)
        return pack(pieces, budget=asked.budget, counter=counter)
    history = History(layout, asked.branch, tree_at(layout, asked.branch, asked.at) if asked.at is not None else None)
    if asked.commit is not None:
        pieces = record_pieces(layout, history, asked.commit, at=asked.at)
    elif asked.purpose is not None:
        from onecontext.recall.purpose.choosing import pieces_for

        pieces = pieces_for(layout, history, asked.purpose, counter=counter, budget=asked.budget, at=asked.at)
    elif asked.segment is not None:
        pieces = [_segment_piece(history, asked.segment)]
    elif asked.log:
        pieces, window = _log(history, asked)
    else:
        pieces, window = _branch(history, asked)
        if not asked.named:
            pieces, window = [*pieces, *_whole(layout, Known(history), asked.at)], None
    return pack(pieces, budget=asked.budget, counter=counter, window=window)


def _log(history: History, asked: Asked) -> tuple[list[Piece], Window]:
    raws, following = page(history.all_steps(), asked.wanted, asked.before)
    pieces = [step_piece(decode_step(raw)) for raw in raws]
    return _scrolled(pieces, raws, following), _window(asked, following)


def _branch(history: History, asked: Asked) -> tuple[list[Piece], Window]:
    """Return how a branch stands, and a window of its milestones; on a further page the window alone."""
    raws, following = page(history.all_milestones(), asked.wanted, asked.before)
    milestones, known = [decode_milestone(raw) for raw in raws], Known(history)
    pieces = [without_superseded(milestone_piece(milestone), known) for milestone in milestones]
    told = _scrolled(pieces, raws, following)
    window = _window(asked, following)
    if asked.before is not None:
        return told, window
    newest = milestones[:1] or history.milestones(limit=1)
    pending = history.pending()
    summary = [piece for milestone in newest if (piece := summary_piece(milestone, known.superseded)).text]
    status = _status(known, newest[0] if newest else None, len(pending))
    return [*status, *told[:1], *summary, *_pending(pending, asked), *told[1:]], window


def _scrolled(pieces: Sequence[Piece], raws: Sequence[Raw], following: str | None) -> list[Piece]:
    """Return the pieces as a window; the cursor of the last one is the page's own."""
    last = len(raws) - 1
    return [
        with_cursor(piece, following if following and index == last else raw.id)
        for index, (piece, raw) in enumerate(zip(pieces, raws, strict=True))
    ]


def _window(asked: Asked, following: str | None) -> Window:
    words = ["onecontext context"]
    words += [f"--branch {asked.branch}"] if asked.named or not asked.log else []
    words += ["--log"] if asked.log else []
    words += [f"--at {iso(asked.at)}"] if asked.at is not None else []
    return Window(asked.before, following, " ".join([*words, f"-k {asked.wanted} --before"]))


def _status(known: Known, newest: Milestone | None, pending: int) -> list[Piece]:
    data = known.history.metadata
    status, purpose = (str(data.get(key) or "") for key in ("status", "purpose"))
    return [branch_piece(known.history.branch, purpose, status, newest, pending), *known.pins()]


def _pending(pending: Sequence[Step], asked: Asked) -> list[Piece]:
    k = asked.wanted
    told = [step_piece(step) for step in pending[:k]]
    if len(pending) > k:
        command = f"onecontext context --branch {asked.branch} --log -k {len(pending)}"
        told.append(note_piece(f"{len(pending) - k} older steps are pending: {command}", command))
    return told


def _whole(layout: Layout, known: Known, at: datetime | None) -> Iterator[Piece]:
    history = known.history
    roadmap = history.roadmap()
    roadmap = (without(roadmap, known.superseded) if known.superseded else roadmap).strip("\n")
    if roadmap:
        yield roadmap_piece(roadmap, history.branch)
    names = layout.branches() if at is None else branches_at(layout, at)
    if others := [name for name in names if name != history.branch]:
        yield branches_piece(others)


def _segment_piece(history: History, segment: str) -> Piece:
    if segment not in history.metadata:
        # A name there may be anything: each stays within its line.
        known = ", ".join(one_line(key, limit=_NAME_CHARACTERS) for key in sorted(history.metadata)) or "none"
        raise UsageError(f"the metadata of {history.branch!r} has no {segment[:80]!r}; there are {known[:2000]}")
    text = metadata.dump({segment: history.metadata[segment]}).decode("utf-8")
    return metadata_piece(segment, text, history.branch)
