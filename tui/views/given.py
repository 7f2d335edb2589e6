"""What an agent of a branch would be given in a budget: its parts, and beside them the text as it would read it."""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.strip import Strip

from tui.lookups import recall
from tui.lookups.rest import Rest
from tui.rows.detail import Paragraph
from tui.rows.recall import Given, GivenPart, given_rows, part_heading, part_row
from tui.rows.spans import Spans
from tui.views.beside import Beside
from tui.views.lines import Lines
from tui.views.toned import Toned
from tui.views.view import Scene

BUDGETS: tuple[int | None, ...] = (500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, None)
USUAL = BUDGETS.index(2_000)


class Budgeted(Toned):
    """Whose context it is, and how much of the budget it takes."""

    given = Given()

    def show(self, given: Given) -> None:
        """Tell of ``given``."""
        self.given = given
        self.repaint()

    def line(self, y: int) -> Strip:
        cells = self.size.width
        rows = given_rows(self.given, cells)
        return self.strip_of(rows[y] if y < len(rows) else [], cells)


class Parts(Lines[GivenPart]):
    """One row for each part, in it or not."""

    empty_words = "nothing is remembered yet"

    def has_heading(self) -> bool:
        return bool(self.items)

    def heading(self, cells: int) -> Spans:
        return part_heading(cells)

    def row(self, item: GivenPart, cells: int) -> Spans:
        return part_row(item, cells)

    def key(self, item: GivenPart) -> object:
        return item.name


class GivenContext(Beside):
    """The parts of a context, and its text."""

    KEYS = (("+ -", "budget"), ("b", "branch"), ("f", "for a task"), ("n N", "parts"), ("esc", "the graph"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "budget(1)", show=False),
        Binding("minus", "budget(-1)", show=False),
        Binding("b", "branch", show=False),
    ]
    opens_text = False

    def __init__(self, **where: Any) -> None:
        super().__init__(Parts(), **where)
        self.head = Budgeted(classes="said two")
        self.list.border_title = "4 memory: context"
        self.purpose = ""
        self.branch = ""
        self._branches: Sequence[str] = ()
        self._budget = USUAL
        self._given = Given()
        self._rest = Rest()
        self._asked_of: object = None

    def compose(self) -> ComposeResult:
        yield self.head
        yield from super().compose()

    def preview(self, branch: str, scene: Scene) -> None:
        """Ask what an agent of ``branch`` ("" the current one) would be given."""
        self.scene, self.branch = scene, branch
        self._ask()

    def show_list(self, scene: Scene) -> None:
        if self._asked_of is not scene.snapshot.graph and self._rest.is_over():
            self._ask()

    def _ask(self) -> None:
        scene = self.scene
        if scene is None:
            return
        self._asked_of = scene.snapshot.graph
        place, branch, budget, purpose = scene.places.memory, self.branch, BUDGETS[self._budget], self.purpose
        self.head.show(Given(branch, budget, purpose))

        def look() -> tuple[Sequence[str], Given]:
            with self._rest:
                return recall.branches(place), recall.given(place, branch, budget, purpose, scene.then)

        self.ask(look, self._take, about="context")

    def _take(self, found: tuple[Sequence[str], Given]) -> None:
        self._branches, self._given = found
        self.branch = self._given.branch or self.branch
        self.head.show(self._given)
        self.list.show_items(self._given.parts)
        self.text.border_title = "as an agent would read it"
        self.text.tell(_as_read(self._given.text))

    def action_budget(self, by: int) -> None:
        """Go to the next budget, or the one before."""
        self._budget = max(0, min(len(BUDGETS) - 1, self._budget + by))
        self._ask()

    def action_branch(self) -> None:
        """Go to the next branch."""
        names = list(self._branches)
        if names:
            self.branch = names[(names.index(self.branch) + 1) % len(names)] if self.branch in names else names[0]
            self._ask()

    def look(self) -> None:
        """The text is of all parts, whichever is under the cursor."""
        self._timer = None

    def name_of(self, item: Any) -> Hashable:
        return None

    def title_of(self, item: Any) -> str:
        return ""

    def look_up(self, item: Any, scene: Scene) -> list[Paragraph]:
        return []


def _as_read(text: str) -> list[Paragraph]:
    """Return the text line by line; ``n`` and ``N`` go from heading to heading."""
    return [
        Paragraph(
            "",
            line,
            "hunk" if line.startswith("## ") else "dim" if line.startswith(("<memory", "</memory")) else "plain",
        )
        for line in text.split("\n")
    ]
