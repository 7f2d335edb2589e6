"""What ``onecontext pause``, ``stop`` and ``retry`` share: which mission, whose word, and why."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from onecontext.api import Memory
from onecontext.cli.main import Invocation
from onecontext.cli.output import one_line, printable
from onecontext.errors import AlreadyRunning, Damaged, NoMemory, NoMission
from onecontext.store.project import Project
from teams.cli.place import AGENT_VARIABLE
from teams.mission.control.alone import alone
from teams.mission.control.halt import PERSON, Halt
from teams.mission.control.which import unfinished_mission
from teams.mission.history import History
from teams.protocol.team import Team

NAME_CHARACTERS = 200


class Halted(NamedTuple):
    """A mission that is not over, and the file that halts it."""

    project: Project
    team: Team
    history: History
    halt: Halt


def add_halting(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of a word to a mission."""
    parser.add_argument("mission", nargs="?", help="which one (default: the one that was active last)")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; it is kept in the journal")
    add_who(parser)


def add_who(parser: argparse.ArgumentParser) -> None:
    """Declare ``--as`` and ``--root``."""
    add_where(parser)
    parser.add_argument(
        "--as", dest="agent", metavar="NAME", help=f"who says so (default: ${AGENT_VARIABLE}, else {PERSON})"
    )


def add_where(parser: argparse.ArgumentParser) -> None:
    """Declare ``--root``: a board may be served that is not of this project's folder."""
    parser.add_argument("--root", type=Path, help="the folder with teams/ and tasks/ (default: that of this project)")


def memory_of(project: Project, *, agent: str = "agent") -> Memory:
    """Return the memory of a project that had a mission.

    Raises:
        NoMission: there is no memory, so there never was one.
    """
    try:
        return Memory.open(project.path, agent=agent)
    except NoMemory as error:
        hint = "'onecontext run \"GOAL\"' begins one"
        raise NoMission(f"there is no mission in {project.path}", hint=hint) from error


def root_of(args: argparse.Namespace, invocation: Invocation, memory: Memory) -> Path:
    """Return the folder with the team that is meant."""
    return invocation.cwd / args.root if args.root else memory.path


def who(args: argparse.Namespace, invocation: Invocation) -> str:
    """Return whose word it is, as it may stand in a journal."""
    return one_line(printable(args.agent or invocation.env.get(AGENT_VARIABLE) or ""), limit=NAME_CHARACTERS) or PERSON


def halted(args: argparse.Namespace, invocation: Invocation) -> Halted:
    """Return the mission that is meant.

    Raises:
        NoMission, NoTeam: as :func:`teams.mission.control.which.unfinished_mission`.
    """
    project = Project.find(invocation.cwd)
    root = root_of(args, invocation, memory_of(project))
    with wholly():
        team, history = unfinished_mission(root, args.mission)
    return Halted(project, team, history, Halt(team.journal))


def again(mission: Halted) -> str:
    """Return the command that goes on with the mission when no process does."""
    return f"onecontext serve --board {quote(mission.team.name)}" if mission.history.serving else "onecontext resume"


@contextmanager
def wholly() -> Iterator[None]:
    """Say of what cannot be recorded in a damaged journal that none of it was done.

    Raises:
        Damaged: what the block raised, with that before its hint.
    """
    try:
        yield
    except Damaged as error:
        nothing = "nothing was changed: the mission is as it was"
        raise type(error)(error.message, hint="; ".join(filter(None, (nothing, error.hint)))) from error


def is_running(mission: Halted) -> bool:
    """Say whether a process runs the mission now."""
    try:
        with alone(mission.team.journal, mission.history.mission):
            return False
    except AlreadyRunning:
        return True
