"""What a command prints: answers on stdout, words on stderr.

Rule 1: with ``--json`` stdout holds exactly one JSON document: ``schema_version`` and either ``data`` or ``error``.
Rule 2: text of agents is untrusted: control characters other than newline and tab never reach a terminal.
Rule 3: colour only on a terminal, and never when NO_COLOR is set (no-color.org).
"""

import json
import re
import shutil
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, TextIO

SCHEMA_VERSION = 1
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


def printable(text: str) -> str:
    """Return ``text`` with control and direction characters shown as ``\\xNN`` instead of obeyed."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def one_line(text: str, *, limit: int | None = None) -> str:
    """Return ``text`` on one line, so that it cannot look like another, in at most ``limit`` characters."""
    line = " ".join(text.split())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


class Output:
    """Where a command's answer and its words go."""

    def __init__(self, stdout: TextIO, stderr: TextIO, *, json: bool = False, colour: bool = False) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self.json = json
        self._colour = colour

    @property
    def columns(self) -> int | None:
        """How wide the terminal is that the answer goes to; None: it goes to a file or a program."""
        if self.json or not self._stdout.isatty():
            return None
        return shutil.get_terminal_size().columns

    def answer(self, data: Any, text: str) -> None:
        """Print the answer: ``data`` as JSON when programs asked, else ``text`` for people (already painted)."""
        if self.json:
            self._write_json({"data": data})
        elif text:
            print(text, file=self._stdout, flush=True)

    @property
    def is_terminal(self) -> bool:
        """Whether the answer is read by a person, at a terminal."""
        return self._stdout.isatty()

    def pass_on(self, text: str) -> None:
        """Print what another program answered, as it is, with one line end after it."""
        self._stdout.write(text if text.endswith("\n") else f"{text}\n")
        self._stdout.flush()

    def fail(self, error: dict[str, Any]) -> None:
        """Print the error document for programs; for people :meth:`say` is enough."""
        if self.json:
            self._write_json({"error": error})

    def say(self, text: str = "") -> None:
        """Print words that are no answer: progress, warnings, hints."""
        print(text, file=self._stderr, flush=True)

    def paint(self, text: str, *styles: str) -> str:
        """Return ``text`` made printable, in these styles (names of ``_STYLES``) where colour is wanted."""
        plain = printable(text)
        if not self._colour or not styles:
            return plain
        return f"\x1b[{';'.join(_STYLES[style] for style in styles)}m{plain}\x1b[0m"

    def _write_json(self, body: dict[str, Any]) -> None:
        document = {"schema_version": SCHEMA_VERSION, **body}
        encoding = (getattr(self._stdout, "encoding", None) or "utf-8").lower()
        text = json.dumps(document, ensure_ascii=not encoding.startswith("utf"), default=_plain)
        # JSON escapes only what is below U+0020; these mean the same to a program and nothing to a terminal.
        harmless = _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
        print(harmless, file=self._stdout, flush=True)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no JSON form")
