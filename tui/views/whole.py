"""A pane of the overview on the whole screen."""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.widget import Widget

from tui.views.agents import Agents
from tui.views.below import Below
from tui.views.log import Log
from tui.views.messages import Messages
from tui.views.view import Scene, View


class Whole(View):
    """One list, as in the overview, with more room."""

    LIST: Callable[[], Any]
    title = ""

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self.list: Any = type(self).LIST()

    def compose(self) -> ComposeResult:
        self.list.border_title = self.title
        yield self.list

    def draw(self, scene: Scene) -> None:
        self.list.show(scene)

    def first(self) -> Widget:
        found: Widget = self.list
        return found


class WholeAgents(Below):
    """The agents, and below them the page of the one under the cursor."""

    def __init__(self, **where: Any) -> None:
        super().__init__(Agents(whole=True), "2 agents", **where)


class WholeLog(Whole):
    """The log."""

    KEYS = Log.KEYS
    LIST, title = partial(Log, whole=True), "3 log"


class WholeMessages(Below):
    """The conversations, and below them the one under the cursor."""

    KEYS = Messages.KEYS

    def __init__(self, **where: Any) -> None:
        super().__init__(Messages(whole=True), "5 messages", **where)
