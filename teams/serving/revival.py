"""Claims of our workers that nobody is at: of a server that was killed, or of one who asked and has its answer.

Rule 1: whoever calls this holds the lock of the board, so no other server is at work on it.
"""

from collections.abc import Callable, Collection
from contextlib import suppress

from onecontext.errors import Conflict, InvalidTransition, UnknownTask
from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.heartbeat import Life
from teams.protocol.team import Team


def free_idle(
    team: Team,
    tasks: Collection[Task],
    *,
    is_ours: Callable[[str], bool],
    at_work: Collection[str],
    reason: str,
) -> bool:
    """Free what workers of ours have and nobody is at: the same attempt, the next epoch; say whether that was any.

    Args:
        is_ours: says whether a name is that of a worker of this board.
        at_work: the ids of what is being worked on in this process.
    """
    freed = False
    for task in tasks:
        owner = task.owner
        if task.state is not State.RUNNING or owner is None or task.id in at_work:
            continue
        # Somebody may have joined under that name from elsewhere since.
        if is_ours(owner) and team.pulse(owner).life is not Life.ALIVE:
            with suppress(Conflict, InvalidTransition, UnknownTask):
                # Where that is refused it was freed by whoever saw first that the process is gone.
                team.board.release(task.id, owner, task.epoch, reason=reason)
                freed = True
    return freed
