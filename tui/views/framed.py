"""What the lower edge of a list's frame says: how much there is, and, where it is narrowed, how much of that is shown.

Rule 1: every list that is narrowed says so in the same words, with the key that shows all where that key is its own.
"""

from tui.views.toned import Toned
from tui.words import counted


class Framed(Toned):
    """A list in a frame. Subclasses say how much of it they show."""

    noun = "line"
    """What one of its items is called; it takes an s."""
    words = ""
    """What it is narrowed to (:mod:`tui.rows.query`); "" is not at all."""
    fitting: tuple[int, int] | None = None
    """How many items are shown and of how many; None: it is not narrowed."""
    _total = ""
    _besides = ""

    def count(self, total: str, besides: str = "") -> None:
        """Keep what the edge is to say: ``total`` only while nothing is left out, ``besides`` always."""
        self._total, self._besides = total, besides

    @property
    def narrowed(self) -> str:
        """``4 of 22 tasks, esc shows all``; "" where nothing is left out. Without the focus ``esc`` is not its key."""
        shown, there = self.fitting or (0, 0)
        leave = ", esc shows all" if self.has_focus else ""
        return f"{shown:,} of {counted(there, self.noun)}{leave}" if there else ""

    def say(self) -> None:
        """Say it on the edge."""
        narrowed = self.narrowed
        parts = (narrowed, self._besides.removeprefix(", ")) if narrowed else (f"{self._total}{self._besides}",)
        self.border_subtitle = " · ".join(filter(None, parts))

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.say()
