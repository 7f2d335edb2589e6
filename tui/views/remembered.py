"""The memory: the graph of all branches; what a search finds; what an agent would be given.

Rule 1: one of the three is shown at a time; ``escape`` goes back to the graph, and from there to the overview.
"""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.snapshot import GraphLine
from tui.views.found import FoundRecords
from tui.views.given import GivenContext
from tui.views.graphed import Graphed
from tui.views.narrowing import widen
from tui.views.view import Scene, Turned, View
from tui.views.wordline import WordLine

SEARCH, PURPOSE = "search", "purpose"


class Remembered(View):
    """Three sides of one memory."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "search", show=False),
        Binding("c", "context", show=False),
        Binding("f", "purpose", show=False),
        Binding("g", "graph", show=False),
        Binding("escape", "back", show=False),
    ]

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.graph, self.found, self.given = Graphed(id="graphed"), FoundRecords(id="found"), GivenContext(id="given")
        self._sides: tuple[View, ...] = (self.graph, self.found, self.given)
        self._side: View = self.graph
        self._asking = WordLine()
        self._words = ""

    @property
    def own_keys(self) -> tuple[tuple[str, str], ...]:
        """Those of the side that is shown."""
        return self._side.own_keys

    def compose(self) -> ComposeResult:
        yield self._asking
        yield from self._sides

    def on_mount(self) -> None:
        for side in self._sides:
            side.display = side is self._side
        super().on_mount()

    def draw(self, scene: Scene) -> None:
        self._side.show(scene)

    def first(self) -> Widget:
        return self._side.first()

    def turn_to(self, side: View) -> None:
        """Show one of the three, and give it the focus."""
        for one in self._sides:
            one.display = one is side
        self._side = side
        self.post_message(Turned())
        if self.scene is not None:
            side.show(self.scene)
        side.first().focus()

    def action_search(self) -> None:
        """Ask for words to search for."""
        self._asking.open(SEARCH, words=self._words, hint="words to search the memory for; enter asks, esc leaves")

    def action_context(self) -> None:
        """Show what an agent of the branch under the cursor would be given."""
        if self.scene is not None and self._side is not self.given:
            item = self.graph.list.selected
            refs = item.refs if isinstance(item, GraphLine) else ()
            self.given.preview(refs[0] if refs else "", self.scene)
            self.turn_to(self.given)

    def action_purpose(self) -> None:
        """Ask what the context is for."""
        if self._side is self.given:
            hint = "what the agent is about to do; enter asks; left empty: for no task in particular"
            self._asking.open(PURPOSE, words=self.given.purpose, hint=hint)

    def action_graph(self) -> None:
        """Go back to the graph; from there to its newest commit."""
        if self._side is self.graph:
            self.graph.list.action_end(-1)
        else:
            self.turn_to(self.graph)

    def point_at(self, commit: str) -> None:
        """Show the graph with the cursor on ``commit``; where it is not drawn, or "", the cursor stays."""
        self.turn_to(self.graph)
        self.graph.list.point_at(commit)

    async def action_back(self) -> None:
        """Show all again of a list that is narrowed; else go back to the graph, or from there to the overview."""
        if self._side is self.graph:
            await self.app.run_action("go_back")
        elif not widen(self.screen.focused):
            self.turn_to(self.graph)

    @on(WordLine.Given)
    def _given(self, given: WordLine.Given) -> None:
        given.stop()
        if given.words is None or self.scene is None or (given.what == SEARCH and not given.words):
            self._side.first().focus()
        elif given.what == SEARCH:
            self._words = given.words
            self.found.search(given.words, self.scene)
            self.turn_to(self.found)
        else:
            self.given.purpose = given.words
            self.given.preview(self.given.branch, self.scene)
            self._side.first().focus()
