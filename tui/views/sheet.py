"""A frame over the screen around one list or text, and the sheet about one thing on which one acts where one reads.

Rule 1: what can be done with a thing in a list can be done with it on its sheet; the foot names what works there.
Rule 2: a sheet tells its thing as it is now; what was looked up for it (a diff, a text) stays as it was.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, ClassVar, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.acting.control import Control
from tui.acting.subject import newest_of, subject_of
from tui.acting.table import BY_NAME, refusal_of
from tui.rows.detail import Paragraph, detail_of, plain_of, plain_text
from tui.snapshot import Snapshot
from tui.views.commands import ACTING
from tui.views.header import Foot
from tui.views.lines import Lines
from tui.views.page import Fitted, Page, Turning
from tui.views.pressing import is_beside

FRAME_ROWS, TIGHT_ROWS = 4, 2
NAMED = ("approve", "deny", "message")
"""The acts that the foot names where they fit."""
ROOMY_CELLS, ROOMY_ROWS = 100, 30
"""On less the sheet has the whole screen, and no margin."""


class Stepping(Protocol):
    """A list that a sheet's thing was opened from."""

    @property
    def pointed(self) -> Any:
        """What is under its cursor."""

    def step(self, by: int) -> None:
        """Move its cursor."""


class Sheet(ModalScreen[None]):
    """A frame around one list; escape closes it, and so does a click beside it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace,q", "app.pop_screen", show=False),
        Binding("space", "page", show=False),
        Binding("g", "top", show=False),
        Binding("ctrl+z", "app.background", show=False),
    ]
    closes = "esc closes"

    def __init__(self, title: str, body: Lines[Any]) -> None:
        super().__init__()
        self._title = title
        self._body = body
        self._foot = Foot(classes="over")

    @property
    def keys(self) -> list[tuple[str, str]]:
        """What works here besides moving, the most useful first."""
        return [("space", "page on"), ("esc", "back")]

    def compose(self) -> ComposeResult:
        with Vertical(id="sheet") as frame:
            frame.border_subtitle = self.closes
            yield self._body
        yield self._foot

    def on_mount(self) -> None:
        self.entitle(self._title)
        self._foot.say(self.keys)
        self._body.focus()
        self.fit(len(self._body.items))

    def entitle(self, title: str) -> None:
        """Give the frame a title: as Content, for a text would be markup, and what somebody is called may be in it."""
        self._title = title
        for frame in self.query("#sheet"):
            frame.border_title = Content(title)

    def show(self, snapshot: Snapshot, zone: tzinfo | None) -> None:
        """Tell what is shown as it is in a newer picture."""

    def on_click(self, event: events.Click) -> None:
        """Close where it was clicked beside the frame."""
        if is_beside(self, event):
            self.app.pop_screen()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < ROOMY_CELLS or event.size.height < ROOMY_ROWS, "tight")
        self.fit(len(self._body.items))

    @on(Fitted)
    def _fitted(self, fitted: Fitted) -> None:
        self.fit(fitted.rows)

    def fit(self, rows: int) -> None:
        """Be as high as what is shown needs, up to the share that the style sheet allows."""
        frame = TIGHT_ROWS if self.has_class("tight") else FRAME_ROWS
        for sheet in self.query("#sheet"):
            sheet.styles.height = rows + frame + self._body.headings

    def action_top(self) -> None:
        """Go to the beginning: what is a sheet's own has the key that is the graph's elsewhere."""
        self._body.action_end(-1)

    def action_page(self) -> None:
        """Go a page on."""
        self._body.action_page(1)


class ActingSheet(Sheet):
    """A sheet about things that can be acted upon and copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ACTING,
        Binding("plus", "app.act('approve')", show=False),
        Binding("minus", "app.act('deny')", show=False),
        Binding("y", "app.copy", show=False),
    ]

    @property
    def item(self) -> Any:
        """What is acted upon; None: nothing in particular."""
        return self._body.pointed

    def plain(self, snapshot: Snapshot, zone: tzinfo | None) -> str:
        """Return what is copied."""
        return plain_of(self.item, snapshot, zone) if self.item is not None else ""

    @property
    def keys(self) -> list[tuple[str, str]]:
        return [("!", "acts"), ("y", "copy"), *super().keys]


class PageSheet(ActingSheet):
    """A text about one thing, which is what is acted upon; the text is what is copied."""

    def __init__(self, title: str, paragraphs: Sequence[Paragraph], item: Any = None) -> None:
        self._page = Page(list(paragraphs))
        super().__init__(title, self._page)
        self._of = item

    @property
    def item(self) -> Any:
        return self._of

    def plain(self, snapshot: Snapshot, zone: tzinfo | None) -> str:
        return plain_text(self._page.paragraphs)


class ItemSheet(PageSheet):
    """All there is to know about one thing; ``n`` and ``N`` go on in the list that it was opened from."""

    def __init__(self, item: Any, snapshot: Snapshot, zone: tzinfo | None, listed: Stepping | None) -> None:
        title, paragraphs = detail_of(item, snapshot, zone)
        super().__init__(title, paragraphs, item)
        self._snapshot, self._zone, self._listed = snapshot, zone, listed

    @property
    def keys(self) -> list[tuple[str, str]]:
        subject, control = subject_of(self._of, self._snapshot), getattr(self.app, "control", Control())
        fitting = [name for name in NAMED if not refusal_of(BY_NAME[name], subject, control)]
        acts = [(BY_NAME[name].key, name) for name in fitting]
        return [*acts, *([("n N", "next")] if self._listed is not None else []), *super().keys]

    def show(self, snapshot: Snapshot, zone: tzinfo | None) -> None:
        self._snapshot, self._zone = snapshot, zone
        self._of = newest_of(self._of, snapshot)
        title, paragraphs = detail_of(self._of, snapshot, zone)
        self._page.renew(paragraphs)
        self.entitle(title)
        self._foot.say(self.keys)

    @on(Turning)
    def _turn(self, turning: Turning) -> None:
        """Tell the next thing of the list, or the one before."""
        if self._listed is None:
            return
        self._listed.step(turning.by)
        found = self._listed.pointed
        if found is not None and not isinstance(found, list):
            self._of = found
            self._page.tell([])
            self.show(self._snapshot, self._zone)


class TextSheet(PageSheet):
    """A text that was looked up for a thing of a view."""

    @property
    def keys(self) -> list[tuple[str, str]]:
        return [*([("n N", "hunks")] if self._page.has_heads else []), *super().keys]
