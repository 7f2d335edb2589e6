"""Why an act cannot be done now, in a sentence each; "" when nothing is known against it. Pure."""

from tui.acting.subject import Subject
from tui.snapshot import LEAD

_ENDED = ("done", "blocked", "infeasible", "budget exhausted", "stopped")
_GIVEN = ("ready", "blocked", "running", "needs_input")


def to_agent(subject: Subject) -> str:
    """Say why nobody can be written to."""
    if subject.agent is None:
        return "no agent is under the cursor"
    return f"{subject.agent.name} has left the team" if subject.agent.state == "left" else ""


def to_oneself(subject: Subject, person: str) -> str:
    """Say why a person who speaks through the lead of a mission does not write to it: nobody else would read that."""
    snapshot = subject.snapshot
    if subject.agent is None or subject.agent.name != LEAD or snapshot.mission is None or snapshot.mission.serving:
        return ""
    if any(agent.name == person and agent.state != "left" for agent in snapshot.agents):
        return ""
    return f"{LEAD} is whom you speak through; R says to the mission what is wanted otherwise"


def to_team(subject: Subject) -> str:
    """Say why not everybody can be written to."""
    return "" if any(agent.state != "left" for agent in subject.snapshot.agents) else "there is nobody to write to"


def deciding(subject: Subject) -> str:
    """Say why there is nothing to approve or deny."""
    request = subject.request
    if request is None:
        return "no request is under the cursor; 8 shows them"
    if request.kind == "question":
        return "that is a question: answer it"
    if request.void:
        return f"it is void: {request.reason}"
    if request.approved is not None:
        return f"it was {'approved' if request.approved else 'denied'} by {request.by or 'somebody'}"
    return "" if request.ours else f"{request.to} belongs to another program, which answers it itself"


def asked_action(subject: Subject) -> str:
    """Return what would be granted: which tool, or what kind of thing, for whom."""
    request = subject.request
    return f"{request.tool or request.kind} for {request.asker}" if request else ""


def answering(subject: Subject) -> str:
    """Say why there is no question."""
    if subject.task is None:
        return "no task is under the cursor"
    return "" if subject.task.state == "needs_input" else f"#{subject.task.id} asks nothing"


def retrying(subject: Subject) -> str:
    """Say why no task can be tried again."""
    if subject.snapshot.mission is None:
        return "this team has no mission"
    if subject.task is None:
        return "no task is under the cursor"
    return "" if subject.task.state == "blocked" else f"#{subject.task.id} is not blocked"


def being_given(subject: Subject) -> str:
    """Say why no task can be given to somebody."""
    task, mission = subject.task, subject.snapshot.mission
    if task is None:
        return "no task is under the cursor"
    if mission is not None and not mission.serving and mission.ending is None:
        return "its mission gives tasks out itself; redirect says what is wanted otherwise"
    return "" if task.state in _GIVEN else f"#{task.id} is {task.state}"


def over_or_none(subject: Subject) -> str:
    """Say why there is no mission to speak to."""
    mission = subject.snapshot.mission
    if mission is None:
        return "this team has no mission"
    return "the mission is done" if mission.ending == "done" else ""


def pausing(subject: Subject) -> str:
    """Say why the mission cannot be held."""
    mission = subject.snapshot.mission
    if mission is not None and mission.phase in ("paused", "pausing"):
        return "the mission is paused"
    if mission is not None and mission.phase == "stopping":
        return "the mission is being stopped"
    if mission is not None and mission.phase in _ENDED:
        return f"the mission has ended: {mission.phase}"
    return over_or_none(subject)


def resuming(subject: Subject) -> str:
    """Say why the mission cannot go on."""
    mission = subject.snapshot.mission
    if mission is not None and mission.serving:
        return "a board is served on by 'onecontext serve'"
    if mission is not None and mission.phase in ("planning", "working", "validating", "stopping"):
        lead = next((heart for name, heart in subject.snapshot.hearts.items() if heart.life == "alive"), None)
        going = "is being stopped: then it can go on" if mission.phase == "stopping" else "is at work"
        return f"the mission {going}" if lead is not None else ""
    return over_or_none(subject)
