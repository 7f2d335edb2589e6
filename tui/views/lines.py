"""A long list of which only the visible rows are ever drawn.

Rule 1: the cost of a change does not depend on how long the list is.
Rule 2: a list that follows its end stays there until the reader moves away, and again once they return.
"""

from abc import abstractmethod
from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.rows.query import Facts, Query
from tui.rows.spans import Spans, plain
from tui.views.framed import Framed

Item = TypeVar("Item")
WIDEST = 1000
"""Cells: no row is cut at this width."""


class Opened(Message):
    """Somebody wants to see all of an item."""

    def __init__(self, item: Any) -> None:
        super().__init__()
        self.item = item


class Pointed(Message):
    """The cursor is on another item; None: on nothing."""

    def __init__(self, item: Any) -> None:
        super().__init__()
        self.item = item


class Lines(ScrollView, Framed, Generic[Item], can_focus=True):
    """A list with a cursor. Subclasses say how an item looks (:meth:`row`)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("ctrl+d", "page(0.5)", show=False),
        Binding("ctrl+u", "page(-0.5)", show=False),
        Binding("home,ctrl+home", "end(-1)", show=False),
        Binding("end,ctrl+end,G", "end(1)", show=False),
        Binding("enter", "open", show=False),
    ]
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Its own keys and what they do, for the foot."""
    FIELDS: ClassVar[tuple[str, ...]] = ()
    """The fields that ``/`` knows here, besides words (:mod:`tui.rows.query`)."""
    follows_end = False
    empty_words = "nothing yet"

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.items: Sequence[Item] = ()
        self._all: Sequence[Item] = ()
        self.cursor: int = 0
        self._at_end = True

    @abstractmethod
    def row(self, item: Item, cells: int) -> Spans:
        """Return how ``item`` looks."""

    def has_heading(self) -> bool:
        """Say whether there is a first row that does not scroll."""
        return False

    def heading(self, cells: int) -> Spans:
        """Return that row."""
        return []

    def key(self, item: Item) -> object:
        """Return what stays the same when an item changes."""
        return item

    def facts(self, item: Item) -> Facts:
        """Return what ``item`` has in each of :attr:`FIELDS`."""
        return {}

    def rests(self, item: Item) -> bool:
        """Say whether the cursor may stay on ``item``; rows that only join others are passed over."""
        return True

    def opened(self, item: Item) -> Any:
        """Return what is told of ``item`` in full: itself, or what it stands for."""
        return item

    @property
    def selected(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    @property
    def pointed(self) -> Any:
        """What the item under the cursor stands for; None when there is nothing."""
        item = self.selected
        return None if item is None else self.opened(item)

    def point_at(self, key: object) -> None:
        """Put the cursor on the item of that :meth:`key`; where none is shown it stays."""
        place = next((index for index, item in enumerate(self.items) if self.key(item) == key), None)
        if place is not None:
            self.action_move(place - self.cursor)

    def narrow(self, words: str) -> None:
        """Show only items that ``words`` fit (:mod:`tui.rows.query`); "" shows all again."""
        self.words = words
        self.show_items(self._all)
        self._tell()

    def text(self, item: Item) -> str:
        """Return what narrowing looks for words in: the row, as wide as it can be."""
        return plain(self.row(item, WIDEST))

    def _narrowed(self, items: Sequence[Item]) -> Sequence[Item]:
        wanted = Query(self.words, self.FIELDS)
        found = [item for item in items if self._fits(wanted, item)] if wanted else items
        self.fitting = (sum(map(self.rests, found)), sum(map(self.rests, items))) if wanted else None
        return found

    def _fits(self, wanted: Query, item: Item) -> bool:
        return wanted.fits(lambda: self.text(item), lambda: self.facts(item))

    def show_items(self, items: Sequence[Item]) -> None:
        """Show ``items``; the cursor stays on its item, or at the end when it was there."""
        self._all = items
        items = self._narrowed(items)
        held = self.key(self.items[self.cursor]) if self.cursor < len(self.items) else None
        self.items = items
        if self.follows_end and self._at_end:
            self.cursor = max(0, len(items) - 1)
        else:
            self.cursor = self._resting(self._place_of(held))
        self.say()
        self._resized()
        self.repaint()

    def _place_of(self, held: object) -> int:
        if self.cursor == 0 or not self.items:
            return 0
        # Items are mostly let go at the front, so the one held is at its place or a little before it.
        here = min(self.cursor, len(self.items) - 1)
        for index in chain(range(here, -1, -1), range(here + 1, len(self.items))):
            if self.key(self.items[index]) == held:
                return index
        return here

    def _resized(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.items) + self.headings)
        self._keep_cursor_in_view()

    @property
    def headings(self) -> int:
        """How many rows do not scroll."""
        return int(self.has_heading())

    def _keep_cursor_in_view(self) -> None:
        rows = self.size.height - self.headings
        top = self.scroll_offset.y
        if rows > 0 and not top <= self.cursor < top + rows:
            target = self.cursor if self.cursor < top else self.cursor - rows + 1
            self.scroll_to(y=target, animate=False, force=True, immediate=True)

    def line(self, y: int) -> Strip:
        cells = self.scrollable_content_region.width
        headings = self.headings
        if y < headings:
            return self.strip_of(self.heading(cells), cells)
        index = y - headings + self.scroll_offset.y
        if index < len(self.items):
            cursor = self.has_focus and index == self.cursor
            return self.strip_of(self.row(self.items[index], cells), cells, cursor=cursor)
        nothing = "nothing fits these words" if self.words else self.empty_words
        words = nothing if not self.items and y == headings else ""
        return self.strip_of([(words, "dim")], cells)

    def action_move(self, by: int) -> None:
        self.cursor = self._resting(max(0, min(len(self.items) - 1, self.cursor + by)), by)
        self._at_end = self.cursor >= len(self.items) - 1
        self._keep_cursor_in_view()
        self._tell()

    def _resting(self, place: int, by: int = 1) -> int:
        """Return ``place``, or the next one where the cursor may stay; the last one where there is none further on."""
        onwards, back = range(place, len(self.items)), range(min(place, len(self.items) - 1), -1, -1)
        places = chain(onwards, back) if by >= 0 else chain(back, onwards)
        return next((at for at in places if self.rests(self.items[at])), place)

    def step(self, by: int) -> None:
        """Move the cursor by so many items."""
        self.action_move(by)

    def _tell(self) -> None:
        self.moved()
        self.refresh()
        self.post_message(Pointed(self.pointed))

    def moved(self) -> None:
        """The cursor is elsewhere, or the list was scrolled; for who has to say something then."""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        # Scrolled by wheel or bar: the cursor stays in sight, and who scrolls away from the end does not follow it.
        rows, top = self.size.height - self.headings, round(new_value)
        cursor = max(top, min(self.cursor, top + rows - 1, len(self.items) - 1))
        rest = self._resting(cursor, cursor - self.cursor)
        cursor = rest if top <= rest < top + rows else cursor
        if rows > 0 and cursor != self.cursor:
            self.cursor, self._at_end = cursor, cursor >= len(self.items) - 1
            self._tell()

    def action_page(self, by: float) -> None:
        self.action_move(int(by * max(1, self.size.height - 1)) or int(2 * by))

    def action_end(self, by: int) -> None:
        self.action_move(by * max(1, len(self.items)))

    def action_open(self) -> None:
        if self.cursor < len(self.items):
            self.post_message(Opened(self.pointed))

    def on_click(self, event: events.Click) -> None:
        index = event.get_content_offset_capture(self).y - self.headings + self.scroll_offset.y
        if not 0 <= index < len(self.items):
            return
        again = index == self.cursor
        self.action_move(index - self.cursor)
        if again and event.chain > 1:
            self.action_open()

    def on_resize(self) -> None:
        self._resized()

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        # It is drawn in its new size before it is told of it; the rows drawn first are to be those that stay.
        if changed := super()._size_updated(size, virtual_size, container_size, layout):
            self._keep_cursor_in_view()
        return changed
