"""The views: each is a whole screen about one thing, reached by its number.

Rule 1: this table imports no view; one is imported and made when it is first looked at, so that the first picture does
        not wait for the others.
Rule 2: the first five are panes of the overview as well, under the same names and numbers.
"""

from importlib import import_module
from typing import NamedTuple

from tui.views.view import View

OVERVIEW, MEMORY = "overview", "memory"


class Entry(NamedTuple):
    """A view: its name, the key that shows it, the class that draws it (``module:Class``), and what it is for."""

    name: str
    key: str
    place: str
    help: str


VIEWS = (
    Entry("board", "1", "tui.views.whole_board:WholeBoard", "the tasks in columns by state"),
    Entry("agents", "2", "tui.views.whole:WholeAgents", "who does what, and what it takes"),
    Entry("log", "3", "tui.views.whole:WholeLog", "every event of the journal"),
    Entry(MEMORY, "4", "tui.views.remembered:Remembered", "what is remembered: the graph of all branches"),
    Entry("messages", "5", "tui.views.whole:WholeMessages", "what agents say to each other"),
    Entry("diff", "6", "tui.views.diff:Diff", "what tasks changed in your repository"),
    Entry("cost", "7", "tui.views.cost:Cost", "what models take: against the budget, over time, by whom"),
    Entry("approvals", "8", "tui.views.approvals:AskedView", "what waits for your word, and what was decided"),
    Entry("skills", "9", "tui.views.skills:Skills", "the skills agents have, what they cost, and who opened which"),
    Entry("teams", "w", "tui.views.teams:Teams", "which team: all there are, and what needs you in each"),
)
PANES = tuple(entry.name for entry in VIEWS[:5])


def make(entry: Entry) -> View:
    """Return a new view; its identifier is ``view-<name>``."""
    module, _, name = entry.place.partition(":")
    made: View = getattr(import_module(module), name)(id=f"view-{entry.name}")
    return made
