"""Who has left a team, and that what they asked, or were asked, is void from then on.

Rule 1: a request is void once who asked, or who was asked, has left after it: nobody is there who could use the leave,
    or in whose name it could be given. It stays void when somebody of that name comes again: that is another life. Who
    is back after its process was killed (``member.rejoined``) had not left.
Rule 2: what comes from who has left already, out of an inbox that was taken in late, is void as it comes.
Rule 3: this is asked of events in the order of the journal, by whoever keeps requests: the protocol, and the monitor.
    It loads nothing, and no event makes it raise.
"""

from collections.abc import MutableMapping
from typing import Any

from teams.engine.event import Event

TYPES = ("member.joined", "member.rejoined", "member.found", "member.left", "member.gone")
"""The events that :func:`take_departure` wants to see."""
_GOING = ("member.left", "member.gone")

Gone = MutableMapping[str, str]
"""Who has left and is not back: their names, and a sentence that says so."""


def take_departure(gone: Gone, event: Event) -> str:
    """Keep in ``gone`` what ``event``, of any type, changes; return the name of who left by it, "" when nobody did."""
    name = _text(event.data.get("name"))
    if event.type not in TYPES or not name:
        return ""
    if event.type not in _GOING:
        gone.pop(name, None)
        return ""
    why = _text(event.data.get("reason"))
    gone[name] = f"{name} has left" + (f": {why}" if why else "")
    return name


def why_void(gone: Gone, *, asker: str, asked: str) -> str:
    """Return why nobody has to decide what one asks of the other, as a sentence; "" while both are there."""
    return gone.get(asker) or gone.get(asked) or ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
