"""The head of the screen and its foot: two widgets of plain rows."""

from collections.abc import Sequence
from datetime import UTC, datetime

from textual.events import Click
from textual.strip import Strip

from tui.rows.head import head_rows
from tui.rows.named import TONE, key_at
from tui.rows.small import is_small, is_tiny, small_words, tiny_rows
from tui.rows.spans import Span, Spans, between, piece, spans_width
from tui.snapshot import Snapshot
from tui.views.pressing import press
from tui.views.toned import Toned

NARROW, MEDIUM, WIDE = 60, 110, 180
HOME = (("1–5", "panes"), ("z", "zoom"), ("enter", "open"), ("space", "peek"))
AWAY = (("0", "overview"), ("enter", "open"), ("space", "peek"))
GOING = (("space", "peek"), ("enter", "open"), ("a", "attention"))
ATTENTION_ROW = 2
SEEN = {"inotify": "seen at once", "polling": "seen late (polling)"}
"""How changes are noticed, in short; how that is done stands where there is room, and in the help."""
ALWAYS = (("/", "filter"), ("a", "attention"), ("?", "help"), ("q", "quit"))


def kept(keys: Sequence[tuple[str, str]], cells: int) -> list[tuple[str, str]]:
    """Return the keys that there is room for: those that are the same everywhere go first, help and quit stay."""
    left = list(keys)
    going = [key for key in GOING if key in left] + [key for key in reversed(left[:-2]) if key not in GOING]
    for key in going:
        if sum(len(name) + len(word) + 3 for name, word in left) <= cells:
            break
        left.remove(key)
    return left


class Head(Toned):
    """Goal, phase, progress, cost, and what needs a person."""

    snapshot: Snapshot | None = None
    """None: nothing was read yet, so nothing is known."""
    now = datetime.fromtimestamp(0, UTC)

    def show(self, snapshot: Snapshot, *, now: datetime) -> None:
        """Show the head of ``snapshot``."""
        self.snapshot, self.now = snapshot, now
        self.repaint()

    def line(self, y: int) -> Strip:
        cells, screen = self.size.width, self.app.size
        rows: list[Spans] = [[("◆ ", "accent"), ("reading …", "dim")]]
        if self.snapshot is not None and is_tiny(*screen):
            rows = tiny_rows(self.snapshot, cells, self.size.height, now=self.now)
        elif self.snapshot is not None:
            rows = head_rows(self.snapshot, cells, now=self.now)
        return self.strip_of(rows[y] if y < len(rows) else [], cells)

    def on_click(self, event: Click) -> None:
        """Tell all of what the last row tells of."""
        at = event.get_content_offset(self)
        if at is not None and at.y == ATTENTION_ROW:
            press(self.app, "a")


class Foot(Toned):
    """The keys, which a click presses, and where the picture comes from."""

    source = ""
    watching = ""
    keys: tuple[tuple[str, str], ...] = (*HOME, *ALWAYS)

    def keys_of(self, own: Sequence[tuple[str, str]], *, home: bool) -> None:
        """Name the keys of the view that is looked at, which may mean another thing there; ``home``: the overview."""
        named = {key for key, _ in own}
        always = (key for key in ALWAYS if key[0] not in named)
        self.say((*(HOME if home else AWAY), *own, *always))

    def say(self, keys: Sequence[tuple[str, str]]) -> None:
        """Name these keys and no others; the last two of them have a place on the shortest row."""
        if tuple(keys) != self.keys:
            self.keys = tuple(keys)
            self.refresh()

    def show(self, snapshot: Snapshot) -> None:
        """Show which team it is, where there are several, and how changes are noticed."""
        source = f"following {snapshot.team}" if len(snapshot.teams) > 1 else self.source
        if (snapshot.watching, source) != (self.watching, self.source):
            self.watching, self.source = snapshot.watching, source
            self.refresh()

    def line(self, y: int) -> Strip:
        return self.strip_of(self._row(), self.size.width)

    def _row(self) -> Spans:
        cells, place = self.size.width, self._place(self.size.width)
        keys: Spans = []
        for key, word in kept(self.keys, cells - spans_width([place]) - 1):
            keys += [(key, TONE), (f" {word}  ", "dim")]
        return between(keys, [place], cells)

    def on_click(self, event: Click) -> None:
        """Press what was clicked."""
        at = event.get_content_offset(self)
        press(self.app, "" if at is None else key_at(self._row(), at.x))

    def _place(self, cells: int) -> Span:
        """Return where the picture comes from, and how changes are noticed: as much of it as there is room for."""
        if is_small(*self.app.size):
            return small_words(cells // 2)
        kind, _, why = self.watching.partition(": ")
        # Where nothing tells of changes the picture is late, and that is worth its place.
        tone = "warn" if kind == "polling" else "dim"
        if not kind:
            # The keys need the room; a recording has its time bar.
            return self.source if cells >= NARROW else "", "dim"
        if cells >= WIDE:
            return piece(f"{self.source} by {kind}: {why}", tone)
        seen = SEEN.get(kind, kind)
        if cells >= MEDIUM:
            return piece(f"{self.source}, {seen}", tone)
        return piece(seen if kind == "polling" else "", tone)  # that all is well leaves the room to the keys
