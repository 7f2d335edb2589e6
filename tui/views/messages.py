"""The messages between agents, newest at the end."""

from datetime import tzinfo

from tui.rows.people import message_row
from tui.rows.spans import Spans
from tui.snapshot import Message
from tui.views.lines import Lines
from tui.views.view import Scene


class Messages(Lines[Message]):
    """One row for each message that is kept."""

    follows_end = True
    empty_words = "no messages yet"
    zone: tzinfo | None = None

    def show(self, scene: Scene) -> None:
        """Show the messages of ``scene``."""
        snapshot, self.zone = scene.snapshot, scene.zone
        totals = snapshot.totals
        idle = f", {totals.idle_messages:,} idle" if totals.idle_messages else ""
        self.border_subtitle = f"{totals.messages:,} sent{idle}" if totals.messages else ""
        self.show_items(snapshot.messages)

    def row(self, item: Message, cells: int) -> Spans:
        return message_row(item, cells, zone=self.zone)

    def key(self, item: Message) -> object:
        return item.id
