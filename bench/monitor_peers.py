"""What the monitor is compared with: the same journal on screens that are built the obvious way.

``python bench/monitor_peers.py table|richlog JOURNAL`` follows the journal as our monitor does, ten times a second, and
keeps a Textual DataTable of all tasks, or a RichLog of all events, up to date.
"""

import json
import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import DataTable, RichLog


class Peer(App[None]):
    """Reads what was appended, and updates one widget for each event."""

    BINDINGS = [("q", "quit", "quit")]  # noqa: RUF012

    def __init__(self, kind: str, journal: Path) -> None:
        super().__init__()
        self._kind, self._file = kind, journal.open("rb")

    def compose(self) -> ComposeResult:
        yield DataTable() if self._kind == "table" else RichLog()

    def on_mount(self) -> None:
        if self._kind == "table":
            self.query_one(DataTable).add_columns("id", "key", "state", "owner", "subject", "changed")
        self._look()
        self.set_interval(0.1, self._look)

    def _look(self) -> None:
        for line in self._file.read().splitlines():
            event = json.loads(line)
            if self._kind == "richlog":
                self.query_one(RichLog).write(f"{event['at']} {event.get('agent', '')} {event['type']} {event['data']}")
            elif "task" in event["data"]:
                self._put(event)

    def _put(self, event: dict[str, object]) -> None:
        table = self.query_one(DataTable)
        task = event["data"]["task"]  # type: ignore[index]
        ours = task["metadata"]["onecontext"]
        row = (task["id"], ours["key"], ours["state"], task["owner"] or "", task["subject"], str(event["at"]))
        if task["id"] in table.rows:
            for column, value in zip(table.columns, row, strict=True):
                table.update_cell(task["id"], column, value)
        else:
            table.add_row(*row, key=task["id"])


if __name__ == "__main__":
    Peer(sys.argv[1], Path(sys.argv[2])).run()
