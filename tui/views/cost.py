"""The cost: against the budget, as it grew, and by agent, task or model."""

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from tui.projection.spending import WAYS
from tui.rows.cost import Part, budget_rows, part_heading, part_row, parts_of, plot_rows, plot_title
from tui.rows.spans import Spans
from tui.views.lines import Lines
from tui.views.toned import Toned
from tui.views.view import Scene, View

MOST_PLOT_ROWS = 9
LEAST_PLOT_ROWS = 4
FRAME_ROWS = 2
NOBODY_CALLED = "no model was called yet"
NOBODY_KNOWS = "what models took is in no file of this team"


class Curve(Toned):
    """The budget and the curve; as high as they need."""

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.border_title = "7 cost"
        self.scene: Scene | None = None

    def show(self, scene: Scene) -> None:
        """Draw the cost of ``scene``."""
        self.scene = scene
        spending = scene.snapshot.spending
        plot = min(MOST_PLOT_ROWS, self.app.size.height // 4 - 1) if spending.points else 0
        told = 1 + (len(spending.limits) or 1)
        self.styles.height = told + (1 + plot if plot >= LEAST_PLOT_ROWS else 0) + FRAME_ROWS
        self.repaint()

    def line(self, y: int) -> Strip:
        cells = self.size.width
        if self.scene is None:
            return self.strip_of([], cells)
        snapshot = self.scene.snapshot
        rows: list[Spans] = budget_rows(snapshot, cells, now=self.scene.now)
        limit = snapshot.spending.limits.get("usd")
        if len(rows) < self.size.height:
            rows += [
                plot_title(snapshot.spending),
                *plot_rows(snapshot.spending.points, cells, self.size.height - len(rows) - 1, limit_usd=limit),
            ]
        return self.strip_of(rows[y] if y < len(rows) else [], cells)


class Table(Lines[Part]):
    """One row for each agent, task or model."""

    empty_words = NOBODY_CALLED
    way = WAYS[0]

    def show(self, scene: Scene) -> None:
        """Show the table of ``scene``."""
        self.border_title = f"by {self.way}"
        self.empty_words = NOBODY_CALLED if scene.snapshot.totals.usage.known else NOBODY_KNOWS
        self.show_items(parts_of(scene.snapshot.spending, self.way))

    def has_heading(self) -> bool:
        return True

    def heading(self, cells: int) -> Spans:
        return part_heading(self.way, cells)

    def row(self, item: Part, cells: int) -> Spans:
        return part_row(item, cells)

    def key(self, item: Part) -> object:
        return item.name


class Cost(View):
    """What models cost."""

    KEYS = (("b", "by agent, task, model"),)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("b", "way", show=False)]

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.curve, self.table = Curve(), Table()

    def compose(self) -> ComposeResult:
        yield self.curve
        yield self.table

    def draw(self, scene: Scene) -> None:
        self.curve.show(scene)
        self.table.show(scene)

    def first(self) -> Widget:
        return self.table

    def action_way(self) -> None:
        """Add up by the next of agent, task and model."""
        self.table.way = WAYS[(WAYS.index(self.table.way) + 1) % len(WAYS)]
        if self.scene:
            self.table.show(self.scene)
