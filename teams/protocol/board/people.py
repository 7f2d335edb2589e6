"""What the board asks about agents: what they are for, and whether they live. Handed in by the team."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.heartbeat import Life, Pulse


def _no_role(_: str) -> str | None:
    return None


def _no_pulse(_: str) -> Pulse:
    return Pulse(Life.UNKNOWN)


def _no_beat(_: str) -> None:
    return None


@dataclass(frozen=True)
class People:
    """Ports to the roster and to heartbeats; without them everybody may do anything, and nobody is known to live.

    ``role_of`` returns None for who is not in the roster; ``beat`` is called for who has just taken or renewed
    something.
    """

    role_of: Callable[[str], str | None] = _no_role
    pulse: Callable[[str], Pulse] = _no_pulse
    beat: Callable[[str], None] = _no_beat

    def lives(self, name: str) -> bool:
        """Say whether ``name`` is known to live and to beat."""
        return self.pulse(name).life is Life.ALIVE

    def why_free(self, task: Task, *, now: datetime, taken_at: float) -> str:
        """Return why what somebody has of ``task`` is to be freed, "" when it is not.

        Who is seen to be dead loses it at once. Who cannot be seen loses it when the lease is over. Who lives keeps
        it, however slow: past the lease as well.

        Args:
            taken_at: when it was last taken or renewed, seconds since 1970; a heartbeat from before says nothing.
        """
        holder = task.owner if task.state in HELD else task.ours.reviewer if task.state is State.REVIEW else None
        if holder is None or task.lease_until is None:
            return ""
        pulse = self.pulse(holder)
        if pulse.life is Life.GONE and pulse.beaten_at >= taken_at:
            return f"the process of {holder} ({pulse.pid}) is gone"
        if task.lease_until <= now and pulse.life is not Life.ALIVE:
            return f"the lease of {holder} is over since {task.lease_until:%H:%M:%S} UTC and it is {pulse.life}"
        return ""
