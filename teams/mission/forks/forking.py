"""Another mission that begins as one was at a checkpoint: a team, a branch and a memory branch of its own.

Rule 1: the mission that it comes from is only read.
Rule 2: what was done by then is done in the fork, with its evidence and where it comes from; all else is open. The
    record of it is in the fork's journal before anything is on its board, so that who resumes can finish a fork that
    was cut short: :func:`take_over` can be done again, and ends in the same state.
Rule 3: what the mission spent, and the attempts it took, are its own: a fork begins with none.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from onecontext.api import Memory
from onecontext.errors import UsageError
from onecontext.names import check_name
from onecontext.store.project import Project
from teams.engine.event import Draft
from teams.mission.attempt.past import Past
from teams.mission.control.alone import alone
from teams.mission.forks.checkpoints import Checkpoint
from teams.mission.history import TYPES, History, read_history
from teams.mission.planning import on_board
from teams.mission.site import LEAD, VALIDATOR
from teams.protocol.board.states import State
from teams.protocol.board.task import Task
from teams.protocol.team import Team

FORKED = "mission.forked"
_LEASE_S = 60.0


def fork(project: Project, memory: Memory, source: History, at: Checkpoint, name: str) -> Team:
    """Make the mission ``name``, which begins as ``source`` was ``at`` a checkpoint; return its team.

    Nothing runs yet; ``resume`` goes on with it.

    Raises:
        InvalidName: nothing can be called so. UsageError: a mission of that name is there, or its branches would meet
            those of another.
        UnknownRevision: the work of the checkpoint is gone from the repository.
    """
    check_name(name, what="mission")
    _refuse_taken(memory, name)
    tip = at.commit or source.base
    if project.tip(branch_of_mission(name)) not in (None, tip):
        raise UsageError(f"there is a branch {branch_of_mission(name)} already", hint="choose another name with --name")
    team = Team.create(name, root=memory.path, cwd=project.path)
    with alone(team.journal, name):
        if read_history(team.journal.read(types=TYPES)) is not None:
            raise UsageError(f"there is a mission {name} already", hint="choose another name with --name")
        project.ensure_branch(branch_of_mission(name), tip)
        _remember(memory, source, at, name)
        team.journal.append_all(_beginning(source, at, name, tip))
        on_board(team, at.contract, mission=name)
        take_over(team, name, _forked(source, at, tip))
    return team


def branch_of_mission(name: str) -> str:
    """Return the branch of the user's repository where a mission's work lands."""
    return f"onecontext/{name}"


def take_over(team: Team, mission: str, forked: Mapping[str, Any]) -> None:
    """Let what was done at the checkpoint be done on this board; the contract's tasks are there.

    Args:
        forked: the data of ``mission.forked``.
    """
    tasks = {task.key: task for task in team.board.list() if task.mission == mission}
    past = Past(team.journal)
    for done in forked["done"]:
        if done["key"] in tasks and tasks[done["key"]].state is not State.DONE:
            # Looked at again: it waited for those before it, which are done by now.
            _take_over(team, past, team.board.get(tasks[done["key"]].id), done, forked)


def _take_over(team: Team, past: Past, task: Task, done: Mapping[str, Any], forked: Mapping[str, Any]) -> None:
    board = team.board
    comes_from = {"mission": forked["from"], "task": done["task"], "seq": done["seq"]}
    if task.state in (State.READY, State.RUNNING):
        # Whoever did the work then; nobody else is there yet who could have it.
        owner = done["author"] or LEAD
        epoch = task.epoch if task.state is State.RUNNING else board.claim(task.id, owner, lease_s=_LEASE_S).epoch
        task = board.submit(task.id, owner, epoch, evidence={**done["evidence"], "forked": comes_from})
    attempted = past.of(task.id, task.attempt)
    if done["merge"] is not None and (attempted is None or attempted.merged is None):
        where: dict[str, Any] = {"task": task.id, "attempt": task.attempt, "epoch": task.epoch}
        merge = {**done["merge"], "branch": branch_of_mission(task.mission or ""), "from": comes_from}
        team.journal.append("work.merged", merge, mission=task.mission, agent=VALIDATOR, **where)
    board.complete(task.id, VALIDATOR, {"forked": comes_from}, epoch=task.epoch)


def _beginning(source: History, at: Checkpoint, name: str, tip: str) -> list[Draft]:
    started = {
        "goal": source.goal,
        "branch": branch_of_mission(name),
        "base": source.base,
        "model": source.model,
        "scripted": source.model.startswith("scripted:"),
        "workers": source.workers,
        "sandbox": source.sandbox,
        "max_attempts": source.max_attempts,
        "budget": dict(source.budget),
        "who": dict(source.who),
        "memory": name,
        "address": source.address,
        "forked_from": source.mission,
    }
    contract = at.contract
    planned = {"contract": contract.model_dump(mode="json"), "tasks": [task.key for task in contract.tasks]}
    told = (("mission.started", started), (FORKED, _forked(source, at, tip)), ("mission.planned", planned))
    return [Draft(type_, data, mission=name, agent=LEAD) for type_, data in told]


def _forked(source: History, at: Checkpoint, tip: str) -> dict[str, Any]:
    return {
        "from": source.mission,
        "at": at.seq,
        "commit": tip,
        "given_up": dict(at.given_up),
        "done": [asdict(done) for done in at.done],
    }


def _remember(memory: Memory, source: History, at: Checkpoint, name: str) -> None:
    """Start the memory branch ``name`` with what the mission's memory was at the checkpoint."""
    origin = memory.on(source.memory) if source.memory else memory
    # Before its first milestone the mission had added nothing to the memory, whoever else has by now.
    mine = origin.create_branch(name, purpose=source.goal, begin=at.remembered.get(origin.branch))
    done = ", ".join(one.key for one in at.done) or "nothing"
    mine.commit(
        f"Forked from {source.mission} at its event {at.seq} ({at.what}): done by then is {done}.", mission=name
    )


def _refuse_taken(memory: Memory, name: str) -> None:
    """Refuse a name that the memory has, or whose last part another mission has: branches of tasks end in it."""
    if name in {branch.name for branch in memory.branches()}:
        raise UsageError(f"there is a memory branch {name} already", hint="choose another name with --name")
    last = f".{name.rsplit('-', 1)[-1][:15]}"
    taken = [branch.name for branch in memory.branches() if branch.name.endswith(last)]
    if taken:
        raise UsageError(
            f"memory branches of another mission end in {last!r}, such as {taken[0]}",
            hint="choose a name with another last part, such as one that ends in a number of its own",
        )
