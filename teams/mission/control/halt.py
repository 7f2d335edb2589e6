"""A word to a running mission from outside its process: hold, or stop. A file, so that it survives any crash.

Rule 1: whatever lies at ``onecontext/halt`` holds the mission: ``touch`` is enough, and what cannot be read holds, too.
    Only a file that says so stops it.
Rule 2: who gave the word, and who took it back, is in the journal; of what is not (the file was put there or taken away
    by hand, or who gave the word was killed in the middle) the process that runs the mission tells.
Rule 3: what the file says is hostile: it is told on one line, cut, without control characters and secrets.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from onecontext.errors import Conflict, Damaged, LockTimeout
from onecontext.store.files import read_bytes, replace_text
from onecontext.text.redact import redact
from teams.engine.journal import Journal
from teams.engine.locks import file_lock

FILE_NAME = "halt"
PERSON = "human"
BY_HAND = "a file put there by hand"
_LIMIT_BYTES = 64 * 1024
_NAME_CHARACTERS = 200
_REASON_CHARACTERS = 2000
_WAIT_S = 5.0
_WORDS = ("mission.halted", "mission.released", "mission.ended")
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
        """Put the word where the mission sees it, durably, and record who gave it; a pause that is there is replaced.

        Raises:
            Conflict: to hold what somebody has stopped: the stop stands, and nothing was changed.
            OSError: the folder is full or read-only; nothing was changed, unless it was full for the record alone: then
                the word stands, and the process that runs the mission records it.
            Damaged: the journal cannot be gone on with, so there would be no record; nothing was changed.
            LockTimeout: somebody else gives a word or takes one back, or writes, and does not come to an end; nothing
                was changed.
        """
        by, reason = _told(by, _NAME_CHARACTERS), _told(reason, _REASON_CHARACTERS)
        document = {"v": 1, "word": word, "by": by, "reason": reason, "at": datetime.now(UTC).isoformat()}
        with self._locked():
            if word == "pause" and (order := self.order()) is not None and order.word == "stop":
                raise Conflict(f"the mission {mission} is {order}", hint="'onecontext resume' goes on with it")
            text = json.dumps(document, ensure_ascii=False)
            # Behind the look at whether the journal can be gone on with, and before the record: what is done is told.
            self._record_halted(
                Order(word, by, reason), mission, before=lambda: replace_text(self.path, text, durable=True)
            )
        return Order(word, by, reason)

    def lift(self, *, mission: str, by: str, only: Word | None = None) -> Order | None:
        """Take the word back and record it; return what it was, None when there was none, or another than ``only``.

        Raises:
            OSError: it cannot be taken away; it stands.
            Damaged, LockTimeout: as :meth:`give`; it stands.
        """
        with self._locked():
            order = self.order()
            if order is None or only not in (None, order.word):
                return None
            self._record_released(
                mission, _told(by, _NAME_CHARACTERS), before=lambda: self.path.unlink(missing_ok=True)
            )
        return order

    def tell(self, *, mission: str) -> None:
        """Record what the file says, or that it is gone, where the journal does not.

        Raises:
            LockTimeout: somebody gives a word or takes one back just now, and tells of it.
        """
        with self._locked(wait_s=0):
            order, on_record = self.order(), self._on_record(mission)
            if order is None and on_record is not None:
                self._record_released(mission, "")
            elif order is not None and on_record != (order.word, order.by):
                self._record_halted(order if order.by else order._replace(reason=BY_HAND), mission)

    def _on_record(self, mission: str) -> tuple[str, str] | None:
        """Return the word that stands in the journal, and whose it is."""
        found: tuple[str, str] | None = None
        for event in self._journal.read(types=_WORDS):
            if event.mission == mission and event.type == "mission.halted":
                found = str(event.data.get("word")), str(event.data.get("by"))
            elif event.mission == mission and event.type in ("mission.released", "mission.ended"):
                found = None
        return found

    def _record_halted(self, order: Order, mission: str, *, before: Callable[[], None] | None = None) -> None:
        data = order._asdict()
        self._journal.append("mission.halted", data, mission=mission, agent=order.by or None, guard=before)

    def _record_released(self, mission: str, by: str, *, before: Callable[[], None] | None = None) -> None:
        self._journal.append("mission.released", {"by": by}, mission=mission, agent=by or None, guard=before)

    @contextmanager
    def _locked(self, *, wait_s: float = _WAIT_S) -> Iterator[None]:
        """Keep the file and what the journal has of it together."""
        with file_lock(self._journal.folder / "halt.lock", wait_s=wait_s):
            yield


class Heed:
    """What a running mission makes of the file, looked at again and again by :meth:`look`."""

    def __init__(self, halt: Halt, *, mission: str) -> None:
        self._halt = halt
        self._mission = mission
        self._seen: tuple[Order | None] | None = None
        """What the last look found that is on record; None before the first."""

    def look(self) -> Order | None:
        """Return what the file says now; what was done since the last look, and is not on record, is recorded."""
        order = self._halt.order()
        if self._seen != (order,):
            with suppress(LockTimeout):  # the next look tells
                self._halt.tell(mission=self._mission)
                self._seen = (order,)
        return order


def _read(document: Any) -> Order:
    if not isinstance(document, dict):
        return Order("pause", "", "")
    by, reason = _told(document.get("by"), _NAME_CHARACTERS), _told(document.get("reason"), _REASON_CHARACTERS)
    return Order("stop" if document.get("word") == "stop" else "pause", by, reason)


def _told(value: Any, limit: int) -> str:
    """Return a text as it may be kept and told, "" for what is none."""
    text = redact(value) if isinstance(value, str) else ""
    # Neither control nor direction characters nor lone surrogates are printable.
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
