"""A member of ours at work: it joins, takes its mail in order, asks its mind, sends the answers, and leaves."""

from collections.abc import Callable
from dataclasses import dataclass

from teams.member.mind import Mind
from teams.member.minds.function import Function, FunctionMind
from teams.member.seat import seat
from teams.member.sitting import How, OnShutdown, Orders, Sitting
from teams.protocol.config import Member
from teams.protocol.team import Team

LEASE_S = 60.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a member ended.

    ``ending``: ``shutdown`` (the lead asked), ``stopped`` (by :meth:`Teammate.stop`), ``removed`` (taken out of the
    roster by others) or ``gone`` (the team's folder is). ``turns`` counts the messages answered in this process.
    """

    ending: How
    name: str
    turns: int


class Teammate:
    """A member of ``team`` that is called ``name`` and thinks with ``mind``.

    Args:
        mind: a :class:`teams.member.mind.Mind`, or a function that gets each message and returns the answer or None.
        role: what the roster says it is for.
        model: what the roster names as its model; None names none.
        on_shutdown: what the lead's request to shut down does to work in hand: ``finish`` refuses while there is any,
            ``stop`` interrupts it.
        lease_s: seconds after which others may take over the task of a member that was killed.
        on_joined: called with the member, and whether it goes on after a kill, before the first message is taken.
    """

    def __init__(
        self,
        team: Team,
        name: str,
        mind: Mind | Function,
        *,
        role: str = "worker",
        model: str | None = None,
        on_shutdown: OnShutdown = "finish",
        lease_s: float = LEASE_S,
        on_joined: Callable[[Member, bool], None] | None = None,
    ) -> None:
        self._team = team
        self._name = name
        self._mind = mind if isinstance(mind, Mind) else FunctionMind(mind)
        self._role = role
        self._model = model
        self._on_shutdown: OnShutdown = on_shutdown
        self._lease_s = lease_s
        self._on_joined = on_joined
        self._orders = Orders()

    def stop(self) -> None:
        """End in order, from another thread or a signal handler: work in hand is interrupted within about a second."""
        self._orders.stop = True

    def run(self) -> Ending:
        """Be a member until asked to end.

        Raises:
            InvalidName, UsageError: nobody may be called so.
            StorageError, Damaged, Conflict: the team's files cannot be used. Nothing is given back then; claims end
                with their lease, and :meth:`run` under the same name goes on.
        """
        with seat(self._team, self._name, role=self._role, model=self._model) as (member, again):
            if self._on_joined is not None:
                self._on_joined(member, again)
            self._mind.begin(member)
            sitting = Sitting(
                self._team, member, self._mind, self._orders, on_shutdown=self._on_shutdown, lease_s=self._lease_s
            )
            how = sitting.run()
        return Ending(how, member.name, sitting.count)
