"""What of a branch holds: its pins, decisions and open questions, less what was superseded; and how each is named.

Rule 1: what was superseded is found by its id, and nowhere else.
"""

import re
from functools import cached_property

from onecontext.errors import AmbiguousRevision, UnknownRevision
from onecontext.memory.facts import DECISIONS, QUESTIONS, Bullet, Superseded, bullets, fact_id, pinned, superseded
from onecontext.recall.history import History
from onecontext.recall.pieces import Piece, Source, is_id, minute
from onecontext.records import Milestone
from onecontext.text.fence import one_line

_DATE = r"\d{4}-\d{2}-\d{2} "
_NAMED = 8
_LINE_CHARACTERS = 100


class Known:
    """The facts of one branch, as ``history`` has them."""

    def __init__(self, history: History) -> None:
        self.history = history

    @cached_property
    def superseded(self) -> dict[str, Superseded]:
        """What holds no more, by id."""
        return superseded(self.history.metadata)

    def pins(self) -> list[Piece]:
        """Return the pinned facts, the oldest first."""
        facts = pinned(self.history.metadata, self.history.branch)
        where = Source(branch=self.history.branch, where="metadata.yaml#pinned")
        how = "onecontext pin"
        return [
            Piece("a pinned fact", fact, how, "Pinned facts", "pin", fact_id(fact), where, item=True) for fact in facts
        ]

    def decisions(self) -> list[Piece]:
        """Return the decisions that main.md lists, the newest first."""
        return self._bullets(DECISIONS, "decision", "Decisions")

    def questions(self) -> list[Piece]:
        """Return the open questions that main.md lists, the newest first."""
        return self._bullets(QUESTIONS, "question", "Open questions")

    def _bullets(self, section: str, kind: str, heading: str) -> list[Piece]:
        where = Source(branch=self.history.branch, where=f"main.md#{heading}")
        how = f"main.md, section {heading}"
        found = [one for one in bullets(self.history.roadmap(), section) if one.id not in self.superseded]
        return [
            Piece(f"a {kind}", _dated(bullet), how, heading, kind, bullet.id, where, item=True)
            for bullet in reversed(found)
        ]


def known_id(history: History, prefix: str) -> str:
    """Return the id of the one fact or record of a branch whose id begins so, or of the fact whose words do.

    Raises:
        UnknownRevision: there is none. AmbiguousRevision: there are several; each is told in a line.
    """
    lines = _lines(history, prefix)
    if not lines:
        raise UnknownRevision(
            f"nothing here is called {prefix[:80]!r}",
            hint="'onecontext log' lists milestones, 'onecontext pin' pins, 'context --json' decisions and questions",
        )
    if len(lines) > 1:
        names = list(lines)[:_NAMED]
        raise AmbiguousRevision(prefix[:40], names, [lines[name] for name in names])
    return next(iter(lines))


def _lines(history: History, prefix: str) -> dict[str, str]:
    """Return the ids of what is meant, each with a line that tells what it is."""
    known, wanted = Known(history), prefix.lower()
    facts = {piece.id: (piece.kind, piece.text) for piece in (*known.pins(), *known.decisions(), *known.questions())}
    by_id = is_id(wanted)
    found = {name: fact for name, fact in facts.items() if by_id and name.startswith(wanted)}
    for record in history.beginning_with(wanted) if by_id else []:
        words = record.contribution if isinstance(record, Milestone) else record.observation or record.action
        found[record.id] = (type(record).__name__.lower(), words)
    if not found and prefix.strip():
        found = {name: (kind, text) for name, (kind, text) in facts.items() if undated(text).startswith(prefix)}
    return {name: f"{name}  {kind}  {one_line(text, limit=_LINE_CHARACTERS)}" for name, (kind, text) in found.items()}


def undated(text: str) -> str:
    """Return a decision or question without the date before its words."""
    return text[11:] if re.match(_DATE, text, re.ASCII) else text


def _dated(bullet: Bullet) -> str:
    return f"{bullet.date} {bullet.text}" if bullet.date else bullet.text


def without_superseded(piece: Piece, known: Known) -> Piece:
    """Return a piece of a record; where it was superseded, a line that says so instead of its text."""
    gone = known.superseded.get(piece.id)
    if gone is None:
        return piece
    return piece._replace(text="", heading=f"{piece.heading}: {told_of(gone)}")


def told_of(gone: Superseded) -> str:
    """Return by what something was superseded, in our words."""
    return f"superseded by {gone.by}, {minute(gone.at)}"
