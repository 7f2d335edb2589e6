"""What is opened over the screen to be read, for the application: one thing in full, what needs a person, the keys.

Rule 1: what is acted upon and copied is what is read: the thing a sheet is about, else what is under the cursor.
Rule 2: the first picture does not wait for the classes of what is opened later.
"""

from datetime import tzinfo
from typing import Any

from textual import on

from tui.rows.detail import plain_of
from tui.views.editing import EditingApp
from tui.views.lines import Opened
from tui.views.sheet import ActingSheet, ItemSheet, Sheet
from tui.views.stage import Stage


class ReadingApp(EditingApp):
    """An application with a stage, and sheets over it."""

    zone: tzinfo | None = None
    stage: Stage
    """What the sheets lie over."""

    @property
    def at_top(self) -> bool:
        """Whether no sheet lies over the stage."""
        return len(self.screen_stack) == 1

    @property
    def may_begin(self) -> bool:
        return self.at_top or isinstance(self.screen, ActingSheet)

    @property
    def under_cursor(self) -> Any:
        return self.screen.item if isinstance(self.screen, ActingSheet) else self.stage.selected

    def show_sheets(self) -> None:
        """Tell what lies over the stage as it is now."""
        for screen in self.screen_stack[1:]:
            if isinstance(screen, Sheet) and screen.is_mounted:
                screen.show(self.snapshot, self.zone)

    @on(Opened)
    def _open(self, opened: Opened) -> None:
        if isinstance(opened.item, list):
            return  # a line of a page that is open already
        listed: Any = self.screen.focused
        steps = listed if hasattr(listed, "step") and listed.pointed is opened.item else None
        self.push_screen(ItemSheet(opened.item, self.snapshot, self.zone, steps))

    def action_copy(self) -> None:
        """Hand what is read to the terminal's clipboard (OSC 52)."""
        if isinstance(self.screen, ActingSheet):
            text = self.screen.plain(self.snapshot, self.zone)
        else:
            item = self.stage.selected
            text = "" if item is None else plain_of(item, self.snapshot, self.zone)
        if text:
            self.copy_to_clipboard(text)
            self.notify(f"copied {len(text):,} characters", timeout=2)

    def action_attention(self) -> None:
        """Show what needs a person."""
        from tui.views.sheets import AttentionSheet

        if self.at_top:
            self.push_screen(AttentionSheet(self.snapshot, self.zone))

    def action_help(self) -> None:
        """Show the keys."""
        from tui.views.sheets import help_sheet

        if self.at_top:
            self.push_screen(help_sheet(self.snapshot.watching, self.stage.view.own_keys))
