"""Noticing that an agent goes round in circles.

Rule 1: only the same call with the same result, in a row, is a circle: waiting for something that changes is not.
"""

import json
from typing import NamedTuple

from teams.models.port import ToolCall


class Verdict(NamedTuple):
    """``warning`` is for the model, empty when there is none; ``looping``: it was warned and goes on all the same."""

    warning: str
    looping: bool


class Repeats:
    """Counts repetitions; ``allowed`` in a row bring the warning, one more ends the run."""

    def __init__(self, allowed: int) -> None:
        self._allowed = allowed
        self._last: tuple[str, str, str] | None = None
        self._count = 0
        self._cuts = 0

    def note(self, call: ToolCall, result: str) -> Verdict:
        """Count ``call`` with the ``result`` it brought."""
        seen = (call.name, _canonical(call.arguments), result)
        self._count = self._count + 1 if seen == self._last else 1
        self._last, self._cuts = seen, 0
        if self._count < self._allowed:
            return Verdict("", False)
        warning = f"\n[This was the same call with the same result, {self._count} times in a row. Do something else.]"
        return Verdict(warning, self._count > self._allowed)

    def cut_short(self) -> bool:
        """Count a reply that was cut at its length; True when there were more than ``allowed`` in a row."""
        self._cuts += 1
        return self._cuts > self._allowed


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments
