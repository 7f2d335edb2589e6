"""Where in a recording a picture stands, and what is worth going to in it."""

from datetime import datetime

from tui.snapshot.value import value


@value
class Mark:
    """An event worth going to. ``kind`` is one of :data:`tui.words.MARK_LOOKS`."""

    seq: int
    kind: str
    text: str


@value
class Moment:
    """A place in a recording, and how it is played.

    ``seq`` is the number of the newest event shown, ``of`` how many were read by now. ``at`` is the latest time of any
    event up to it (clocks of several machines need not agree), ``elapsed_s`` how long after the first that is.
    ``speed`` is in times of how fast it was, 0: at once. ``read`` is how much of the file was read, 1.0: all of it.
    ``live``: the run goes on meanwhile, and ``new`` events came since it was left.
    """

    seq: int
    of: int
    at: datetime
    elapsed_s: float
    speed: float
    playing: bool
    marks: tuple[Mark, ...] = ()
    read: float = 1.0
    live: bool = False
    new: int = 0
    trouble: str = ""
    """Why the recording ends where it does, when it does not end well; empty otherwise."""
