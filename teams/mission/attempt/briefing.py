"""What whoever works on a task is told of it: what is to be done, when it is done, what was wrong the last time."""

from teams.mission.contract import Contract
from teams.protocol.board.task import Task

IN_THE_FOLDER = "It is in the folder"


def brief(task: Task, contract: Contract, *, where: str = IN_THE_FOLDER) -> list[str]:
    """Return it as lines; ``where`` says, in a sentence without its end, where the work of the last attempt is."""
    assertions = contract.of_task(task.key)
    lines = [f"Task {task.id}: {task.subject}", "", task.description, "", "It is done when:"]
    lines += [f"- {a.id}: {a.text}" + (f"\n  {a.command}" if a.command else "") for a in assertions]
    findings = task.findings
    if findings:
        # After a conflict the work begins anew: see Attempt._start.
        what = "The folder has what landed since" if task.evidence.get("conflicts") else where
        lines += ["", f"Your last attempt was rejected. {what}.", *(f"- {one}" for one in findings)]
    return lines
