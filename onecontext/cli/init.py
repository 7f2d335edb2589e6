"""``onecontext init``: make a memory beside this repository."""

import argparse
from pathlib import Path

from onecontext.api import Memory
from onecontext.cli.main import Invocation
from onecontext.cli.memory import agent_of
from onecontext.errors import NoMemory
from onecontext.store.layout import FOLDER, Layout
from onecontext.store.surroundings import EXCLUDE_LINE, exclude_file, find_repository, is_excluded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("path", nargs="?", default=".", help="the folder (default: this one)")
    parser.add_argument("--purpose", "-p", default="", help="what the work is for: the goal of the roadmap")
    parser.add_argument("--agent", metavar="NAME", help="who makes it (default: ONECONTEXT_AGENT, else 'agent')")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Make the memory, or say that it is there."""
    out = invocation.out
    folder = invocation.cwd / args.path
    if not folder.is_dir():
        raise NoMemory(f"there is no folder {folder}", hint="name a folder that is there")
    existed, repository = _has_memory(folder), find_repository(folder)
    excluded = repository is not None and not is_excluded(repository)
    memory = Memory.init(folder, agent=agent_of(args, invocation), purpose=args.purpose)
    if excluded and repository:
        out.say(f"added {EXCLUDE_LINE} to {exclude_file(repository)}, so git leaves it alone")
    data = {"path": memory.path, "branch": memory.branch, "created": not existed, "excluded": excluded}
    there = "is there already" if existed else "begins"
    out.answer(data, f"the memory in {out.paint(str(memory.path), 'cyan')} {there}, on branch {memory.branch}")
    return 0


def _has_memory(folder: Path) -> bool:
    repository = find_repository(folder)
    place = (repository.top if repository else folder.resolve()) / FOLDER
    return bool(Layout(place).branches())
