"""What waits for a person's word, as rows, and in full.

Rule 1: what would be done is told whole and to the letter; only the row, which is a line, cuts it.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from tui.rows.detail import Paragraph
from tui.rows.spans import Spans, cell, piece
from tui.snapshot import Request
from tui.words import age, clock, counted, stopwatch

KINDS = {"permission": "tool", "plan": "plan", "shutdown": "end", "question": "question"}
SOON_S = 60


@dataclass(frozen=True, slots=True)
class Fold:
    """The line that stands for all that was decided."""

    count: int
    unfolded: bool

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return what it stands for."""
        return "decided", [Paragraph("", f"decided: {counted(self.count, 'request')}; d shows or hides them")]


def request_row(request: Request, cells: int, *, now: datetime, zone: tzinfo | None) -> Spans:
    """Return one request: whether it waits, for how long, who asks for what, and until when."""
    if request.approved is not None:
        return _decided_row(request, zone)
    glyph, word, tone = _state(request, now)
    who = 14 if cells >= 80 else 10
    spans: Spans = [(f"{glyph} {word} ", tone), cell(request.asker or "nobody", who, "accent"), (" ", "plain")]
    spans += [cell(KINDS.get(request.kind, request.kind), 9, "info"), (" ", "plain")]
    return [*spans, piece(_expiry(request, now) + "  ", _urgency(request, now)), piece(_gist(request))]


def fold_row(fold: Fold) -> Spans:
    """Return the line above what was decided."""
    glyph = "▾" if fold.unfolded else "▸"
    return [(f"{glyph} {fold.count:,} decided", "heading"), (f"  d {'folds' if fold.unfolded else 'unfolds'}", "dim")]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as the list has it: it tells itself in full."""

    request: Request

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return what kind of thing is asked, and all of it."""
        return KINDS.get(self.request.kind, self.request.kind), told(self.request, zone=zone)


def told(request: Request, *, zone: tzinfo | None) -> list[Paragraph]:
    """Return all of a request: what would be done, to the letter and first; why, by whom, until when, what was said."""
    heading = {"permission": f"Would call {request.tool}", "plan": "Would do", "question": "Asks"}
    lines = [Paragraph("", heading.get(request.kind, "Would end"), "heading")]
    lines.append(Paragraph("", request.action or "nothing was said"))
    if request.why:
        lines += [Paragraph("", ""), Paragraph("", "Why", "heading"), Paragraph("", request.why)]
    lines += [Paragraph("", ""), *_facts(request, zone)]
    if not request.verified:
        lines.append(Paragraph("but", "another program wrote it, under a name that is not its own", "bad"))
    if not request.ours:
        lines.append(Paragraph("but", "it was asked of another program's member, and is answered there", "warn"))
    return lines if request.approved is None else [*_decision(request, zone), Paragraph("", ""), *lines]


def _facts(request: Request, zone: tzinfo | None) -> list[Paragraph]:
    lines = [
        Paragraph("asked by", request.asker or "nobody", "accent"),
        Paragraph("of", request.to or "anybody who can answer"),
        Paragraph("at", clock(request.at, zone)),
        Paragraph("expires", f"at {clock(request.expires_at, zone)}" if request.expires_at else "no expiry"),
        Paragraph("id", request.name),
    ]
    return [*lines, Paragraph("task", f"#{request.task}")] if request.task else lines


def _decision(request: Request, zone: tzinfo | None) -> list[Paragraph]:
    glyph, word, tone = _verdict(request)
    at = f" at {clock(request.decided_at, zone)}" if request.decided_at else ""
    if request.void:
        return [Paragraph("decided", f"{glyph} {word}{at}: {request.reason}", tone)]
    said = [Paragraph("said", request.reason)] if request.reason else []
    return [Paragraph("decided", f"{glyph} {word} by {request.by or 'somebody'}{at}", tone), *said]


def _decided_row(request: Request, zone: tzinfo | None) -> Spans:
    glyph, word, tone = _verdict(request)
    at = clock(request.decided_at, zone) if request.decided_at else ""
    spans: Spans = [
        (f"  {glyph} {word:<8} ", tone),
        (f"{at} ", "dim"),
        piece(request.reason if request.void else f"by {request.by or 'somebody'}", "plain"),
        ("  ", "plain"),
    ]
    return [*spans, piece(f"{request.asker} {KINDS.get(request.kind, request.kind)} {_gist(request)}", "dim")]


def _verdict(request: Request) -> tuple[str, str, str]:
    if request.void:
        return "–", "void", "dim"
    if request.kind == "question":
        return ("✓", "answered", "good") if request.approved else ("‖", "over", "dim")
    return ("✓", "approved", "good") if request.approved else ("×", "denied", "warn")


def _state(request: Request, now: datetime) -> tuple[str, str, str]:
    waits = f"{age(request.at, now):>3}"
    if request.expires_at is not None and request.expires_at <= now:
        return "×", f"expired {waits}", "bad"
    if not request.ours:
        return "·", f"elsewhere {waits}", "dim"
    return "▲", f"waits {waits}", "warn"


def _expiry(request: Request, now: datetime) -> str:
    if request.expires_at is None:
        return "no expiry"
    left_s = (request.expires_at - now).total_seconds()
    return f"{stopwatch(left_s)} left" if left_s > 0 else "too late"


def _urgency(request: Request, now: datetime) -> str:
    if request.expires_at is None:
        return "dim"
    return "bad" if (request.expires_at - now).total_seconds() < SOON_S else "warn"


def _gist(request: Request) -> str:
    return " ".join(f"{request.tool} {request.action}".split())
