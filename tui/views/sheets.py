"""What lies over the screen for a while: one thing in full, what needs a person, the keys."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.projection.attention import rank_of
from tui.rows.agents import AGENT_FIELDS
from tui.rows.detail import Paragraph
from tui.rows.floor import TASK_FIELDS
from tui.rows.head import violations_now
from tui.rows.log import LOG_FIELDS
from tui.rows.people import attention_row
from tui.rows.query import GRAMMAR
from tui.rows.spans import Spans
from tui.rows.threads import MESSAGE_FIELDS
from tui.snapshot import Attention, Snapshot
from tui.views.lines import Lines
from tui.views.page import Page
from tui.views.registry import VIEWS
from tui.views.sheet import ActingSheet, Sheet

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
    Paragraph("pgup pgdn", "move a page, as ctrl+b ctrl+f; ctrl+u ctrl+d half of one"),
    Paragraph("home end G", "to either end (ctrl+home ctrl+end where home end are for time)"),
    Paragraph("g", "the graph of the memory, at the milestone of what is under the cursor; there, its newest"),
    Paragraph("enter", "open what is under the cursor; escape goes back"),
    Paragraph("z", "the pane on the whole screen, and back"),
    Paragraph(
        "/",
        "narrow the list to some words; enter keeps them, escape, also later, shows all (log: seek; & narrows)",
    ),
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
    Paragraph("ctrl+l", "draw all of it again, over what another program wrote there"),
    Paragraph("ctrl+z", "back to the shell; its fg comes back"),
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


class AttentionItems(Lines[Attention]):
    """What needs a person, newest first."""

    empty_words = "nothing needs you"
    zone: tzinfo | None = None

    def row(self, item: Attention, cells: int) -> Spans:
        return attention_row(item, zone=self.zone)

    def key(self, item: Attention) -> object:
        return item.number


class AttentionSheet(ActingSheet):
    """What needs a person: open items first, what somebody waits for on top; then newest first."""

    def __init__(self, snapshot: Snapshot, zone: tzinfo | None) -> None:
        self._items = AttentionItems()
        super().__init__("", self._items)
        self.show(snapshot, zone)

    @property
    def keys(self) -> list[tuple[str, str]]:
        return [("enter", "open"), *super().keys]

    def show(self, snapshot: Snapshot, zone: tzinfo | None) -> None:
        items = sorted(snapshot.attention, key=_order)
        broken = f", {violations_now(len(snapshot.violations))}" if snapshot.violations else ""
        self.entitle(f"attention: {sum(item.open for item in items)} open{broken}")
        self._items.zone = zone
        self._items.show_items(items)
        self.fit(len(items))


def _order(item: Attention) -> tuple[bool, int, int]:
    return not item.open, rank_of(item) if item.open else 0, -item.number


class HelpSheet(Sheet):
    """The keys; the one that opened them closes them, too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark", "app.pop_screen", show=False)]


def help_sheet(watching: str, keys: Sequence[tuple[str, str]] = ()) -> Sheet:
    """Return a sheet with the keys.

    Args:
        watching: how changes are noticed, "" where nothing is watched.
        keys: those of the view that is looked at, and what they do.
    """
    own = [Paragraph("", "Here", "bold"), *(Paragraph(key, words) for key, words in keys), Paragraph("", "")]
    told = [Paragraph("watching", f"by {watching}"), Paragraph("", "")] if watching else []
    return HelpSheet("help", Page([*(own if keys else []), *told, *HELP]))
