"""Editing main.md on the screen: a text area over the rest, and what is typed is never lost to somebody else's edit.

Rule 1: it is written over the revision it was read at, by the command line; where that is gone, the text stays here.
Rule 2: a text that a terminal would obey is not edited here.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import TextArea

from onecontext.cli.output import printable
from tui.views.asking import AskYes


def is_harmless(text: str) -> bool:
    """Say whether nothing in ``text`` is a control or direction character."""
    return printable(text) == text


class RoadmapSheet(ModalScreen[None]):
    """An editor of one text; ctrl+s writes it, escape leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "write", show=False, priority=True),
        Binding("escape", "leave", show=False, priority=True),
    ]

    def __init__(self, text: str, write: Callable[[str, "RoadmapSheet"], Any]) -> None:
        super().__init__()
        self._text, self._write = text, write
        self._area = TextArea(text, soft_wrap=True, show_line_numbers=False, tab_behavior="indent")

    def compose(self) -> ComposeResult:
        with Vertical(id="sheet", classes="editor") as frame:
            frame.border_title = "main.md"
            frame.border_subtitle = "ctrl+s writes it, esc leaves it as it is"
            yield self._area

    def on_mount(self) -> None:
        self._area.focus()

    @property
    def is_changed(self) -> bool:
        """Whether something was typed."""
        return self._area.text != self._text

    def action_write(self) -> None:
        """Hand the text over; whoever writes it closes the sheet."""
        self._write(self._area.text, self)

    def action_leave(self) -> None:
        """Close the sheet; what was typed is let go only after a yes."""
        if not self.is_changed:
            self.dismiss()
            return
        self.app.push_screen(AskYes("leave main.md as it was, without what you typed"), self._left)

    def _left(self, yes: bool | None) -> None:
        if yes:
            self.dismiss()
