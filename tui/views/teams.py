"""All teams there are, one a line: ``enter`` looks at one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from textual.widget import Widget

from tui.rows.spans import Spans
from tui.rows.teams import Choice, elsewhere, longest_of, names_of, state_of, team_heading, team_row
from tui.snapshot import TeamLine
from tui.views.lines import Lines
from tui.views.view import Chosen, Scene
from tui.views.whole import Whole
from tui.words import counted


class TeamLines(Lines[Choice]):
    """One row for each team."""

    noun = "team"
    empty_words = "only this team is looked at; --all, or --root more than once, looks at more"
    now = datetime.fromtimestamp(0, UTC)
    here: tuple[str, str] = ("", "")
    names: Mapping[tuple[str, str], str] = MappingProxyType({})
    longest = 0

    def show(self, scene: Scene) -> None:
        """Show the teams of ``scene``."""
        snapshot, self.now = scene.snapshot, scene.now
        self.here = (snapshot.root, snapshot.team)
        count, _ = elsewhere(snapshot, scene.now)
        needed = f", {count + snapshot.totals.attention_open:,} need you" if count else ""
        self.count(_count(snapshot.teams) if snapshot.teams else "", needed)
        self.names = names_of(snapshot.teams)
        self.longest = longest_of(self.names)
        self.show_items([Choice(line, scene.now) for line in snapshot.teams])

    def has_heading(self) -> bool:
        return True

    def heading(self, cells: int) -> Spans:
        return team_heading(cells, longest=self.longest)

    def row(self, item: Choice, cells: int) -> Spans:
        name, here = self.names[item.line.key], item.line.key == self.here
        return team_row(item.line, cells, now=self.now, name=name, longest=self.longest, here=here)

    def text(self, item: Choice) -> str:
        line, state = item.line, state_of(item.line, self.now)
        # Not from the row: there may be thousands of them, and it is asked for at each letter.
        return " ".join((self.names[line.key], line.root, state.word, line.phase, line.goal, line.trouble))

    def key(self, item: Choice) -> object:
        return item.line.key

    def action_open(self) -> None:
        if self.selected is not None and self.selected.line.team:
            self.post_message(Chosen(self.selected.line))


def _count(lines: Sequence[TeamLine]) -> str:
    teams = counted(sum(bool(line.team) for line in lines), "team")
    unread = sum(line.unread for line in lines)
    return f"{teams}, the newest {len(lines) - unread:,} are read" if unread else teams


class Teams(Whole):
    """The teams; the cursor begins at the one that is looked at."""

    LIST, title = TeamLines, "w teams: enter looks at one"

    def __init__(self, **where: Any) -> None:
        super().__init__(**where)
        self._begun = False

    def draw(self, scene: Scene) -> None:
        super().draw(scene)
        if not self._begun and self.list.items:
            self._begun = True
            keys = [item.line.key for item in self.list.items]
            if self.list.here in keys:
                self.list.action_move(keys.index(self.list.here))

    def first(self) -> Widget:
        found: Widget = self.list
        return found
