"""How the work of a mission came out, before it is measured for the last time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """``ending``: nothing is left (``done``), nothing is possible (``blocked``, ``infeasible``, …), or ``stopped``."""

    ending: str
    reason: str


STOPPED = Outcome("stopped", "stopped by a signal")
