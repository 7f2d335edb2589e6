"""The title of the terminal's window: how much needs a person, for who looks at another window.

Rule 1: where there is no terminal of a person's (a test, a browser) nothing is sent.
Rule 2: the title that was there before comes back when the screen is left, where the terminal keeps it.
"""

from textual.app import App

from tui.snapshot import Snapshot
from tui.text import one_line

_KEEP, _GIVE_BACK = "\x1b[22;2t", "\x1b[23;2t"
"""XTWINOPS of xterm (invisible-island.net/xterm/ctlseqs): push the window's title on a stack, and pop it."""
_TEAM_CHARACTERS = 60


def title_of(snapshot: Snapshot) -> str:
    """Return the title: the count of open items first, since a tab has little room."""
    count = snapshot.totals.attention_open
    parts = [f"▲ {count}" if count else "", one_line(snapshot.team)[:_TEAM_CHARACTERS], "onecontext"]
    return " · ".join(filter(None, parts))


class TerminalTitle:
    """Sets the title whenever it is another one."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._shown = ""

    def show(self, snapshot: Snapshot) -> None:
        """Show the count of ``snapshot``."""
        title = title_of(snapshot)
        if title != self._shown:
            self._send((_KEEP if not self._shown else "") + f"\x1b]2;{title}\x07")
            self._shown = title

    def give_back(self) -> None:
        """Bring the title back that was there before."""
        if self._shown:
            self._send(_GIVE_BACK)

    def _send(self, sequence: str) -> None:
        driver = self._app._driver
        if driver is not None and not driver.is_headless and not driver.is_web:
            driver.write(sequence)
            driver.flush()
