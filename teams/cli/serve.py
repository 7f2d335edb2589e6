"""``onecontext serve --board [TEAM]``: whoever puts a task on the board has a worker do it.

Rule 1: what a person says here wins over ``WORKFLOW.md``, which comes with what was cloned; that file names no server,
    no sandbox and no folder, and no board but one of this project.
"""

import argparse
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from shlex import quote

from onecontext.api import Memory
from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from onecontext.store.project import Project
from teams.cli.options import add_running, trusted_config
from teams.cli.place import AGENT_VARIABLE, roots
from teams.cli.prepared import Prepared
from teams.cli.watching import conduct
from teams.mission.control.halt import PERSON
from teams.mission.opening import make_memory
from teams.protocol.team import Team
from teams.serving.ending import Until
from teams.serving.reload import WorkflowFile
from teams.serving.server import Server, served_before
from teams.serving.workflow import FILE_NAME

_SLUG_CHARACTERS = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--board",
        nargs="?",
        const="",
        required=True,
        metavar="TEAM",
        help=f"whose board; made where there is none (default: the 'team' of {FILE_NAME}, else 'board')",
    )
    parser.add_argument("--root", type=Path, help="the folder with teams/ and tasks/ (default: that of this project)")
    parser.add_argument("--workflow", type=Path, metavar="FILE", help=f"default: {FILE_NAME} of the repository")
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--once", action="store_true", help="work once on what is ready now, and end")
    ends.add_argument("--until-empty", action="store_true", help="end when nothing more can be done; exit code 0 or 10")
    add_running(
        parser,
        workers=f"how many work side by side (default: {FILE_NAME}, else 2)",
        max_attempts=f"attempts at one task (default: {FILE_NAME}, else 3)",
    )


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    project = Project.find(invocation.cwd)
    said = {"concurrency": args.workers, "max_attempts": args.max_attempts}
    path = invocation.cwd / args.workflow if args.workflow else project.path / FILE_NAME
    file = WorkflowFile(
        path, named=args.workflow is not None, said={name: value for name, value in said.items() if value is not None}
    )
    ready = Prepared(args, invocation, project, trusted_config(project.path, args))
    memory = make_memory(project, "tasks of a board", invocation.out.say)
    team = _team(args, invocation, project, memory, file)
    served_before(team)
    name, branches = _names(team, memory)
    _refuse_a_branch(project, branches)
    site = ready.site(name, memory, team)
    server = Server(
        replace(site, branch=branches),
        file,
        goal=f"Serve the board {team.name}",
        model=ready.model,
        scripted=ready.scripted,
        until=_until(args),
    )
    by = invocation.env.get(AGENT_VARIABLE) or PERSON
    again = f"onecontext serve --board {quote(team.name)}"
    return conduct(
        site,
        invocation,
        lambda: server.serve(by=by),
        opening=[
            f"board    {team.name}  in {team.root}",
            f"workflow {file.path if file.is_there else 'built in: there is no ' + str(file.path)}",
            *ready.told_of_models(),
            f"branches {branches}/…",
            *ready.told_of_workers(team),
        ],
        again=again,
        traces=ready.traces,
        advice=f"'onecontext retry TASK' tries again what is blocked, '{again}' goes on",
    )


def _team(
    args: argparse.Namespace, invocation: Invocation, project: Project, memory: Memory, file: WorkflowFile
) -> Team:
    """Return the team that is meant: one that is there where a person named it, else one of this project."""
    name = args.board or file.current.settings.team
    home = invocation.cwd / args.root if args.root else memory.path
    places = [home] if args.root or not args.board else [home, *roots(invocation)]
    for root in places:
        if name in Team.list(root):
            return Team.open(name, root=root, cwd=project.path)
    invocation.out.say(f"made the board {name}")
    return Team.create(name, root=home, cwd=project.path)


def _names(team: Team, memory: Memory) -> tuple[str, str]:
    """Return what the serving of a board is called for ever, and what the names of its branches begin with."""
    root = team.root.resolve()
    slug = re.sub(r"[^a-z0-9]+", "-", team.name.lower()).strip("-")[:_SLUG_CHARACTERS].strip("-") or "board"
    name = f"{slug}-{hashlib.sha256(f'{root}/{team.name}'.encode()).hexdigest()[:6]}"
    own = slug == team.name and root == memory.path.resolve()
    return name, f"onecontext/{slug if own else name}"


def _refuse_a_branch(project: Project, branches: str) -> None:
    if project.tip(branches) is not None:
        raise UsageError(
            f"there is a branch {branches}, so git can have none below it",
            hint="serve a board of another name: onecontext serve --board NAME",
        )


def _until(args: argparse.Namespace) -> Until:
    if args.once:
        return "once"
    return "empty" if args.until_empty else "stopped"
