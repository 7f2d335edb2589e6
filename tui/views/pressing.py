"""What a mouse or a finger does in the place of a key: a click on the name of one, and one beside what lies on top.

Rule 1: a click on a name does what the key does, wherever the focus is; nothing else knows that there was a click.
Rule 2: only a single click is one beside: of a row the second opens, and a third would close.
"""

from typing import Any

from textual.app import App
from textual.events import Click, Key
from textual.keys import _character_to_key
from textual.screen import Screen


def press(app: App[object], name: str) -> None:
    """Press the key that a row calls ``name`` (:mod:`tui.rows.named`); "" is none."""
    if len(name) == 1:
        app.post_message(Key(_character_to_key(name), name))
    elif name:
        app.post_message(Key({"esc": "escape"}.get(name, name), " " if name == "space" else None))


def is_beside(screen: Screen[Any], event: Click) -> bool:
    """Say whether a click met the ground of ``screen`` and nothing that stands on it."""
    return event.chain == 1 and screen.get_widget_at(event.screen_x, event.screen_y)[0] is screen
