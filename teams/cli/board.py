"""``onecontext board`` and ``onecontext task list``: the tasks of a team, by where they stand."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line
from teams.cli.place import add_place, open_team
from teams.protocol.board.states import HELD, State
from teams.protocol.board.task import Task
from teams.protocol.violations import GARBLED, Violation

_LIMIT_CHARACTERS = 300
Marks = dict[str, list[str]]

# What needs somebody first, what is over last.
_ORDER = [
    State.NEEDS_INPUT,
    State.BLOCKED,
    State.RUNNING,
    State.REVIEW,
    State.READY,
    State.WAITING,
    State.DONE,
]
_STYLES = {
    State.NEEDS_INPUT: "magenta",
    State.BLOCKED: "red",
    State.RUNNING: "yellow",
    State.REVIEW: "cyan",
    State.READY: "blue",
    State.WAITING: "dim",
    State.DONE: "green",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    states = [state.value for state in State]
    parser.add_argument("--state", choices=states, metavar="STATE", help=f"only these: {', '.join(states)}")
    parser.add_argument("--owner", metavar="AGENT", help="only tasks that this agent has")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    team = open_team(args, invocation)
    tasks = [
        task for task in team.board.list() if args.state in (None, task.state) and args.owner in (None, task.owner)
    ]
    problems = [{"path": str(problem.path), "what": problem.what} for problem in team.board.problems]
    violations = team.board.violations()
    data = {
        "team": team.name,
        "root": str(team.root),
        "tasks": [as_data(task) for task in tasks],
        "problems": problems,
        "violations": [asdict(violation) for violation in violations],
    }
    invocation.out.answer(data, _as_text(team.name, tasks, _by_task(violations), invocation.out))
    for problem in problems:
        invocation.out.say(invocation.out.paint(f"cannot be read: {problem['what']}"))
    return 0


def as_data(task: Task) -> dict[str, Any]:
    """Return what programs are told of a task."""
    return {
        **task.ours.model_dump(mode="json", exclude={"v", "rev"}),
        "id": task.id,
        "subject": task.subject,
        "description": task.description,
        "status": task.status,
        "state": task.state,
        "owner": task.owner,
        "after": list(task.blocked_by),
        "before": list(task.blocks),
        "foreign": task.is_foreign,
    }


def _by_task(violations: Iterable[Violation]) -> Marks:
    """Return ids of tasks to what their files break; one that cannot be read at all is told of as a problem."""
    marks: Marks = {}
    for violation in violations:
        if violation.task is not None and violation.rule != GARBLED:
            marks.setdefault(violation.task, []).append(violation.what)
    return marks


def _as_text(team: str, tasks: list[Task], marks: Marks, out: Output) -> str:
    if not tasks:
        return f"{out.paint(team, 'bold')}: no tasks"
    done = sum(task.state is State.DONE for task in tasks)
    lines = [f"{out.paint(team, 'bold')}  {done} of {len(tasks)} done"]
    for state in _ORDER:
        rows = [task for task in tasks if task.state is state]
        if rows:
            lines += ["", out.paint(f"{state.replace('_', ' ')} ({len(rows)})", "bold", _STYLES[state])]
            lines += [line for task in rows for line in task_lines(task, out, marks.get(task.id, ()))]
    return "\n".join(lines)


def task_lines(task: Task, out: Output, breaks: Sequence[str] = ()) -> list[str]:
    """Return what people are told of a task: a line, a second where there is a reason, one for each rule it breaks."""
    facts = [
        f"after {', '.join('#' + name for name in task.blocked_by)}" if task.blocked_by else "",
        f"attempt {task.attempt}" if task.attempt else "",
        task.verdict or "",
        f"{task.ours.reviewer} judges" if task.state is State.REVIEW and task.ours.reviewer else "",
        _lease(task),
        "not ours" if task.is_foreign else "",
    ]
    told = one_line(" · ".join(fact for fact in facts if fact), limit=_LIMIT_CHARACTERS)
    # What others wrote is on a line of its own: it cannot look like another task.
    owner = out.paint(f"{one_line(task.owner or '', limit=40):<12}", "cyan")
    first = f"  {'#' + task.id:>5}  {owner}  {out.paint(one_line(task.subject, limit=_LIMIT_CHARACTERS))}"
    if told:
        first += f"  {out.paint(f'({told})', 'dim')}"
    reason = task.reason if task.state is not State.DONE else None
    why = one_line(reason, limit=_LIMIT_CHARACTERS) if reason else ""
    told_of = [f"{'':>23}{out.paint(f'■ violation: {one_line(what)}', 'red')}" for what in breaks]
    return [first, *([f"{'':>23}{out.paint(why, 'dim')}"] if why else []), *told_of]


def _lease(task: Task) -> str:
    if task.state not in (*HELD, State.REVIEW) or task.lease_until is None:
        return ""
    left_s = (task.lease_until - datetime.now(UTC)).total_seconds()
    return f"lease {left_s:.0f} s" if left_s > 0 else "lease over"
