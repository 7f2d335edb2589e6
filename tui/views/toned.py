"""Rows of toned text on a Textual screen.

Rule 1: text reaches the screen as segments, never as markup, so no text of an agent can style or link anything.
"""

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.rows.spans import Spans, clipped
from tui.words import LANE_TONES, TONES

CLASSES = {f"tone--{tone}" for tone in (*TONES, *LANE_TONES, "cursor")}


class Toned(Widget):
    """A widget that draws spans; the tones are component classes, so that themes can change under it."""

    COMPONENT_CLASSES = CLASSES

    def strip_of(self, spans: Spans, cells: int, *, cursor: bool = False) -> Strip:
        """Return a row of exactly ``cells`` cells."""
        ground = Style(bgcolor=self.tone("cursor").bgcolor) if cursor else Style()
        segments = [Segment(text, self.tone(tone) + ground) for text, tone in clipped(spans, cells) if text]
        return Strip(segments).adjust_cell_length(cells, self.tone("plain") + ground)

    def tone(self, name: str) -> Style:
        """Return the style of a tone; a name that is none is plain."""
        known = f"tone--{name}"
        return self.get_component_rich_style(known if known in CLASSES else "tone--plain")
