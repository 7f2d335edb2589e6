"""What is done for a team again and again while somebody is at work in it: what other programs wrote is taken in, what
the dead hold is freed, and what a crash kept from an inbox is posted.

Rule 1: each of the three is done by itself: one that fails keeps the others from nothing.
Rule 2: what fails is in the journal as ``team.trouble``: once, until it succeeds again or fails in another way.
Rule 3: one process that does this is enough for a team; several do nothing twice.
"""

from collections.abc import Callable

from onecontext.errors import OneContextError
from teams.protocol.team import Team

TROUBLE = "team.trouble"
CARE_S = 3.0
"""Seconds between two looks of whoever is at work in a team."""


class Care:
    """The care for one team. ``mission`` and ``agent`` stand on what is recorded of it."""

    def __init__(self, team: Team, *, mission: str | None = None, agent: str | None = None) -> None:
        self._team = team
        self._mission = mission
        self._agent = agent
        self._failing: dict[str, str] = {}

    def look(self) -> None:
        """Do all three once. Safe to be called at any time; from one thread at a time.

        Raises:
            OneContextError, OSError: what failed cannot be recorded: the team is gone, or its journal is unusable.
        """
        self._do("take in", self._team.take_in)
        self._do("reap", self._team.board.reap)
        self._do("post again", self._team.post_again)

    def keep_journal(self) -> None:
        """Have the journal outlive the team's folder; the errors of :meth:`look`."""
        self._do("keep the journal", self._team.journal.keep)

    def _do(self, what: str, do: Callable[[], object]) -> None:
        try:
            do()
        except (OneContextError, OSError) as error:
            # Whoever works here meets what is wrong with the team where it works; this must not end that work.
            kind = type(error).__name__
            if self._failing.get(what) == kind:
                return
            data = {"doing": what, "reason": f"{kind}: {error}"}
            self._team.journal.append(TROUBLE, data, mission=self._mission, agent=self._agent)
            self._failing[what] = kind
        else:
            self._failing.pop(what, None)
