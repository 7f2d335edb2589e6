"""A mission that no process runs: what its dead run held is given back, and a word to stop is carried out for it.

Rule 1: whoever calls this has the mission to itself (:mod:`teams.mission.control.alone`), so its last run is dead.
"""

from teams.mission.control.halt import Halt, Order
from teams.mission.history import History
from teams.mission.site import worker_name
from teams.protocol.board.states import State
from teams.protocol.team import Team


def give_back(team: Team, mission: str, *, workers: int) -> None:
    """Give back what the workers of the last run held: the same attempt, the next epoch.

    Args:
        workers: how many there were at the most in any run.
    """
    # Somebody else, who joined from another process, may be alive and at work: that claim ends with its lease.
    numbers = range(1, workers + 1)
    for task in team.board.list():
        ours = {worker_name(number, task.ours.role) for number in numbers}
        if task.mission == mission and task.state is State.RUNNING and task.owner in ours:
            team.board.release(task.id, task.owner, task.epoch, reason="the run that held it came to an end")


def end_at_rest(team: Team, history: History, order: Order, *, tip: str | None) -> None:
    """Record that the mission has ended by ``order``, give back what is in hand, and take the word away."""
    give_back(team, history.mission, workers=history.most_workers)
    # Of a board that was served the tasks are nobody's mission; who held them is seen to be gone.
    team.board.reap()
    data = {"ending": "stopped", "reason": str(order), "branch": history.branch, "commit": tip}
    team.journal.append("mission.ended", data, mission=history.mission, agent=order.by or None)
    Halt(team.journal).path.unlink(missing_ok=True)
