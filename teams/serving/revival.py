"""What a server finds that was killed before it: claims of the dead.

Rule 1: whoever calls this holds the lock of the board, so the last server is dead.
"""

from contextlib import suppress

from onecontext.errors import Conflict, InvalidTransition, UnknownTask
from teams.protocol.board.states import HELD
from teams.protocol.heartbeat import Life
from teams.protocol.team import Team


def give_back_what_the_dead_held(team: Team, agents: set[str]) -> None:
    """Free what ``agents``, the workers of the last server, had: the same attempt, the next epoch."""
    for task in team.board.list():
        if task.state not in HELD or task.owner is None or task.owner not in agents:
            continue
        # Somebody may have joined under that name from elsewhere since.
        if team.pulse(task.owner).life is not Life.ALIVE:
            with suppress(Conflict, InvalidTransition, UnknownTask):
                # Where that is refused it was freed by whoever saw first that the process is gone.
                team.board.release(task.id, task.owner, task.epoch, reason="the server that held it was killed")
