"""Who works for a board: members of the team who join when they are first needed.

Rule 1: nobody works under the name of somebody else's: who joined otherwise, here or through another program, keeps it.
"""

from collections.abc import Callable
from contextlib import suppress

from onecontext.errors import UnknownMember
from teams.mission.site import VALIDATOR
from teams.protocol.heartbeat import Life
from teams.protocol.team import Team

_MOST = 1000


class Crew:
    """The workers and the validator of one board.

    Args:
        worked: returns the names of those who ever worked for this board.
    """

    def __init__(self, team: Team, *, model: str, worked: Callable[[], set[str]]) -> None:
        self._team = team
        self._model = model
        self._worked = worked
        self._here: set[str] = set()

    def worker(self, role: str, busy: set[str], *, rather: str | None = None) -> str:
        """Return a worker for tasks of ``role`` who is not ``busy``; ``rather`` that one, who knows the task."""
        if rather in self._here and rather not in busy and self._role_of(rather) == role:
            return str(rather)
        for number in range(1, _MOST):
            name = f"{role}-{number}"
            if name not in busy and self._role_of(name) in (None, role) and self._may_be(name):
                self._join(name, role)
                return name
        raise AssertionError("there are never so many at work")

    def validator(self) -> bool:
        """See that the validator is there; False: another program has a member of that name."""
        if not self._may_be(VALIDATOR):
            return False
        self._join(VALIDATOR, "validator")
        return True

    def is_ours(self, name: str, role: str) -> bool:
        """Say whether the name is that of a worker for ``role`` of this board, now or before a kill."""
        is_one = name.startswith(f"{role}-") and name[len(role) + 1 :].isdecimal() and self._role_of(name) is not None
        return name in self._here or name in self._worked() or (is_one and self._may_be(name))

    def leave(self, *, reason: str) -> None:
        """Let everybody leave the roster."""
        for name in sorted(self._here):
            with suppress(UnknownMember):  # another program has taken it out
                self._team.leave(name, reason=reason)
        self._here.clear()

    def _may_be(self, name: str) -> bool:
        """Say whether the name is free, or has been one of ours all along."""
        if name in self._here or self._role_of(name) is None:
            return True
        if not self._team.is_ours(name):
            return False
        # One of our last run, who was killed or stayed in the roster; or somebody who joined from elsewhere.
        return name in self._worked() or self._team.pulse(name).life in (Life.GONE, Life.UNKNOWN)

    def _join(self, name: str, role: str) -> None:
        if name not in self._here and self._role_of(name) is None:
            self._team.join(name, role=role, model=self._model)
        self._here.add(name)

    def _role_of(self, name: str) -> str | None:
        return next((member.role for member in self._team.members if member.name == name), None)
