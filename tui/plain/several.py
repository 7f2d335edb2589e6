"""Following several teams at once: what happens in any of them as lines that begin with its name, or as documents.

Rule 1: which form a line has depends on what was asked for, not on how many teams there happen to be.
Rule 2: with ``--json`` a document is the line of one team (:class:`tui.snapshot.TeamLine`), when it is first told and
        whenever it changed; a team that is gone is told once more, as gone.
Rule 3: as in :mod:`tui.plain.following`: one thread writes, each line at once; nothing is written anywhere else.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import NamedTuple

from onecontext.cli.output import Output
from onecontext.errors import INTERRUPTED_EXIT_CODE
from teams.engine.event import Event
from tui.plain.endings import Endings
from tui.plain.following import Wanted, asked_by_signal
from tui.plain.raised import Raised
from tui.plain.standing import died, named, standing, summary, trouble
from tui.plain.words import ATTENTION, event_line
from tui.projection.gone import DIED
from tui.projection.state import Monitor
from tui.rows.teams import names_of
from tui.snapshot import TeamLine
from tui.sources.census import Key
from tui.sources.glances import Glances


class _Happened(NamedTuple):
    """A line about a team, without its name."""

    key: Key
    line: str


Lines = tuple[TeamLine, ...]
Item = _Happened | Lines | None
"""What happened, how all stand now, or None: a summary is wanted."""


def follow_several(glances: Glances, out: Output, wanted: Wanted) -> int:
    """Tell what happens in any team until all missions ended, where that is wanted, or ^C; return the exit code."""
    queue: SimpleQueue[Item] = SimpleQueue()
    teller = _Teller(out, wanted)
    try:
        with asked_by_signal(lambda: queue.put(None)):
            code = teller.begin(glances.lines())
            if code is not None:
                return code
            if not out.json:
                glances.heard = _hearing(queue.put)
            glances.start(queue.put)
            while code is None:
                code = teller.take(_next(queue, teller.rest_s()))
            return code
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    finally:
        glances.close()


def _next(queue: "SimpleQueue[Item]", most_s: float | None) -> Item:
    try:
        return queue.get(timeout=most_s)
    except Empty:
        return None


def _hearing(put: Callable[[_Happened], None]) -> Callable[[Key, Event, Monitor], None]:
    teams: dict[Key, Raised] = {}

    def heard(key: Key, event: Event, monitor: Monitor) -> None:
        item = teams.setdefault(key, Raised()).by(event, monitor)
        if line := event_line(event, monitor.task_name(event.task or ""), item, zone=None):
            put(_Happened(key, line))

    return heard


class _Teller:
    """Writes lines or documents, and knows when it is over."""

    def __init__(self, out: Output, wanted: Wanted) -> None:
        self._out, self._wanted = out, wanted
        self._endings = Endings()
        self._lines: dict[Key, TeamLine] = {}
        self._known: set[Key] = set()
        self._summary_at_s = time.monotonic()

    def begin(self, lines: Lines) -> int | None:
        """Tell how all of them stand; return the exit code when that was all."""
        if not self._out.json:
            self._lines = {line.key: line for line in lines}
            self._known = {line.key for line in lines if not line.unread}
            self._summarize()
        return self._stand(lines)

    def take(self, item: Item) -> int | None:
        """Tell what happened; return the exit code when that was the last."""
        if item is None:
            self._summarize()
        elif isinstance(item, _Happened):
            name = self._names().get(item.key, item.key[1])
            self._known.add(item.key)
            self._say(named(item.line, name))
        else:
            return self._stand(item)
        return None

    def rest_s(self) -> float | None:
        """Return how long until a summary is due; None: until one is asked for."""
        every_s = self._wanted.every_s
        return max(0.0, self._summary_at_s + every_s - time.monotonic()) if every_s and not self._out.json else None

    def _stand(self, lines: Lines) -> int | None:
        before, self._lines = self._lines, {line.key: line for line in lines}
        for key, line in self._lines.items():
            if before.get(key) != line:
                self._changed(before.get(key), line)
        for key in before.keys() - self._lines.keys():
            self._gone(before[key])
        code = self._endings.code(lines) if self._wanted.until_ended else None
        if code is not None and not self._out.json and before != self._lines:
            self._summarize()
        return code

    def _changed(self, before: TeamLine | None, line: TeamLine) -> None:
        if self._out.json:
            self._out.answer(line, "")
            return
        name = self._names()[line.key]
        if line.trouble and (before is None or before.trouble != line.trouble):
            self._say(trouble(line, name))
        elif line.team and line.key not in self._known and not (line.reading or line.unread):
            self._known.add(line.key)
            self._say(named(f"is told from now on: {standing(line, datetime.now(UTC))}", name))
        elif line.phase == DIED and before is not None and before.phase not in (DIED, ""):
            self._say(died(line, name))

    def _gone(self, line: TeamLine) -> None:
        self._known.discard(line.key)
        if self._out.json:
            self._out.answer(replace(line, gone=True), "")
        elif line.team:
            words = f"is gone from {line.root}"
            # A mission that was not over may want to be looked after; a client takes its team with it when it ends.
            self._say(named(f"{ATTENTION} {words}" if line.phase and not line.over else words, line.team))

    def _summarize(self) -> None:
        self._summary_at_s = time.monotonic()
        if self._out.json:
            for line in self._lines.values():
                self._out.answer(line, "")
            return
        for words in summary([*self._lines.values()], self._names(), now=datetime.now(UTC), zone=None):
            self._say(words)

    def _names(self) -> dict[Key, str]:
        return {**names_of([*self._lines.values()])}

    def _say(self, line: str) -> None:
        self._out.answer(None, line)
