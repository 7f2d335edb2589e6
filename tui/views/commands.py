"""The commands that the palette (``:``) offers: whatever a key does, by name."""

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding, BindingType

from tui.acting.table import ACTS
from tui.views.registry import VIEWS


class Command(NamedTuple):
    """A command: its name, what it does, and the action of the application that does it."""

    name: str
    help: str
    action: str


ALWAYS = (
    Command("overview", "all of it at a glance (0)", "overview"),
    Command("attention", "what needs a person (a)", "attention"),
    Command("filter", "narrow the list with the focus (/)", "narrow"),
    Command("peek", "what is under the cursor, beside the list (space)", "peek"),
    Command("acts", "what can be done with what is under the cursor (!)", "acts"),
    Command("edit main.md", "the plan that all agents see (E)", "edit"),
    *(Command(act.name, f"{act.help} ({act.key})" if act.key else act.help, f"act('{act.name}')") for act in ACTS),
    Command("colours", "the next palette: dark, light, safe (t)", "palette"),
    Command("past", "step out of the run into its past, and back (T)", "travel('live', 0)"),
    Command("play", "play or pause a recording (p)", "travel('play', 0)"),
    Command("next mark", "the next ending, rejection, milestone, or what needed a person (])", "travel('mark', 1)"),
    Command("last mark", "the one before ([)", "travel('mark', -1)"),
    Command("go to", "an event, a share or a time of the recording (@)", "go_to"),
    Command("help", "the keys (?)", "help"),
    Command("quit", "leave; the agents go on (q)", "quit"),
)


KEYS: list[BindingType] = [
    *(Binding(entry.key, f"view('{entry.name}')", show=False) for entry in VIEWS),
    Binding("0", "overview", show=False),
    Binding("escape", "go_back", show=False),
    Binding("z", "zoom", show=False),
    Binding("slash", "narrow", show=False),
    Binding("space", "peek", show=False),
    Binding("y", "copy", show=False),
    Binding("a", "attention", show=False),
    Binding("t", "palette", show=False),
    Binding("question_mark", "help", show=False),
    Binding("q", "quit", show=False),
    Binding("ctrl+z", "background", show=False),
    # Also below a sheet: what another program wrote over the screen is there whatever is open.
    Binding("ctrl+l", "redraw", show=False, priority=True),
    # Textual would ask first; there is nothing here to lose.
    Binding("ctrl+c", "quit", show=False, priority=True),
]
"""What each key does on every view."""


ACTING: list[BindingType] = [
    Binding("exclamation_mark", "app.acts", show=False),
    Binding("M", "app.act('message')", show=False),
    Binding("B", "app.act('broadcast')", show=False),
    Binding("P", "app.pause", show=False),
    Binding("S", "app.act('stop')", show=False),
    Binding("R", "app.act('redirect')", show=False),
    Binding("E", "app.edit", show=False),
]
"""What acts, on every view and on the sheet about one thing."""


def commands() -> Iterable[Command]:
    """Return all of them, the views first."""
    for entry in VIEWS:
        yield Command(entry.name, f"{entry.help} ({entry.key})", f"look_at('{entry.name}')")
    yield from ALWAYS
