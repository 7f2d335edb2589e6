"""What agents say to each other: conversations, that which went on last on top; or each message, the newest at the end.

Rule 1: messages are gathered into conversations when there are others than before, not with every picture.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tui.forms import gist
from tui.rows.messages import message_row, queue_row, thread_row
from tui.rows.query import Facts
from tui.rows.spans import Spans
from tui.rows.threads import LATE_S, MESSAGE_FIELDS, Queue, Thread, message_facts, queues, thread_facts, threads
from tui.snapshot import Message
from tui.text import one_line
from tui.views.lines import Lines
from tui.views.view import Scene
from tui.words import duration

FRAME_ROWS = 3


class Messages(Lines[Any]):
    """One row for each conversation, or message; ``whole``: with a row that says for whom messages wait."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f", "fold", show=False)]
    KEYS = (("f", "fold"),)
    FIELDS = MESSAGE_FIELDS
    empty_words = "no messages yet"

    def __init__(self, *, whole: bool = False, **where: Any) -> None:
        super().__init__(**where)
        self.zone: tzinfo | None = None
        self.now = datetime.fromtimestamp(0, UTC)
        self.folded = True
        self.rows_wanted = 0
        self._whole = whole
        self._messages: tuple[Message, ...] = ()
        self._threads: Sequence[Thread] = ()
        self._queues: Sequence[Queue] = ()

    def show(self, scene: Scene) -> None:
        """Show the messages of ``scene``."""
        snapshot, self.zone, self.now = scene.snapshot, scene.zone, scene.now
        if snapshot.messages != self._messages:
            self._messages = snapshot.messages
            self._threads = threads(self._messages)
            gone = {agent.name for agent in snapshot.agents if agent.state == "left"}
            self._queues = queues(self._messages, gone)
        totals = snapshot.totals
        idle = f", {totals.idle_messages:,} idle" if totals.idle_messages else ""
        self.count("", f"{self._late()}{totals.messages:,} sent{idle}" if totals.messages else "")
        self._list()

    def _late(self) -> str:
        late = [queue for queue in self._queues if (self.now - queue.since).total_seconds() >= LATE_S]
        waits_s = (self.now - late[0].since).total_seconds() if late else 0
        return f"▲ {one_line(late[0].reader)} has not read for {duration(waits_s)} · " if late else ""

    def _list(self) -> None:
        self.noun = "conversation" if self.folded else "message"
        self.show_items(self._threads if self.folded else self._messages)
        self.rows_wanted = FRAME_ROWS + len(self.items)

    def has_heading(self) -> bool:
        return self._whole and bool(self._queues)

    def heading(self, cells: int) -> Spans:
        return queue_row(self._queues, cells, now=self.now)

    def row(self, item: Any, cells: int) -> Spans:
        if isinstance(item, Thread):
            return thread_row(item, cells, now=self.now, zone=self.zone)
        return message_row(item, cells, zone=self.zone)

    def text(self, item: Any) -> str:
        messages = item.messages if isinstance(item, Thread) else (item,)
        return "\n".join(f"{one.sender} {one.to} {gist(one)} {one.text}" for one in messages)

    def facts(self, item: Any) -> Facts:
        return thread_facts(item) if isinstance(item, Thread) else message_facts(item)

    def key(self, item: Any) -> object:
        return item.key if isinstance(item, Thread) else (item.to, item.id)

    def action_fold(self) -> None:
        """Show each message in the order they were sent, or conversations again."""
        self.folded = not self.folded
        self.follows_end = self._at_end = not self.folded
        self.cursor = 0
        self._list()
