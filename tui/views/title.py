"""The title of the terminal's window, or of a browser's tab: how much needs a person, for who looks at another one.

Rule 1: where there is no terminal of a person's (a test) nothing is sent; a browser is told in a packet of its own,
        with the colour of the ground, as what lies beside the last cell is the page.
Rule 2: the title that was there before comes back when the screen is left, where the terminal keeps it.
"""

from typing import Any

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
        self._look: dict[str, object] = {}

    def show(self, snapshot: Snapshot) -> None:
        """Show the count of ``snapshot``."""
        title = title_of(snapshot)
        driver = self._app._driver
        if driver is not None and driver.is_web:
            self._tell(driver, {"type": "look", "title": title, "ground": self._app.current_theme.background})
        elif title != self._shown:
            self._send((_KEEP if not self._shown else "") + f"\x1b]2;{title}\x07")
            self._shown = title

    def give_back(self) -> None:
        """Bring the title back that was there before."""
        if self._shown:
            self._send(_GIVE_BACK)

    def _tell(self, driver: Any, look: dict[str, object]) -> None:
        """Tell a browser (:class:`textual.drivers.web_driver.WebDriver`), once."""
        if look != self._look:
            driver.write_meta(look)
            self._look = look

    def _send(self, sequence: str) -> None:
        driver = self._app._driver
        if driver is not None and not driver.is_headless and not driver.is_web:
            driver.write(sequence)
            driver.flush()
