"""The board: tasks in columns by state. Only the visible cards are drawn; each column scrolls by itself."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from tui.rows.board import CARD_ROWS, GAP, Lane, card, lane_widths, lanes, title_cell, words_of
from tui.rows.floor import NOWHERE, TASK_FIELDS, Floor, floor_of
from tui.rows.query import Query
from tui.rows.spans import Spans
from tui.snapshot import Task
from tui.views.framed import Framed
from tui.views.lines import Opened, Pointed
from tui.views.view import Scene
from tui.words import counted

FRAME_ROWS = 3


class Board(Framed, can_focus=True):
    """Columns with one cursor. Put on a task, it stays with it when the task changes column; else it stays on top."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(0, 1)", show=False),
        Binding("up,k", "move(0, -1)", show=False),
        Binding("right,l", "move(1, 0)", show=False),
        Binding("left,h", "move(-1, 0)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("ctrl+d", "page(0.5)", show=False),
        Binding("ctrl+u", "page(-0.5)", show=False),
        Binding("home,ctrl+home", "end(-1)", show=False),
        Binding("end,ctrl+end,G", "end(1)", show=False),
        Binding("enter", "open", show=False),
    ]

    KEYS: ClassVar[tuple[tuple[str, str], ...]] = ()
    FIELDS, noun = TASK_FIELDS, "task"

    def __init__(self, card_rows: int = CARD_ROWS, **where: Any) -> None:
        super().__init__(**where)
        self.card_rows = card_rows
        self.floor: Floor = NOWHERE
        self.lanes: list[Lane] = lanes(())
        self.column = 0
        self.index = 0
        self._tops: dict[str, int] = {}
        self._made: dict[tuple[str, int, int], list[Spans]] = {}
        self._put = False  # whether somebody moved the cursor
        self.rows_wanted = 0
        self.tasks: tuple[Task, ...] = ()

    @property
    def selected(self) -> Task | None:
        """The task under the cursor."""
        tasks = self.lanes[self.column].tasks
        return tasks[self.index] if self.index < len(tasks) else None

    @property
    def pointed(self) -> Task | None:
        """The same, as every list calls it."""
        return self.selected

    def step(self, by: int) -> None:
        """Move the cursor by so many tasks of its column."""
        self.action_move(0, by)

    def show(self, scene: Scene) -> None:
        """Show the tasks of ``scene``."""
        self.floor = floor_of(scene.snapshot, scene.now)
        # Tasks are frozen: those that are the same are the same objects, and telling so costs next to nothing.
        if scene.snapshot.tasks == self.tasks and "age" not in self.words:
            self.repaint()
            return
        self.tasks = scene.snapshot.tasks
        self._arrange()

    def narrow(self, words: str) -> None:
        """Show only tasks that ``words`` fit (:mod:`tui.rows.query`); "" shows all again."""
        self.words = words
        self._arrange()
        self.post_message(Pointed(self.selected))

    def _arrange(self) -> None:
        held, tasks = self.selected, self.tasks
        if wanted := Query(self.words, self.FIELDS):
            tasks = tuple(task for task in tasks if self._fits(wanted, task))
        self.lanes = lanes(tasks)
        self.fitting = (len(tasks), len(self.tasks)) if wanted else None
        self.count(counted(len(self.tasks), "task") if self.tasks else "")
        self.say()
        # It grows and never shrinks: a screen whose parts jump up and down cannot be read.
        self.rows_wanted = max(
            self.rows_wanted, FRAME_ROWS + self.card_rows * max(len(lane.tasks) for lane in self.lanes)
        )
        if held and self._put:
            self._find(held.id)
        elif tasks:
            self.index = 0
            self.column = next(index for index, lane in enumerate(self.lanes) if lane.tasks)
        self.column = min(self.column, len(self.lanes) - 1)
        self._keep_cursor_in_view()
        self.repaint()

    def _fits(self, wanted: Query, task: Task) -> bool:
        return wanted.fits(lambda: words_of(task), lambda: self.floor.facts(task))

    def _find(self, task_id: str) -> None:
        for column, lane in enumerate(self.lanes):
            for index, task in enumerate(lane.tasks):
                if task.id == task_id:
                    self.column, self.index = column, index
                    return

    def _cards(self) -> int:
        """How many cards fit below the titles."""
        return max(1, (self.size.height - 1) // self.card_rows)

    def _keep_cursor_in_view(self) -> None:
        lane = self.lanes[self.column]
        self.index = max(0, min(self.index, len(lane.tasks) - 1))
        top = self._tops.get(lane.title, 0)
        if not top <= self.index < top + self._cards():
            top = self.index if self.index < top else self.index - self._cards() + 1
        self._tops[lane.title] = top
        # Of every column: tasks leave those without the cursor, too.
        for lane in self.lanes:
            self._tops[lane.title] = max(0, min(self._tops.get(lane.title, 0), len(lane.tasks) - self._cards()))

    def line(self, y: int) -> Strip:
        cells = self.size.width
        if not any(lane.tasks for lane in self.lanes) and y == 1:
            return self.strip_of([("no task fits these words" if self.words else "no tasks yet", "dim")], cells)
        widths = lane_widths(self.lanes, cells)
        parts: list[Strip] = []
        for column, (lane, room) in enumerate(zip(self.lanes, widths, strict=True)):
            parts.append(self._part(column, lane, room, y))
            parts.append(self.strip_of([], GAP))
        return Strip.join(parts[:-1]).adjust_cell_length(cells, self.tone("plain"))

    def _part(self, column: int, lane: Lane, cells: int, y: int) -> Strip:
        current = column == self.column and self.has_focus
        if y == 0:
            return self.strip_of([title_cell(lane, cells, current=current, above=self._tops.get(lane.title, 0))], cells)
        slot, row = divmod(y - 1, self.card_rows)
        index = slot + self._tops.get(lane.title, 0)
        hidden = len(lane.tasks) - index
        if slot >= self._cards() or index >= len(lane.tasks):
            # A row too small for a card, below the last whole one, says how much is not seen.
            words = f"↓ {hidden:,} more" if slot == self._cards() and row == 0 and hidden > 0 else ""
            return self.strip_of([(words, "dim")], cells)
        return self.strip_of(
            self._card(lane.tasks[index], cells)[row],
            cells,
            cursor=current and index == self.index,
        )

    def _card(self, task: Task, cells: int) -> list[Spans]:
        """Return the rows of a card, each of which is drawn by itself; they are made once for a picture."""
        key = (task.id, cells, self.card_rows)
        if key not in self._made:
            self._made[key] = card(task, self.floor, cells, self.card_rows)
        return self._made[key]

    def repaint(self) -> None:
        self._made.clear()
        super().repaint()

    def action_move(self, columns: int, rows: int) -> None:
        self._put = True
        if columns:
            self._to_column(columns)
        self.index += rows
        self._keep_cursor_in_view()
        self.refresh()
        self.post_message(Pointed(self.selected))

    def _to_column(self, by: int) -> None:
        column = self.column + by
        while 0 <= column < len(self.lanes):
            if self.lanes[column].tasks:
                self.column = column
                return
            column += by

    def action_page(self, by: float) -> None:
        self.action_move(0, int(by * self._cards()) or int(2 * by))

    def action_end(self, by: int) -> None:
        self.action_move(0, by * len(self.lanes[self.column].tasks))

    def action_open(self) -> None:
        if self.selected:
            self.post_message(Opened(self.selected))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, by: int) -> None:
        """Scroll the column below the mouse by a card; the cursor, where it is in that column, stays in sight."""
        column = self._column_at(event.get_content_offset_capture(self).x)
        if column is None:
            return
        lane, cards = self.lanes[column], self._cards()
        top = self._tops[lane.title] = max(0, min(self._tops.get(lane.title, 0) + by, len(lane.tasks) - cards))
        if column == self.column:
            self.action_move(0, max(top, min(self.index, top + cards - 1)) - self.index)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset_capture(self)
        column, index = self._at(offset.x, offset.y)
        if index is None:
            return
        again = (column, index) == (self.column, self.index)
        self.column, self.index = column, index
        self.action_move(0, 0)
        if again and event.chain > 1:
            self.action_open()

    def _at(self, x: int, y: int) -> tuple[int, int | None]:
        column = self._column_at(x)
        if column is None or y < 1:
            return 0, None
        index = (y - 1) // self.card_rows + self._tops.get(self.lanes[column].title, 0)
        return column, index if index < len(self.lanes[column].tasks) else None

    def _column_at(self, x: int) -> int | None:
        left = 0
        widths: Sequence[int] = lane_widths(self.lanes, self.size.width)
        for column, room in enumerate(widths):
            if left <= x < left + room:
                return column
            left += room + GAP
        return None

    def on_resize(self) -> None:
        self._keep_cursor_in_view()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
