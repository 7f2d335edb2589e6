"""One team among several: what a line of the teams screen says."""

from dataclasses import field
from datetime import datetime

from tui.snapshot.money import Usage
from tui.snapshot.value import value


@value
class TeamLine:
    """A team at one moment.

    ``root`` is the folder that holds ``teams/``; ``kept`` is ``journal``, ``files`` of a team of another program, which
    keeps none, or ``shared`` of such a team that members of ours joined, who keep one; ``phase`` is that of its
    mission, "" without one. ``agents`` counts those that have not left, ``alive`` those whose heart beats; None: nobody
    can say. ``attention`` counts what needs a person, ``needs`` says in short what that is, of the three that press
    most. ``reading``: there is more than was read yet, so every figure will grow. ``unread``: it is one of so many
    teams that it is not read; ``last_event_at`` is then when it was last written to. ``gone``: it is not there any
    more, and this was the last of it. Without a ``team`` the line is about ``root``, which cannot be seen, and
    ``trouble`` says why.
    """

    root: str
    team: str
    kept: str = "journal"
    goal: str = ""
    phase: str = ""
    over: bool = False
    tasks: int = 0
    tasks_done: int = 0
    agents: int = 0
    alive: int | None = None
    attention: int = 0
    needs: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    last_event_at: datetime | None = None
    reading: bool = False
    unread: bool = False
    gone: bool = False
    trouble: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What stays the same while it goes on: root and name."""
        return self.root, self.team
