"""The line that ``/`` opens: words that whatever has the focus is narrowed to, while they are typed."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from tui.views.typed import Typed
from tui.views.view import Narrowing


def widen(focused: object) -> bool:
    """Show all again of the list with the focus, or forget what is sought in it; return whether there was anything."""
    for target in (getattr(focused, "narrowing", None), focused):
        if isinstance(target, Narrowing) and target.words:
            target.narrow("")
            return True
    return False


class Words(Typed):
    """One line of words, instead of the foot while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "drop", show=False)]

    class Closed(Message):
        """The line is done with; the list may have the focus again."""

    def __init__(self) -> None:
        super().__init__(id="words", compact=True)
        self.target: Narrowing | None = None

    def open(self, target: Narrowing) -> None:
        """Take words for ``target``, beginning with those it has."""
        self.target = target
        known = getattr(target, "FIELDS", ())
        fields = f"; also {': '.join(known)}:" if known else ""
        self.placeholder = getattr(target, "asks", f"words it has to have: enter keeps them, esc shows all{fields}")
        self.value = target.words
        self.display = True
        self.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.target is not None and self.display:
            self.target.narrow(self.value)

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self._close()

    def action_drop(self) -> None:
        """Show everything again."""
        if self.target is not None:
            self.target.narrow("")
        self._close()

    def _close(self) -> None:
        self.display = False
        self.post_message(self.Closed())
