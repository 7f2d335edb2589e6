"""The time bar: where a recording is looked at, how fast it goes on, and what is worth going to.

Rule 1: it is as long as there are events, not hours: a night without any takes no room.
Rule 2: where several marks share a cell the one that weighs most is drawn.
"""

from datetime import tzinfo

from tui.projection.marks import WEIGHT
from tui.rows.spans import Span, Spans, between, piece, spans_width
from tui.snapshot import Mark, Moment
from tui.words import MARK_LOOKS, clock, look, stopwatch, there

WIDE = 100
KEYS = (("p", "plays"), ("[ ]", "marks"), (", .", "step"), ("< >", "speed"), ("@", "go to"))
"""What can be done, the most useful first: as much of it is named as there is room for."""
HEAD = "●"


def cell_of(seq: int, moment: Moment, cells: int) -> int:
    """Return the cell, of ``cells``, at which the event ``seq`` is; what was not read yet has room at the right."""
    return round((seq - 1) / max(1, moment.of - 1) * moment.read * (cells - 1))


def seq_at(cell: int, moment: Moment, cells: int) -> int:
    """Return the event at a cell of the bar: the nearest one, as far as was read."""
    share = cell / max(1, cells - 1) / max(moment.read, 1e-6)
    return max(1, min(moment.of, 1 + round(share * (moment.of - 1))))


def bar_row(moment: Moment, cells: int) -> Spans:
    """Return the bar: what was, where we are, what is to come, and the marks."""
    if cells <= 0:
        return []
    here, read = cell_of(moment.seq, moment, cells), cell_of(moment.of, moment, cells)
    drawn: list[Span] = [("━", "accent") if cell < here else ("─", "faint") for cell in range(read + 1)]
    drawn += [("·", "faint")] * (cells - len(drawn))
    weights = [-1] * cells
    for mark in moment.marks:
        cell, weight = cell_of(mark.seq, moment, cells), WEIGHT.get(mark.kind, 0)
        if weight > weights[cell]:
            face = look(MARK_LOOKS, mark.kind)
            weights[cell], drawn[cell] = weight, (face.glyph, face.tone)
    drawn[here] = (HEAD, "bold")
    return _joined(drawn)


def words_row(moment: Moment, cells: int, *, zone: tzinfo | None) -> Spans:
    """Return what the bar says in words: playing or paused, how fast, when, which event, and what happened there."""
    left = [*_state(moment), *_place(moment, cells, zone)]
    mark = mark_at(moment)
    if mark:
        face = look(MARK_LOOKS, mark.kind)
        left += [("  ", "plain"), (f"{face.glyph} ", face.tone), piece(_bare(mark.text), face.tone)]
    elif moment.trouble:
        left += [("  ", "plain"), (f"! damaged after event {moment.of:,}", "warn")]
    return between(left, _right(moment, cells - spans_width(left)), cells)


def state_cells(moment: Moment) -> int:
    """Return how many cells of the words say whether it plays."""
    return spans_width(_state(moment))


def mark_at(moment: Moment) -> Mark | None:
    """Return the mark of the event that is shown, the one that weighs most; None: it has none."""
    here = [mark for mark in moment.marks if mark.seq == moment.seq]
    return max(here, key=lambda mark: WEIGHT.get(mark.kind, 0), default=None)


def speed_word(speed: float) -> str:
    """Return ``4×``, or ``at once``."""
    return f"{speed:g}×" if speed > 0 else "at once"


def _state(moment: Moment) -> Spans:
    if moment.playing:
        return [(f"▶ playing {speed_word(moment.speed)}", "accent")]
    over = moment.seq >= moment.of and moment.read >= 1.0 and not moment.live
    return [(f"‖ {'at the end' if over else 'paused'} {speed_word(moment.speed)}", "dim" if over else "warn")]


def _place(moment: Moment, cells: int, zone: tzinfo | None) -> Spans:
    day = f"{there(moment.at, zone):%Y-%m-%d} " if cells >= WIDE else ""
    count = f"event {moment.seq:,} of {moment.of:,}" if cells >= WIDE else f"{moment.seq:,}/{moment.of:,}"
    percent = round(100 * moment.seq / max(1, moment.of))
    return [
        (f"  {day}{clock(moment.at, zone)}", "bold"),
        (f" +{stopwatch(moment.elapsed_s)}", "dim"),
        (f"  {count}", "plain"),
        (f" {percent}%", "dim"),
    ]


def _right(moment: Moment, room: int) -> Spans:
    said, keys = _coming(moment), Spans()
    for key, word in KEYS:
        named: Spans = [(f"  {key}", "accent"), (f" {word}", "dim")]
        if spans_width([*keys, *named, *said]) >= room:
            break
        keys += named
    return [*keys, *said]


def _coming(moment: Moment) -> Spans:
    """Return what is still to come: events that were not read yet, and those of a run that goes on."""
    if moment.read < 1.0:
        return [(f"  reading {int(100 * moment.read)}%", "info")]
    if moment.live:
        return [(f"  {moment.new:,} new", "info" if moment.new else "dim"), (", End goes live", "dim")]
    return []


def _bare(text: str) -> str:
    """Return what a mark says without the glyph that its line in the log begins with: the mark has its own."""
    head, _, rest = text.partition(" ")
    return rest if len(head) == 1 and not head.isalnum() and rest else text


def _joined(drawn: list[Span]) -> Spans:
    """Return pieces of one cell each as few long ones."""
    spans: Spans = []
    for text, tone in drawn:
        if spans and spans[-1][1] == tone:
            spans[-1] = (spans[-1][0] + text, tone)
        else:
            spans.append((text, tone))
    return spans
