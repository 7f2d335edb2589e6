"""A line of words above a list: what is searched for, what a context is for."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from tui.views.typed import Typed


class WordLine(Typed):
    """One line, shown while words are typed. ``enter`` gives them, ``escape`` gives none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", show=False)]

    class Given(Message):
        """The words that were typed for ``what``; None: the line was left."""

        def __init__(self, what: str, words: str | None) -> None:
            super().__init__()
            self.what = what
            self.words = words

    def __init__(self) -> None:
        super().__init__(compact=True, classes="asking")
        self.what = ""

    def on_mount(self) -> None:
        self.display = False

    def open(self, what: str, *, words: str, hint: str) -> None:
        """Take words for ``what``, beginning with ``words``; ``hint`` stands there while there are none."""
        self.what, self.value, self.placeholder = what, words, hint
        self.display = True
        self.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()

    @on(Input.Submitted)
    def _give(self, event: Input.Submitted) -> None:
        event.stop()
        self._close(self.value.strip())

    def action_drop(self) -> None:
        """Leave the line."""
        self._close(None)

    def _close(self, words: str | None) -> None:
        self.display = False
        self.post_message(self.Given(self.what, words))
