"""The time bar as a widget, two rows above the foot: a bar to be clicked and dragged along, keys to be pressed."""

from datetime import tzinfo

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.rows.named import key_at
from tui.rows.spans import Spans
from tui.rows.timebar import bar_row, seq_at, state_cells, words_row
from tui.snapshot import Moment
from tui.views.pressing import press
from tui.views.toned import Toned


class Sought(Message):
    """Somebody points at an event of the recording."""

    def __init__(self, seq: int) -> None:
        super().__init__()
        self.seq = seq


class TimeBar(Toned):
    """Shows a moment; without one it is not there."""

    def __init__(self, zone: tzinfo | None) -> None:
        super().__init__()
        self._zone = zone
        self._moment: Moment | None = None
        self._held = False

    def show(self, moment: Moment | None) -> None:
        """Show ``moment``; None hides the bar."""
        if moment != self._moment:
            self._moment = moment
            self.display = moment is not None
            self.repaint()

    def line(self, y: int) -> Strip:
        cells = self.size.width
        if self._moment is None or y > 1:
            return self.strip_of([], cells)
        return self.strip_of(bar_row(self._moment, cells) if y == 0 else self._words(self._moment), cells)

    def _words(self, moment: Moment) -> Spans:
        return words_row(moment, self.size.width, zone=self._zone)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        at = event.get_content_offset(self)
        if event.button == 1 and at is not None and at.y == 0:
            self._held = True
            self.capture_mouse()
            self._seek(at.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._held:
            self._seek(event.get_content_offset_capture(self).x)

    def on_mouse_up(self) -> None:
        if self._held:
            self._held = False
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        at, moment = event.get_content_offset(self), self._moment
        if at is not None and at.y == 1 and moment is not None:
            press(self.app, "p" if at.x < state_cells(moment) else key_at(self._words(moment), at.x))

    def _seek(self, cell: int) -> None:
        if self._moment is not None:
            self.post_message(Sought(seq_at(max(0, min(cell, self.size.width - 1)), self._moment, self.size.width)))
