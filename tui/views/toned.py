"""Rows of toned text on a Textual screen.

Rule 1: text reaches the screen as segments, never as markup, so no text of an agent can style or link anything.
Rule 2: a row that looks as it did is not sent again: over a slow line the screen costs what changed on it.
"""

from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.rows.spans import Spans, clipped
from tui.theme import GROUNDS, tone_of


class _Edge:
    """A title in the frame of a widget, never markup. Only its own row is drawn again, when it changed."""

    def __init__(self, name: str) -> None:
        self._given = f"_given_{name}"
        self._inner: Any = Widget.__dict__[name]
        self._is_below = name == "border_subtitle"

    def __get__(self, widget: Any, kind: type | None = None) -> str | None:
        title: str | None = self._inner.__get__(widget, kind)
        return title

    def __set__(self, widget: "Toned", title: str) -> None:
        if getattr(widget, self._given, None) != title:
            setattr(widget, self._given, title)
            widget.edge = self._is_below
            self._inner.__set__(widget, Content(title))
            widget.edge = None


class Toned(Widget):
    """A widget that draws rows (:meth:`line`).

    The colours of tones are those of the theme (:func:`tui.theme.tone_of`). Component classes would do the same, but
    each of them is a node that is styled anew with its widget: a tenth of the time to the first picture.
    """

    border_title: Any = _Edge("border_title")
    border_subtitle: Any = _Edge("border_subtitle")

    edge: bool | None = None
    """Which row of the frame alone is to be drawn again: True is the lower; None is no single one."""

    def __init__(self, *children: Widget, **where: Any) -> None:
        self._tones: dict[tuple[str, bool], Style] = {}
        self._seen: dict[int, Strip] = {}
        self._ahead: dict[int, Strip] = {}
        super().__init__(*children, **where)

    def line(self, y: int) -> Strip:
        """Return row ``y`` as it looks now; 0 is the first inside the frame."""
        return Strip.blank(self.size.width)

    def render_line(self, y: int) -> Strip:
        strip = self._ahead.pop(y, None)
        if strip is None:
            strip = self.line(y)
        self._seen[y] = strip
        return strip

    def repaint(self) -> None:
        """Draw again the rows that look other than they did when they were drawn last."""
        cells, rows = self.size
        ahead = {y: strip for y in range(rows) if (strip := self.line(y)) != self._seen.get(y)}
        if ahead:
            self.refresh(*(Region(0, y, cells, 1) for y in ahead))
            self._ahead = ahead

    def refresh(self, *regions: Region, **more: Any) -> Any:
        # What was made ready may not be what is to be drawn now.
        self._ahead = {}
        if self.edge is not None and self.is_mounted:
            cells, rows = self.outer_size
            regions = (Region(0, rows - 1 if self.edge else 0, cells, 1).translate(-self.content_offset),)
        return super().refresh(*regions, **more)

    def strip_of(self, spans: Spans, cells: int, *, cursor: bool = False) -> Strip:
        """Return a row of exactly ``cells`` cells."""
        segments = [Segment(text, self.tone(tone, cursor=cursor)) for text, tone in clipped(spans, cells) if text]
        return Strip(segments).adjust_cell_length(cells, self.tone("plain", cursor=cursor))

    def tone(self, name: str, *, cursor: bool = False) -> Style:
        """Return the style of a tone, on the ground of the widget or of its cursor; a name that is none is plain."""
        found = self._tones.get((name, cursor))
        if found is None:
            variables = self.app.theme_variables
            colour, bold, reverse = tone_of(name)
            own = "cursor" if cursor else GROUNDS.get(name)
            ground = Color.parse(variables[own]) if own else self.background_colors[1]
            ink = Color.parse(variables[colour]).rich_color
            found = Style(color=ink, bgcolor=ground.rich_color, bold=bold or None, reverse=reverse or None)
            self._tones[name, cursor] = found
        return found

    def notify_style_update(self) -> None:
        self._tones.clear()
        super().notify_style_update()
