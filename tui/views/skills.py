"""The skills: what agents see of them, what each costs, and who opened which in this run.

Rule 1: they are looked for in a thread, again and again while somebody looks, and rarely.
"""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from tui.lookups.rest import Rest
from tui.lookups.skills import shelf_of, text_of
from tui.rows.detail import Paragraph
from tui.rows.query import Facts
from tui.rows.shelf import Shelf, shelf_rows
from tui.rows.skills import ORDERS, Row, rows_for, skill_facts, skill_heading, skill_row
from tui.rows.spans import Spans
from tui.views.lines import Lines, Opened
from tui.views.sheet import TextSheet
from tui.views.toned import Toned
from tui.views.view import Scene, View

FRAME_ROWS = 2
REST_S = 10.0
"""Skills change rarely: a person who adds one looks for it here within that time."""


class Costs(Toned):
    """What all of them cost together."""

    shelf = Shelf()

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.border_title = "9 skills"

    def show(self, shelf: Shelf) -> None:
        """Tell of ``shelf``."""
        self.shelf = shelf
        rows = FRAME_ROWS + len(shelf_rows(shelf, self.size.width))
        if self.styles.height is None or self.styles.height.value != rows:
            self.styles.height = rows
        self.repaint()

    def line(self, y: int) -> Strip:
        cells = self.size.width
        rows = shelf_rows(self.shelf, cells)
        return self.strip_of(rows[y] if y < len(rows) else [], cells)


class Table(Lines[Row]):
    """One row for each skill."""

    FIELDS, noun = ("state", "from", "commands", "tools", "line", "body", "used"), "skill"
    empty_words = "there is no skill"
    order = ORDERS[0]

    def has_heading(self) -> bool:
        return True

    def heading(self, cells: int) -> Spans:
        return skill_heading(self.order, cells)

    def row(self, item: Row, cells: int) -> Spans:
        return skill_row(item, cells)

    def key(self, item: Row) -> object:
        return item.skill.name, item.skill.path

    def facts(self, item: Row) -> Facts:
        return skill_facts(item)

    def text(self, item: Row) -> str:
        return f"{super().text(item)} {item.skill.description} {item.skill.why}"


class Skills(View):
    """What they cost, and which there are."""

    KEYS = (("s", "sort"),)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("s", "sort", show=False)]

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.costs, self.table = Costs(), Table()
        self._shelf = Shelf()
        self._rest = Rest(REST_S)

    def compose(self) -> ComposeResult:
        yield self.costs
        yield self.table

    def draw(self, scene: Scene) -> None:
        if self._rest.is_over():
            self.ask(lambda: self._look(scene), self._take, about="skills")
        self._show(scene)

    def first(self) -> Widget:
        return self.table

    def _look(self, scene: Scene) -> Shelf:
        with self._rest:
            return shelf_of(scene.places.project, scene.places.env)

    def _take(self, shelf: Shelf) -> None:
        self._shelf = shelf
        if self.scene is not None:
            self._show(self.scene)

    def _show(self, scene: Scene) -> None:
        self.costs.show(self._shelf)
        rows = rows_for(self._shelf, scene.snapshot.skill_uses, self.table.order)
        self.table.border_title = f"by {self.table.order}"
        self.table.count(f"{len(rows):,} found" if self._shelf.counter else "")
        unread = "" if self._shelf.troubles else "…"
        self.table.empty_words = "there is no skill" if self._shelf.counter else unread
        self.table.show_items(rows)

    def action_sort(self) -> None:
        """Sort by the next of name, cost of the line, cost of the body, and uses."""
        self.table.order = ORDERS[(ORDERS.index(self.table.order) + 1) % len(ORDERS)]
        self.table.cursor = 0
        if self.scene:
            self._show(self.scene)

    @on(Opened)
    def _open(self, opened: Opened) -> None:
        opened.stop()
        row: Row = opened.item
        zone = self.scene.zone if self.scene else None
        title, told = row.told(zone)
        if not row.skill.path:
            self.app.push_screen(TextSheet(title, told))
            return
        self.ask(lambda: text_of(row.skill), lambda text: self._read(row.skill.name, told, text), about="text")

    def _read(self, name: str, told: list[Paragraph], text: list[Paragraph]) -> None:
        if self.display and len(self.app.screen_stack) == 1:
            self.app.push_screen(TextSheet(f"skill {name}", [*told[1:-2], Paragraph("", ""), *text]))
