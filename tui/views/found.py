"""What a search of the memory found, best first, and beside it the record under the cursor."""

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from textual.app import ComposeResult
from textual.strip import Strip

from tui.lookups import memory, recall
from tui.rows.detail import Paragraph
from tui.rows.query import Facts
from tui.rows.recall import FoundRecord, hit_heading, hit_row
from tui.rows.spans import Spans, piece
from tui.views.beside import Beside
from tui.views.lines import Lines
from tui.views.toned import Toned
from tui.views.view import Scene

LOOKING = recall.Answer(source="looking …")


class Hits(Lines[FoundRecord]):
    """One row for each hit."""

    FIELDS, noun = ("kind", "branch", "agent", "age"), "hit"
    asked = ""
    now = datetime.fromtimestamp(0, UTC)

    def has_heading(self) -> bool:
        return bool(self.items)

    def heading(self, cells: int) -> Spans:
        return hit_heading(cells)

    def row(self, item: FoundRecord, cells: int) -> Spans:
        return hit_row(item, self.asked, cells, now=self.now)

    def key(self, item: FoundRecord) -> object:
        return item.kind, item.id

    def facts(self, item: FoundRecord) -> Facts:
        age = (self.now - item.at).total_seconds()
        return {"kind": item.kind, "branch": item.branch, "agent": item.agent or None, "age": age}

    def text(self, item: FoundRecord) -> str:
        return f"{item.kind} {item.id} {item.branch} {item.agent} {item.text}"


class Said(Toned):
    """What was asked, and where the answer comes from."""

    asked = ""
    answer = LOOKING

    def show(self, asked: str, answer: recall.Answer) -> None:
        """Tell of the answer to the words ``asked``."""
        self.asked, self.answer = asked, answer
        self.repaint()

    def line(self, y: int) -> Strip:
        tone = "warn" if "by a scan" in self.answer.source else "dim"
        spans: Spans = [piece(f"“{self.asked}”", "bold"), piece(f"  {self.answer.source}", tone)]
        return self.strip_of(spans, self.size.width)


class FoundRecords(Beside):
    """Hits, and the record of the one under the cursor: of a milestone its three blocks."""

    KEYS = (("s", "search"), ("esc", "the graph"))

    def __init__(self, **where: Any) -> None:
        super().__init__(Hits(), **where)
        self.list.border_title = "4 memory: search"
        self.said = Said(classes="said")

    def compose(self) -> ComposeResult:
        yield self.said
        yield from super().compose()

    def search(self, words: str, scene: Scene) -> None:
        """Ask the memory for ``words``, in a thread."""
        self.scene = scene
        self.list.asked, self.list.now = words, scene.now
        self._show(LOOKING)
        self.ask(lambda: recall.search(scene.places.memory, words, scene.then), self._take, about="search")

    def _take(self, answer: recall.Answer) -> None:
        self._show(answer)
        self._told = None
        self.look()

    def _show(self, answer: recall.Answer) -> None:
        self.said.show(self.list.asked, answer)
        self.list.empty_words = answer.trouble or ("" if answer is LOOKING else "nothing answers to these words")
        self.list.count(f"{len(answer.hits):,} found" if answer.hits else "")
        self.list.cursor = 0
        self.list.show_items(answer.hits)
        if not answer.hits:
            self.text.border_title = ""
            self.text.tell([])

    def show_list(self, scene: Scene) -> None:
        self.list.now = scene.now
        self.list.repaint()

    def name_of(self, item: Any) -> Hashable:
        return item.kind, item.id, item.branch

    def title_of(self, item: Any) -> str:
        return str(item.told(None)[0])

    def look_up(self, item: Any, scene: Scene) -> list[Paragraph]:
        if item.kind != "milestone":
            return list(item.told(scene.zone)[1])
        told = memory.milestone(scene.places.memory, item.id, scene.zone)
        # A milestone that only a prefix of several commits would name, say, is told as it was found.
        return told if len(told) > 1 else list(item.told(scene.zone)[1])
