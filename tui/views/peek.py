"""What is under the cursor, told beside the list while the cursor moves: ``space`` shows it and takes it away."""

from datetime import tzinfo
from typing import Any

from textual.strip import Strip

from tui.rows.detail import detail_of, rows_of
from tui.rows.spans import Spans
from tui.snapshot import Snapshot
from tui.views.toned import Toned

FRAME_CELLS = 4


class Peek(Toned):
    """As much of one thing as there is room for; it never has the focus."""

    def __init__(self, identifier: str | None = "peek", closes: str = "space closes, enter opens") -> None:
        super().__init__(id=identifier)
        self.border_title = "peek"
        self.border_subtitle = closes
        self._of: tuple[Any, Snapshot, tzinfo | None] | None = None
        self._rows: list[Spans] = []

    def tell(self, item: Any, snapshot: Snapshot, zone: tzinfo | None) -> None:
        """Show ``item``; None shows nothing."""
        self._of = (item, snapshot, zone)
        self._wrap()

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        if self._of is None or not self.display:
            return
        item, snapshot, zone = self._of
        if item is None:
            self.border_title, self._rows = "peek", [[("nothing is under the cursor", "dim")]]
        else:
            title, paragraphs = detail_of(item, snapshot, zone)
            self.border_title, self._rows = title, rows_of(paragraphs, self.size.width)
        self.repaint()

    def line(self, y: int) -> Strip:
        cells, rows = self.size.width, self.size.height
        if y == rows - 1 and len(self._rows) > rows:
            return self.strip_of([(f"… {len(self._rows) - y:,} more rows; enter opens", "dim")], cells)
        return self.strip_of(self._rows[y] if y < len(self._rows) else [], cells)
