"""The tail of the journal: every event as a line, newest at the end."""

from datetime import tzinfo

from tui.rows.people import log_row
from tui.rows.spans import Spans
from tui.snapshot import LogLine
from tui.views.lines import Lines
from tui.views.view import Scene


class Log(Lines[LogLine]):
    """One row for each event that is kept."""

    follows_end = True
    empty_words = "the journal is empty"
    zone: tzinfo | None = None

    def show(self, scene: Scene) -> None:
        """Show the newest events of ``scene``."""
        snapshot, self.zone = scene.snapshot, scene.zone
        totals = snapshot.totals
        unknown = f", {totals.unknown_events:,} not known here" if totals.unknown_events else ""
        self.border_subtitle = f"{totals.events:,} events{unknown}" if totals.events else ""
        self.show_items(snapshot.log)

    def row(self, item: LogLine, cells: int) -> Spans:
        return log_row(item, cells, zone=self.zone)

    def key(self, item: LogLine) -> object:
        return item.seq
