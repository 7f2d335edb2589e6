"""A key that is pressed by a click on its name.

Rule 1: it does what the key does, wherever the focus is; nothing else knows that there was a click.
"""

from textual.app import App
from textual.events import Key
from textual.keys import _character_to_key


def press(app: App[object], name: str) -> None:
    """Press the key that a row calls ``name`` (:mod:`tui.rows.named`); "" is none."""
    if len(name) == 1:
        app.post_message(Key(_character_to_key(name), name))
    elif name:
        app.post_message(Key({"esc": "escape"}.get(name, name), " " if name == "space" else None))
