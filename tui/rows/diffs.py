"""A unified diff as paragraphs: a head for each file with what came and went, and its hunks.

Rule 1: a line is what its hunk's head says it is: text that looks like the frame of a diff is text.
Rule 2: every line keeps its sign, also where it takes more rows than one (:data:`AGAIN`); a tone only repeats it.

Source: the unified format of GNU diffutils, "Detailed Description of Unified Format", and git-diff(1).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from tui.rows.detail import Paragraph

MOST_LINES = 5_000
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_FILE = re.compile(r'diff --git "?a/(?:.*?)"? "?b/(.*?)"?$')
_TOLD = ("new file", "deleted file", "rename from", "rename to", "Binary files", "old mode", "new mode")
_TONES = {"+": "good", "-": "bad", "\\": "dim"}
AGAIN = {"+": "+… ", "-": "-… "}
"""What the rows begin with in which a line goes on that came or went: no line of its own, and not without colour."""


@dataclass
class FileDiff:
    """What became of one file: ``notes`` are words of the frame, ``lines`` hunk heads and lines with their signs."""

    path: str
    notes: list[str] = field(default_factory=list)
    lines: list[Paragraph] = field(default_factory=list)
    more: int = 0
    less: int = 0

    def paragraphs(self) -> Iterator[Paragraph]:
        """Yield its head and its lines."""
        counts = "  ".join(
            part for part in (f"+{self.more}" * bool(self.more), f"-{self.less}" * bool(self.less)) if part
        )
        yield Paragraph(
            "", "  ".join(part for part in (f"▾ {self.path}", counts, ", ".join(self.notes)) if part), "file"
        )
        yield from self.lines


def files_of(diff: str) -> list[FileDiff]:
    """Return the files of a unified diff, in its order."""
    found: list[FileDiff] = []
    old = new = 0
    for line in diff.split("\n"):
        if old > 0 or new > 0:
            old, new = _take(found[-1], line, old, new)
        elif named := _FILE.match(line):
            found.append(FileDiff(named[1]))
        elif found and (head := _HUNK.match(line)):
            old, new = (int(count) if count is not None else 1 for count in head.groups())
            found[-1].lines.append(Paragraph("", line, "hunk"))
        elif found and line.startswith(_TOLD):
            found[-1].notes.append(line.removeprefix("Binary files ").partition(" mode ")[0])
        elif found and line.startswith("\\"):
            found[-1].lines.append(Paragraph("", line, "dim"))
    return found


def _take(file: FileDiff, line: str, old: int, new: int) -> tuple[int, int]:
    """Take in a line of a hunk of which so many lines of the old and the new file are still to come."""
    sign = line[:1]
    file.lines.append(Paragraph("", line, _TONES.get(sign, "plain"), AGAIN.get(sign, "")))
    file.more += sign == "+"
    file.less += sign == "-"
    return old - (sign not in ("+", "\\")), new - (sign not in ("-", "\\"))


def painted(diff: str) -> list[Paragraph]:
    """Return a unified diff as paragraphs, one a line; a very long one is cut, which is said."""
    return told(files_of(diff)) or [Paragraph("", "nothing differs", "dim")]


def told(files: Sequence[FileDiff]) -> list[Paragraph]:
    """Return what became of ``files``, at most :data:`MOST_LINES` lines of it."""
    lines = (line for file in files for line in file.paragraphs())
    rows = list(islice(lines, MOST_LINES))
    left = sum(1 for _ in lines)
    return [*rows, Paragraph("", f"… {left:,} more lines", "warn")] if left else rows
