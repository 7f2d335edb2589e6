"""A line that is typed or pasted into.

Rule 1: nothing that is pasted is obeyed by the terminal: control and direction characters are left out, so are line
    breaks at both ends.
Rule 2: nothing else of it is lost. Line breaks in between are spaces, and where texts have lines (:attr:`has_lines`)
    they stand there as a sign, and are line breaks again in :attr:`text`; a tab likewise.
"""

import re

from textual import events
from textual.widgets import Input

from onecontext.cli.output import printable

LINE_KEYS = (("enter", "takes it"), ("esc", "leaves it"))
"""While something is typed a letter is a letter: these are the keys that act."""
LINE_BREAK, TAB = "⏎", "⇥"
_BREAKS = re.compile(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
"""What :meth:`str.splitlines` takes for the end of a line."""


class Typed(Input):
    """One line; see the rules."""

    has_lines = False

    @property
    def text(self) -> str:
        """What was typed, with its lines."""
        return self.value.replace(LINE_BREAK, "\n").replace(TAB, "\t") if self.has_lines else self.value

    def _on_paste(self, event: events.Paste) -> None:
        """Take all that is pasted; Textual's own line takes the first line of it."""
        event.prevent_default()
        event.stop()
        line = _BREAKS.sub("\n", event.text).strip("\n")
        signs = (LINE_BREAK, TAB) if self.has_lines else (" ", " ")
        line = line.replace("\n", signs[0]).replace("\t", signs[1])
        harmless = "".join(character for character in line if printable(character) == character)
        if self.selection.is_empty:
            self.insert_text_at_cursor(harmless)
        else:
            self.replace(harmless, *self.selection)
