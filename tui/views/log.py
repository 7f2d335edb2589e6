"""The tail of the journal: every event as a line, newest at the end; sieved by level, agent and words, and sought in.

Rule 1: it follows the end until somebody moves away from it, and says how much is new below.
Rule 2: ``/`` marks what is sought and leaves nothing out, as in less; ``&`` leaves out what does not fit.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from tui.rows.log import LEVELS, LOG_FIELDS, is_shown, log_facts, log_row, log_text, marked, places_of
from tui.rows.query import Facts
from tui.rows.spans import Spans
from tui.snapshot import LogLine
from tui.text import one_line
from tui.views.lines import Lines
from tui.views.view import Narrowing, Scene
from tui.words import counted


class Seeker:
    """What ``/`` types into: the text that is sought in a log."""

    asks = "sought: enter keeps the marks, n N next and last, esc forgets them"

    def __init__(self, log: "Log") -> None:
        self._log = log
        self.words = ""
        self._known: dict[int, bool] = {}

    def narrow(self, words: str) -> None:
        """Mark ``words``, and go to the nearest."""
        if not self.words:
            self._log.remember()
        self.words, self._known = words, {}
        self._log.seek_nearest()

    def focus(self) -> None:
        """Give the log the focus again."""
        self._log.focus()

    def is_hit(self, line: LogLine) -> bool:
        """Return whether the line has what is sought; a line is looked through once."""
        found = self._known.get(line.seq)
        if found is None:
            found = self._known[line.seq] = (
                next(places_of(log_text(line, self._log.zone), self.words), None) is not None
            )
        return found


class Log(Lines[LogLine]):
    """One row for each event that is kept; ``whole``: it says more of what it does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "level", show=False),
        Binding("o", "only", show=False),
        Binding("n", "hit(1)", show=False),
        Binding("N", "hit(-1)", show=False),
        Binding("slash", "seek", show=False),
        Binding("ampersand", "sieve", show=False),
        Binding("F", "end(1)", show=False),
    ]
    KEYS = (("l", "level"), ("o", "only agent"), ("/", "seek"), ("&", "only lines"), ("n N", "hits"))
    FIELDS = LOG_FIELDS
    follows_end = True
    empty_words = "the journal is empty"

    def __init__(self, *, whole: bool = False, **where: Any) -> None:
        super().__init__(**where)
        self.zone: tzinfo | None = None
        self.level = LEVELS[0]
        self.agent = ""
        self.seeker = Seeker(self)
        self._whole = whole
        self._sieving = False
        self._lines: Sequence[LogLine] = ()
        self._counted = ""
        self._read = 0
        self._begun_at = 0

    @property
    def narrowing(self) -> Narrowing:
        """What the line of words is for: what was asked for last, ``/`` or ``&``."""
        return self if self._sieving else self.seeker

    def show(self, scene: Scene) -> None:
        """Show the newest events of ``scene``."""
        totals, self.zone, self._lines = scene.snapshot.totals, scene.zone, scene.snapshot.log
        unknown = f", {totals.unknown_events:,} not known here" if totals.unknown_events else ""
        self._counted = f"{counted(totals.events, 'event')}{unknown}" if totals.events else ""
        self._sieve()

    def _sieve(self) -> None:
        lines = self._lines
        if self.agent:
            lines = [line for line in lines if line.agent == self.agent]
        if self.level != LEVELS[0]:
            lines = [line for line in lines if is_shown(line, self.level)]
        self.empty_words = "nothing of this level, or of this agent" if self._lines else "the journal is empty"
        self.show_items(lines)

    def say(self) -> None:
        if self._at_end and self.items:
            self._read = self.items[-1].seq
        new = next((n for n, line in enumerate(reversed(self.items)) if line.seq <= self._read), len(self.items))
        parts = [f"↓ {new:,} new below: G"] if new else ["following"] if self._whole and self._at_end else []
        forgets = ", esc forgets" if self.has_focus else ""
        parts += [f"{self._hits():,} × “{self.seeker.words}”{forgets}"] if self.seeker.words else []
        parts += [one_line(f"only {self.agent}")] if self.agent else []
        parts += [self.level] if self.level != LEVELS[0] else []
        parts += [f"& {self.words}"] if self.words else []
        parts += [self.narrowed] if self.words else []
        self.border_subtitle = " · ".join([*parts, self._counted] if self._counted else parts)

    def _hits(self) -> int:
        return sum(map(self.seeker.is_hit, self.items))

    def row(self, item: LogLine, cells: int) -> Spans:
        row = log_row(item, cells, zone=self.zone)
        return marked(row, self.seeker.words) if self.seeker.words else row

    def text(self, item: LogLine) -> str:
        return log_text(item, self.zone)

    def facts(self, item: LogLine) -> Facts:
        return log_facts(item)

    def key(self, item: LogLine) -> object:
        return item.seq

    def moved(self) -> None:
        self.say()

    # --- what is sought ---------------------------------------------------------------------------------------------

    def remember(self) -> None:
        """Remember the place that seeking begins at."""
        self._begun_at = self.cursor

    def seek_nearest(self) -> None:
        """Go to the hit nearest to where seeking began: the last one above it, else the first below."""
        above = range(min(self._begun_at, len(self.items) - 1), -1, -1)
        below = range(self._begun_at + 1, len(self.items))
        self._go((*above, *below))

    def _go(self, places: Sequence[int]) -> None:
        found = next((at for at in places if self.seeker.is_hit(self.items[at])), None) if self.seeker.words else None
        self.action_move(0 if found is None else found - self.cursor)

    def action_hit(self, by: int) -> None:
        """Go to the next hit, or the one before."""
        self._go(range(self.cursor + 1, len(self.items)) if by > 0 else range(self.cursor - 1, -1, -1))

    async def action_seek(self) -> None:
        """Ask what is sought."""
        self._sieving = False
        await self.run_action("app.narrow")

    async def action_sieve(self) -> None:
        """Ask what lines have to fit."""
        self._sieving = True
        await self.run_action("app.narrow")

    # --- what is left out -------------------------------------------------------------------------------------------

    def action_level(self) -> None:
        """Show all, what is notable, trouble alone, all again."""
        self.level = LEVELS[(LEVELS.index(self.level) + 1) % len(LEVELS)]
        self._sieve()

    def action_only(self) -> None:
        """Show only the agent under the cursor, or all again."""
        self.agent = "" if self.agent or self.selected is None else self.selected.agent
        self._sieve()
