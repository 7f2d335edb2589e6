"""Whether the agents of a team live, as their heartbeats say: read from files, beside the journal.

Rule 1: nothing is written and nothing raised; an agent that never beat, or that another program runs, has no heart.
Rule 2: they are read at most once a second, however often a picture is wanted.
"""

import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from onecontext.names import is_name
from teams.protocol.heartbeat import Heartbeats, Life, Pulse
from tui.snapshot import Agent, Heart

READ_AGAIN_S = 1.0
MOST = 200
LATEST_S = 32_503_680_000
"""The year 3000: what a file says beyond it no calendar need hold."""


class Hearts:
    """The hearts of one team; ``folder`` is that of its journal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "heartbeat"
        self._seats = folder / "member"
        self._beats = Heartbeats(self.folder)
        self.read_at = -READ_AGAIN_S
        """When the files were read, by the monotonic clock; in between what they said then is told."""
        self._hearts: Mapping[str, Heart] = {}

    def of(self, agents: Iterable[Agent]) -> Mapping[str, Heart]:
        """Return names to hearts: of those that have one, the first two hundred."""
        if time.monotonic() - self.read_at >= READ_AGAIN_S:
            names = [agent.name for agent in agents if agent.state != "left" and is_name(agent.name)][:MOST]
            pulses = self._beats.pulses(names)
            found = {name: pulse for name, pulse in pulses.items() if pulse.life is not Life.UNKNOWN}
            self._hearts = {name: _heart(pulse, own=self._is_own(name)) for name, pulse in found.items()}
            self.read_at = time.monotonic()
        return self._hearts

    def _is_own(self, name: str) -> bool:
        # The lock of whoever sits there (teams/member/seat.py), which only members that joined have.
        return os.path.lexists(f"{self._seats}/{name}.lock")


def _heart(pulse: Pulse, *, own: bool) -> Heart:
    # To the second: a picture that only differs in what nobody sees need not be drawn.
    beaten_at = datetime.fromtimestamp(min(max(0, int(pulse.beaten_at)), LATEST_S), UTC)
    return Heart(pulse.life.value, beaten_at, pulse.pid, own)
