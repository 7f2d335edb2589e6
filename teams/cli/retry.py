"""``onecontext retry``: let a task of a mission be tried again that is blocked; its attempts are counted anew."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.errors import InvalidTransition, UnknownTask
from teams.cli.board import as_data, task_lines
from teams.cli.halting import Halted, add_who, again, halted, is_running, who
from teams.protocol.board.states import State
from teams.protocol.board.task import Task


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", help="its id, or its key in the mission")
    parser.add_argument("--mission", metavar="ID", help="which one (default: the one that was active last)")
    add_who(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    mission = halted(args, invocation)
    board, by, out = mission.team.board, who(args, invocation), invocation.out
    task = _named(mission, args.task)
    if task.state is not State.BLOCKED:
        raise InvalidTransition(
            f"task {task.id} is {task.state}, and only what is blocked can be tried again",
            hint="'onecontext task reopen' takes the acceptance of a finished task back",
        )
    task = board.unblock(task.id, by=by)
    next_step = "it is given out in a moment" if is_running(mission) else f"'{again(mission)}' goes on with it"
    out.answer(as_data(task), "\n".join([*task_lines(task, out), next_step]))
    return 0


def _named(mission: Halted, name: str) -> Task:
    history = mission.history
    for task in mission.team.board.list():
        if name in (task.id, task.key) and task.mission == (None if history.serving else history.mission):
            return task
    raise UnknownTask(
        f"the mission {mission.history.mission} has no task {name!r}", hint="'onecontext board' lists them"
    )
