"""What lies over the screen for a while: one thing in full, what needs a person, the keys."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.rows.agents import AGENT_FIELDS
from tui.rows.detail import Paragraph
from tui.rows.floor import TASK_FIELDS
from tui.rows.head import violations_now
from tui.rows.log import LOG_FIELDS
from tui.rows.people import attention_row
from tui.rows.query import GRAMMAR
from tui.rows.spans import Spans
from tui.rows.threads import MESSAGE_FIELDS
from tui.snapshot import Attention
from tui.views.lines import Lines
from tui.views.page import Fitted, Page
from tui.views.registry import VIEWS

FIELDS = (("board", TASK_FIELDS), ("agents", AGENT_FIELDS), ("log", LOG_FIELDS), ("messages", MESSAGE_FIELDS))
HELP = [
    Paragraph("", "Watching a team of agents", "bold"),
    Paragraph("", "It only reads until you act, and asks first. Leaving it changes nothing for the agents.", "dim"),
    Paragraph("", ""),
    *(Paragraph(entry.key, f"{entry.name}: {entry.help}") for entry in VIEWS),
    Paragraph("", "From the overview the first press of 1–5 goes to the pane, the second gives it the screen.", "dim"),
    Paragraph("0 esc", "all of it at a glance"),
    Paragraph("tab", "next pane; shift+tab is the one before"),
    Paragraph("↑↓ j k", "move; ←→ h l between the board's columns"),
    Paragraph("pgup pgdn", "move a page; home end G to either end (ctrl+home ctrl+end where home end are for time)"),
    Paragraph("g", "the graph of the memory, at the milestone of what is under the cursor; there, its newest"),
    Paragraph("enter", "open what is under the cursor; escape goes back"),
    Paragraph("z", "the pane on the whole screen, and back"),
    Paragraph("/", "narrow the list to some words; enter keeps them, escape shows all (in the log: seek; & narrows)"),
    Paragraph(" ", GRAMMAR),
    *(Paragraph(f"  {name}", ": ".join(fields) + ":") for name, fields in FIELDS),
    Paragraph("space", "peek: what is under the cursor, beside the list"),
    Paragraph("y", "copy what is under the cursor to the clipboard"),
    Paragraph("a", "what needs a person"),
    Paragraph("!", "what can be done with what is under the cursor"),
    Paragraph("M B", "write to the agent under the cursor; to everybody"),
    Paragraph("P R S", "pause the mission, or let it go on; redirect it; stop it"),
    Paragraph("E", "edit main.md, the plan that all agents see"),
    Paragraph("+ -", "in the approvals: approve, deny"),
    Paragraph(":", "all commands, by name"),
    Paragraph("t", "dark, light, or colours for eyes that see few"),
    Paragraph("q", "quit"),
    Paragraph("", ""),
    Paragraph("", "Time: in a replay, and in the past of a run that goes on", "bold"),
    Paragraph("T", "step out of a run into its past, and back"),
    Paragraph("p", "play or pause; < > slower or faster, from 0.25× to at once"),
    Paragraph(", .", "an event back or on; { } a minute; home end either end; at the end a run is live again"),
    Paragraph("[ ]", "the mark before or after: ◆ milestone  × rejected  ▲ needs a person  ✓ done  ■ ended"),
    Paragraph("@ %", "go to an event (312), a share (50%), a time (14:02:11); a click on the bar does, too"),
    Paragraph("", ""),
    Paragraph("tasks", "◌ waiting  ○ ready  ◐ running  ? needs input  ■ blocked  ◎ review  ✓ done"),
    Paragraph("agents", "◐ thinking  ▸ tool  ▸ checking  ◌ waiting  ‖ stuck  ○ idle  × left"),
    Paragraph("hearts", "♥ alive  ♡ silent (no beat for 15 s)  ♡ orphaned (a child of it runs)  × gone  – none"),
    Paragraph(
        "cost", "“unknown” is a model without a known price, “≥” when only some turns have one, – before the first"
    ),
]


FRAME_ROWS = 4


class AttentionItems(Lines[Attention]):
    """What needs a person, newest first."""

    empty_words = "nothing needs you"
    zone: tzinfo | None = None

    def row(self, item: Attention, cells: int) -> Spans:
        return attention_row(item, zone=self.zone)

    def key(self, item: Attention) -> object:
        return item.number


class Sheet(ModalScreen[None]):
    """A frame around one list; escape closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace,q", "app.pop_screen", show=False),
        Binding("g", "top", show=False),  # as in less: there is no graph here
    ]

    def __init__(self, title: str, body: Lines[Any]) -> None:
        super().__init__()
        self._title = title
        self._body = body

    def compose(self) -> ComposeResult:
        with Vertical(id="sheet") as frame:
            # Content, as a text would be markup: what somebody is called may stand in it.
            frame.border_title = Content(self._title)
            frame.border_subtitle = "esc closes"
            yield self._body

    def action_top(self) -> None:
        """Go to the first line."""
        self._body.action_end(-1)

    def on_mount(self) -> None:
        self._body.focus()
        self.fit(len(self._body.items))

    @on(Fitted)
    def _fitted(self, fitted: Fitted) -> None:
        self.fit(fitted.rows)

    def fit(self, rows: int) -> None:
        """Be as high as what is shown needs, up to the share that the style sheet allows."""
        self.query_one("#sheet").styles.height = rows + FRAME_ROWS


def help_sheet(watching: str, keys: Sequence[tuple[str, str]] = ()) -> Sheet:
    """Return a sheet with the keys.

    Args:
        watching: how changes are noticed, "" where nothing is watched.
        keys: those of the view that is looked at, and what they do.
    """
    own = [Paragraph("", "Here", "bold"), *(Paragraph(key, words) for key, words in keys), Paragraph("", "")]
    told = [Paragraph("watching", f"by {watching}"), Paragraph("", "")] if watching else []
    return page("help", [*(own if keys else []), *told, *HELP])


def page(title: str, paragraphs: list[Paragraph]) -> Sheet:
    """Return a sheet with paragraphs."""
    return Sheet(title, Page(paragraphs))


def attention_sheet(items: Sequence[Attention], violations: int, zone: tzinfo | None) -> Sheet:
    """Return a sheet with what needs a person: open items first, then newest first."""
    body = AttentionItems()
    body.zone = zone
    body.items = sorted(items, key=lambda item: (not item.open, -item.number))
    broken = f", {violations_now(violations)}" if violations else ""
    return Sheet(f"attention: {sum(item.open for item in items)} open{broken}", body)
