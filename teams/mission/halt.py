"""A word to a running mission from outside its process: hold, or stop. A file, so that it survives any crash.

Rule 1: whatever lies at ``onecontext/halt`` holds the mission: ``touch`` is enough, and what cannot be read holds, too.
    Only a file that says so stops it.
Rule 2: who gave the word, and who took it back, is in the journal; of what somebody did to the file by hand the process
    that runs the mission tells.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from onecontext.errors import Damaged
from onecontext.store.files import read_bytes, replace_text
from teams.engine.journal import Journal

FILE_NAME = "halt"
PERSON = "human"
BY_HAND = "a file put there by hand"
_LIMIT_BYTES = 64 * 1024
Word = Literal["pause", "stop"]


class Order(NamedTuple):
    """What the file says. ``by`` is "" for one that was put there by hand."""

    word: Word
    by: str
    reason: str

    def __str__(self) -> str:
        told = f"{'stopped' if self.word == 'stop' else 'paused'} by {self.by or BY_HAND}"
        return f"{told}: {self.reason}" if self.reason else told


class Halt:
    """The file beside ``journal``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.path: Path = journal.folder / FILE_NAME

    def order(self) -> Order | None:
        """Return what the file says, None when there is none; it costs one look at the folder."""
        try:
            return _read(json.loads(read_bytes(self.path, limit_bytes=_LIMIT_BYTES)))
        except FileNotFoundError:
            return None
        except (Damaged, OSError, ValueError, RecursionError):
            return Order("pause", "", "")

    def give(self, word: Word, *, mission: str, by: str, reason: str = "") -> Order:
        """Put the word where the mission sees it, durably, and record who gave it; a word that is there is replaced.

        Raises:
            OSError: the folder is full or read-only; nothing was changed.
        """
        document = {"v": 1, "word": word, "by": by, "reason": reason, "at": datetime.now(UTC).isoformat()}
        replace_text(self.path, json.dumps(document, ensure_ascii=False), durable=True)
        self._journal.append("mission.halted", {"word": word, "by": by, "reason": reason}, mission=mission, agent=by)
        return Order(word, by, reason)

    def lift(self, *, mission: str, by: str) -> Order | None:
        """Take the word back and record it; return what it was, None when there was none.

        Raises:
            OSError: it cannot be taken away; it stands.
        """
        if (order := self.order()) is None:
            return None
        self.path.unlink(missing_ok=True)
        self._journal.append("mission.released", {"by": by}, mission=mission, agent=by)
        return order


class Heed:
    """What a running mission makes of the file, looked at again and again by :meth:`look`."""

    def __init__(self, halt: Halt, journal: Journal, *, mission: str) -> None:
        self._halt = halt
        self._journal = journal
        self._mission = mission
        self._last: Order | None = None

    def look(self) -> Order | None:
        """Return what the file says now; what was done by hand since the last look is recorded."""
        order = self._halt.order()
        if order != self._last:
            if order is not None and not order.by:
                self._record("mission.halted", {"word": order.word, "by": "", "reason": BY_HAND})
            elif order is None and self._last is not None and not self._last.by:
                self._record("mission.released", {"by": ""})
            self._last = order
        return order

    def _record(self, type_: str, data: dict[str, str]) -> None:
        self._journal.append(type_, data, mission=self._mission)


def _read(document: Any) -> Order:
    if not isinstance(document, dict):
        return Order("pause", "", "")
    by, reason = (str(document.get(name) or "") for name in ("by", "reason"))
    return Order("stop" if document.get("word") == "stop" else "pause", by, reason)
