"""A member's place in the roster: taken, taken again after a crash, given up.

Rule 1: one process sits under a name: it holds a lock that the system takes away with the process. A name of ours whose
    lock is free belonged to a process that was killed, and who asks for that name goes on as that member.
Rule 2: a name that a living process or another program has is not taken; the roster finds the next (``ann-2``).
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from onecontext.errors import LockTimeout, UnknownMember, UsageError
from onecontext.names import check_name
from teams.engine.locks import file_lock
from teams.protocol.config import LEAD, Member
from teams.protocol.team import Team

REMOVED_WITHIN_S = 1.0


@contextmanager
def seat(team: Team, name: str, *, role: str, model: str | None) -> Iterator[tuple[Member, bool]]:
    """Join ``team`` as ``name``; yield the member and whether it was one before its process was killed.

    The lock is given up on the way out; leaving the roster is for :func:`give_up`, since a kill does not.

    Raises:
        UsageError: the name is that of a team's lead. InvalidName: nobody may be called so.
    """
    check_name(name, what="agent")
    if name == LEAD:
        raise UsageError(f"{LEAD} is who leads a team; choose another name to join it")
    with ExitStack() as held:
        folder = team.journal.folder / "member"
        team.journal.make_folder()
        folder.mkdir(exist_ok=True)
        with file_lock(folder / ".joining", wait_s=10.0):
            before = _left_behind(team, name, held)
            if before is not None:
                team.hearts.beat(name, stop=True)  # that of the process that was killed
                team.journal.append("member.rejoined", {"name": name}, agent=name)
                yielded = before, True
            else:
                member = team.join(name, role=role, model=model)
                held.enter_context(file_lock(folder / f"{member.name}.lock", wait_s=10.0))
                yielded = member, False
        yield yielded


def give_up(team: Team, name: str, *, reason: str) -> None:
    """Leave the roster; whoever took this member out of it before only left the record to be made.

    Nothing is done where the team is gone.
    """
    if not (team.folder / "config.json").exists():
        return
    try:
        team.leave(name, reason=reason)
    except UnknownMember:
        if team.is_ours(name):
            team.journal.append("member.left", {"name": name, "reason": reason}, agent=name)


def is_gone(team: Team) -> bool:
    """Say whether the team is gone, or is within a second: who removes it may come to its roster last."""
    deadline = time.monotonic() + REMOVED_WITHIN_S
    while (team.folder / "config.json").exists():
        if time.monotonic() >= deadline:
            return False
        time.sleep(REMOVED_WITHIN_S / 20)
    return True


def _left_behind(team: Team, name: str, held: ExitStack) -> Member | None:
    """Return the member of that name whose process is gone, its lock taken; None when there is none."""
    found = next((member for member in team.members if member.name == name), None)
    if found is None or not team.is_ours(name):
        return None
    try:
        held.enter_context(file_lock(team.journal.folder / "member" / f"{name}.lock", wait_s=0))
    except LockTimeout:
        return None
    return found
