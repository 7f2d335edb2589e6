"""Noticing that an agent goes round in circles.

Rule 1: what counts is the same call (tool and canonical arguments) with the same result, whoever the agent is: one
    detector belongs to one run, so role and task are the same for all it sees. Waiting for something that changes is
    no circle; times in a result (``1 passed in 0.02s``) are no change.
Rule 2: a circle is a row of calls that comes again and again (A A A, A B A B, …, up to :data:`LONGEST` calls long), or
    a stretch of calls of which nearly all were there before, in whatever order.
Rule 3: tools that are made for waiting may repeat more often, and neither they nor what stands between them count for
    a stretch.
Rule 4: of what was called only hashes are kept, and short labels of the newest.
"""

import json
import re
from collections import deque
from hashlib import blake2b
from typing import NamedTuple

from teams.models.port import ToolCall

LONGEST = 8
"""Calls in the longest row that is recognised."""
STRETCH = 6
"""A stretch has so many times the calls that one row may repeat …"""
OLD_SHARE = 0.8
"""… and is a circle when so many of them were there before."""
_LABEL_CHARACTERS = 80
_TIMES = re.compile(r"\d+(?:\.\d+)?(?= ?(?:ms|µs|s|secs?|seconds?)\b)")


class Verdict(NamedTuple):
    """``warning`` is for the model, "" when there is none; ``loop`` says what it repeats although it was warned."""

    warning: str
    loop: str


class _Seen(NamedTuple):
    digest: bytes
    label: str
    polls: bool


class Repeats:
    """Sees every call of one run and its result.

    Args:
        allowed: so many times in a row a row of calls may come; then comes the warning, the next time ends the run.
        polls_allowed: the same for rows with a tool in them that is made for waiting.
    """

    def __init__(self, allowed: int, polls_allowed: int | None = None) -> None:
        self._allowed = allowed
        self._polls_allowed = max(allowed, polls_allowed or 0)
        self._newest: deque[_Seen] = deque(maxlen=LONGEST)
        self._matching = [0] * (LONGEST + 1)
        """For each length of a row: how many calls in a row were those that stood so far before."""
        self._stretch: deque[bytes] = deque(maxlen=allowed * STRETCH)
        self._noted = 0
        self._warned_at: int | None = None
        self._cuts = 0

    def note(self, call: ToolCall, result: str, *, polls: bool = False) -> Verdict:
        """Take in ``call`` with the ``result`` it brought."""
        arguments = _canonical(call.arguments)
        seen = _Seen(_digest(call.name, arguments, result), _label(call.name, arguments), polls)
        self._cuts, self._noted = 0, self._noted + 1
        for length in range(1, LONGEST + 1):
            same = len(self._newest) >= length and self._newest[-length].digest == seen.digest
            self._matching[length] = self._matching[length] + 1 if same else 0
        self._newest.append(seen)
        if not any(one.polls for one in self._newest):
            self._stretch.append(seen.digest)
        found = self._row() or self._circling()
        if not found:
            return Verdict("", "")
        if self._warned_at is not None and self._noted - self._warned_at <= self._allowed * STRETCH:
            return Verdict("", found)
        self._warned_at = self._noted
        self._stretch.clear()
        return Verdict(f"\n[You go round in circles: {found}. Do something else.]", "")

    def cut_short(self) -> bool:
        """Count a reply that was cut at its length; True when there were more than ``allowed`` in a row."""
        self._cuts += 1
        return self._cuts > self._allowed

    def _row(self) -> str:
        """Return what row of calls comes again and again, the shortest; "" for none."""
        for length in range(1, LONGEST + 1):
            times = self._matching[length] // length + 1
            row = list(self._newest)[-length:]
            allowed = self._polls_allowed if any(seen.polls for seen in row) else self._allowed
            if times >= allowed:
                what = "the same call" if length == 1 else f"the same {length} calls"
                results = "the same result" if length == 1 else "the same results"
                return f"{what} with {results}, {times} times in a row: {'; '.join(seen.label for seen in row)}"
        return ""

    def _circling(self) -> str:
        """Return how many of the newest calls brought nothing new, where they are nearly all; else ""."""
        size = self._allowed * STRETCH
        old = len(self._stretch) - len(set(self._stretch))
        if len(self._stretch) < size or old < size * OLD_SHARE:
            return ""
        last = self._newest[-1].label
        return f"{old} of the last {size} calls were made before, with the same results; the last: {last}"


def _digest(tool: str, arguments: str, result: str) -> bytes:
    text = "\0".join((tool, arguments, _TIMES.sub("#", result)))
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _label(tool: str, arguments: str) -> str:
    flat = " ".join(f"{tool[:_LABEL_CHARACTERS]} {arguments[: 2 * _LABEL_CHARACTERS]}".split())
    # It is told to the model and in the journal, so it needs a UTF-8 form.
    told = flat.encode("utf-8", "backslashreplace").decode("utf-8")
    return told if len(told) <= _LABEL_CHARACTERS else f"{told[: _LABEL_CHARACTERS - 1]}…"


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        return arguments
