"""When several missions are all over, and what that comes to as one exit code.

Rule 1: what counts are missions that went on while we looked. One that was over before counts only where none went on:
        then the newest of each root.
Rule 2: a team whose journal is damaged, or that is gone before its mission ended, is waited for no longer.
        A mission that died (:mod:`tui.projection.gone`) has not ended: it can be resumed, and is waited for.
Rule 3: the code is that of the worst: a damaged journal, gone or ended oddly, blocked, stopped by a person, done.
"""

from collections.abc import Iterable, Mapping, Sequence

from onecontext.errors import ENDING_EXIT_CODES, Damaged
from tui.plain.following import DAMAGE, ODD_ENDING_EXIT_CODE
from tui.snapshot import TeamLine
from tui.sources.census import Key

WORST_FIRST = (Damaged.exit_code, ODD_ENDING_EXIT_CODE, *dict.fromkeys(ENDING_EXIT_CODES.values()))


class Endings:
    """Remembers which missions went on."""

    def __init__(self) -> None:
        self._went_on: set[Key] = set()

    def code(self, lines: Sequence[TeamLine]) -> int | None:
        """Take in how all stand; return the exit code when every mission is over, None while one goes on or is read."""
        there = {line.key: line for line in lines if line.team}
        if any(line.reading for line in lines):
            return None
        self._went_on |= {key for key, line in there.items() if (line.phase or _damaged(line)) and not line.over}
        if not self._went_on:
            newest = [line for line in _newest(there.values()).values() if line.over]
            return _worst(map(_code, newest)) if newest else None
        codes = [_code(there.get(key)) for key in self._went_on]
        return None if None in codes else _worst(codes)


def _code(line: TeamLine | None) -> int | None:
    """Return what the end of a mission comes to; None: it goes on."""
    if line is None:
        return ODD_ENDING_EXIT_CODE
    if line.over:
        return ENDING_EXIT_CODES.get(line.phase, ODD_ENDING_EXIT_CODE)
    return Damaged.exit_code if _damaged(line) else None


def _damaged(line: TeamLine) -> bool:
    return line.trouble.startswith(DAMAGE)


def _worst(codes: Iterable[int | None]) -> int:
    return min((code for code in codes if code is not None), key=_rank)


def _rank(code: int) -> int:
    return len(WORST_FIRST) if code == 0 else WORST_FIRST.index(code)


def _newest(lines: Iterable[TeamLine]) -> Mapping[str, TeamLine]:
    """Return of each root the team that was written last, of those that had a mission."""
    found: dict[str, TeamLine] = {}
    for line in lines:
        other = found.get(line.root)
        if line.phase and (other is None or _at(line) > _at(other)):
            found[line.root] = line
    return found


def _at(line: TeamLine) -> float:
    return line.last_event_at.timestamp() if line.last_event_at else 0.0
