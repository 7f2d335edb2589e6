"""Texts as the reference implementation (contexa 1.1.2) reads them, written so that it tears and forges nothing.

Its reader splits a file at ``---`` and a line feed wherever they stand, and a record at every boundary of
``str.splitlines``; takes a line that begins with a heading or label for one, and of a label's own line only what
follows the label's last occurrence. It strips every line and drops blank ones.

Rule 1: :func:`shape` adds only white space that this reader strips: a space before a heading or label that begins a
        line, a space behind ``---`` that ends one, a line feed before a text whose first line holds a label.
Rule 2: :func:`unshape` takes exactly that away, whatever the text was.
Rule 3: :func:`carried` is what its reader returns, so it tells which texts that format can carry.
"""

import re

BOUNDARY = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
STEP_LABELS = ("Observation", "Thought", "Action")
MILESTONE_LABELS = ("Timestamp", "Branch Purpose", "Previous Progress Summary", "This Commit's Contribution")
# Its headings have no blank behind them: "### Steps" begins a record as well.
_LABELS = "|".join(re.escape(f"**{label}:**") for label in STEP_LABELS + MILESTONE_LABELS)
_WORDS = rf"### Step|## Commit|<!-- oc|{_LABELS}"
_START = re.compile(rf"(?:(?<=[{BOUNDARY}])|\A)(?= *(?:{_WORDS}))")
_STARTED = re.compile(rf"(?:(?<=[{BOUNDARY}])|\A) (?= *(?:{_WORDS}))")
_END = re.compile(rf"(?<=---)(?= *(?:[{BOUNDARY}]|\Z))")
_ENDED = re.compile(rf"(?<=---) (?= *(?:[{BOUNDARY}]|\Z))")
_LABEL_IN_FIRST_LINE = re.compile(rf"[^{BOUNDARY}]*(?:{_LABELS})")


def shape(text: str) -> str:
    """Return ``text`` so that the reference reader finds no record, field or end of a record in it."""
    shaped = _END.sub(" ", _START.sub(" ", text))
    return f"\n{shaped}" if shaped.startswith("\n") or _LABEL_IN_FIRST_LINE.match(shaped) else shaped


def unshape(text: str) -> str:
    """Take away what :func:`shape` added."""
    return _STARTED.sub("", _ENDED.sub("", text.removeprefix("\n")))


def carried(text: str) -> str:
    """Return what the reference reader makes of ``shape(text)``: lines without blanks around them, no blank lines.

    A line that is a backslash and three hyphens, neither the first nor the last, loses the backslash: there it is the
    escape of ``---``.
    """
    return desanitize("\n".join(line.strip() for line in text.splitlines() if line.strip()))


def sanitize(text: str) -> str:
    """Return what its writer makes of ``text``."""
    return text.replace("\n---\n", "\n\\---\n")


def desanitize(text: str) -> str:
    """Take away what :func:`sanitize` added."""
    return text.replace("\n\\---\n", "\n---\n")
