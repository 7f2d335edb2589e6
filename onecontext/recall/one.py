"""One record in full, by whatever names it.

Rule 1: a record of the branch itself comes first, then what a revision means, then a step of any other branch.
Rule 2: several that begin so are an error that tells each in one line, whatever stands in their frames.
"""

from collections.abc import Sequence
from datetime import datetime

from onecontext.errors import AmbiguousRevision, UnknownRevision
from onecontext.names import is_name
from onecontext.recall.files import committed
from onecontext.recall.history import History
from onecontext.recall.known import Known, told_of
from onecontext.recall.pieces import Piece, is_id, milestone_piece, shown_id, shown_name, step_piece
from onecontext.records import Milestone, Step
from onecontext.store.layout import Layout
from onecontext.text.fence import one_line

_NAMED = 8
_LINE_CHARACTERS = 100


def record_pieces(layout: Layout, history: History, revision: str, *, at: datetime | None = None) -> list[Piece]:
    """Return one record in full; of a milestone, the steps that led to it too, oldest first.

    Raises:
        UnknownRevision: nothing is called so. AmbiguousRevision: several records begin so.
    """
    known = Known(history)
    try:
        record = _record(layout, history, revision, at)
    except UnknownRevision:
        # What a search finds on another branch can be asked for by its id, as one of this branch.
        if at is not None or not (found := _elsewhere(layout, revision)):
            raise
        return [_said_of(piece, known) for piece in found]
    told = _said_of(_in_full(record), known)
    if isinstance(record, Step):
        return [told]
    return [told, *(step_piece(step) for step in _history_with(layout, history, record).steps_of(record))]


def _record(layout: Layout, history: History, revision: str, at: datetime | None) -> Milestone | Step:
    """Return one record: a milestone or step of this branch, else the milestone that git finds."""
    found = history.beginning_with(revision.lower())
    if len(found) > 1:
        raise _several(revision, [(record.id, _line(record)) for record in found])
    if found:
        return found[0]
    # No record of this branch: a commit, a tag, or another branch's, which takes git to find.
    from onecontext.recall.revisions import show

    try:
        return show(layout, revision, at=at)
    except UnknownRevision as error:
        raise UnknownRevision(
            f"no milestone or step is called {revision[:80]!r}", hint="'onecontext log' and 'log --steps' list them"
        ) from error


def _elsewhere(layout: Layout, revision: str) -> list[Piece]:
    """Return the step of any branch whose id begins so; none where there is no such step."""
    if not is_id(revision.lower()):
        return []
    from onecontext.recall.search.found import hit_piece
    from onecontext.recall.search.searching import steps_called

    hits = steps_called(layout, revision.lower())
    if len({hit.id for hit in hits}) > 1:
        lines = [(hit.id, _told(hit.id, hit.at, "step", hit.branch, hit.agent, hit.text)) for hit in hits]
        raise _several(revision, lines)
    return [hit_piece(hit) for hit in hits]


def _history_with(layout: Layout, history: History, milestone: Milestone) -> History:
    """Return a history that tells of a milestone's branch: this one, else that branch's own as git has it."""
    if milestone.branch in (history.branch, *history.merged()):
        return history
    tip = layout.tip(milestone.branch) if is_name(milestone.branch) else None
    if tip is None:
        # It was deleted, or the record says what no branch is called: what it recorded is found by name alone.
        return history
    from onecontext.store.objects import Objects

    return History(layout, milestone.branch, committed(Objects(layout), tip))


def _in_full(record: Milestone | Step) -> Piece:
    return step_piece(record) if isinstance(record, Step) else milestone_piece(record, full=True)


def _said_of(piece: Piece, known: Known) -> Piece:
    """Return a record in full, and what its heading must say of it."""
    gone = known.superseded.get(piece.id)
    return piece if gone is None else piece._replace(heading=f"{piece.heading}: {told_of(gone)}")


def _several(revision: str, lines: Sequence[tuple[str, str]]) -> AmbiguousRevision:
    some = lines[:_NAMED]
    return AmbiguousRevision(revision[:40], [shown_id(name) for name, _ in some], [line for _, line in some])


def _line(record: Milestone | Step) -> str:
    if isinstance(record, Milestone):
        kind, words = "milestone", record.contribution
    else:
        kind, words = "step", record.observation or record.thought or record.action
    return _told(record.id, record.at, kind, record.branch, record.agent, words)


def _told(name: str, at: datetime, kind: str, branch: str, agent: str, words: str) -> str:
    who = f"{shown_name(branch)}/{shown_name(agent)}"
    return f"{shown_id(name)}  {at:%Y-%m-%d %H:%M}  {kind}  {who}  {one_line(words, limit=_LINE_CHARACTERS)}"
