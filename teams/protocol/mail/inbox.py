"""One inbox array, ``inboxes/<agent>.json``: read without a lock, written under it, replaced by rename.

Rule 1: entries of others are never lost: what is malformed is copied beside the journal before it is taken out.
"""

from pathlib import Path
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import Damaged
from onecontext.store.files import read_bytes, replace_bytes, replace_text
from teams.protocol.mail.message import is_entry
from teams.protocol.wire import dumps, read_json


class Inbox:
    """The array at ``path``. ``aside``: the folder where malformed content is kept."""

    def __init__(self, path: Path, aside: Path) -> None:
        self.path = path
        self._aside = aside

    def read(self) -> tuple[list[dict[str, Any]], str]:
        """Return the entries that are messages, and what was wrong with the rest, or ``""``. Changes nothing."""
        try:
            document = read_json(self.path)
        except FileNotFoundError:
            return [], ""
        except Damaged as error:
            return [], error.message
        if not isinstance(document, list):
            return [], f"{self.path} is not an array"
        entries = [entry for entry in document if is_entry(entry)]
        count = len(document) - len(entries)
        return entries, f"{count} of {len(document)} entries are no messages" if count else ""

    def write(self, entries: list[Any]) -> None:
        """Replace the array. The caller holds the lock."""
        replace_text(self.path, dumps(entries))

    def append(self, entry: dict[str, Any]) -> None:
        """Add one entry behind whatever is there, malformed entries included. The caller holds the lock."""
        try:
            document = read_json(self.path)
        except FileNotFoundError:
            document = []
        except Damaged:
            self.keep_aside()
            document = []
        if not isinstance(document, list):
            self.keep_aside()
            document = []
        self.write([*document, entry])

    def keep_aside(self) -> None:
        """Copy the file's bytes, under a name that says which bytes they are."""
        if self.path.is_symlink() or not self.path.is_file():
            return
        content = read_bytes(self.path)
        self._aside.mkdir(parents=True, exist_ok=True)
        replace_bytes(self._aside / f"{self.path.stem}-{crc32c(content)}", content, durable=True)
