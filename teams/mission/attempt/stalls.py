"""An agent that gave no sign of life: put on record, and counted, so that one hitch costs nothing and two an attempt.

Rule 1: how often it happened is what the journal says, so a resumed mission goes on counting.
"""

from typing import Any

from teams.mission.site import Site

ALLOWED = 1
"""So often the same attempt may stall and be given back as it was; after that it counts as failed."""


def may_try_again(site: Site, agent: str, reason: str, **where: Any) -> bool:
    """Record that ``agent`` stalled in the attempt ``where`` (task, attempt, epoch); say whether that is forgiven.

    Args:
        reason: which call gave no sign of life, and for how long.
    """
    same = (site.mission, agent, where.get("task"), where.get("attempt"))
    times = 1 + sum(
        (event.mission, event.agent, event.task, event.attempt) == same
        for event in site.journal.read(types=("agent.stalled",))
    )
    site.journal.append("agent.stalled", {"reason": reason, "times": times}, mission=site.mission, agent=agent, **where)
    return times <= ALLOWED
