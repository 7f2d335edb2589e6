"""``onecontext disconnect``: take out of the user's repository what ``init`` wrote in it.

Rule 1: that is one line of ``info/exclude`` and nothing else; the memory is not touched, and can be used as before.
Rule 2: it can be said as often as one likes: where the line is not, that is said and nothing is written.
"""

import argparse
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.errors import NoMemory, UsageError
from onecontext.store.surroundings import (
    EXCLUDE_LINE,
    UserRepository,
    exclude_file,
    find_memory,
    find_repository,
    stop_excluding,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the argument."""
    parser.add_argument("path", nargs="?", default=".", help="a folder of the repository (default: this one)")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Take the line out, and say what was done and what stays."""
    out, folder = invocation.out, invocation.cwd / args.path
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", hint="name a folder that is there")
    repository, memory = find_repository(folder), _memory(folder)
    removed = repository is not None and stop_excluding(repository)
    data = {
        "exclude": str(exclude_file(repository)) if repository else None,
        "removed": removed,
        "memory": str(memory) if memory else None,
    }
    out.answer(data, "\n".join(map(out.paint, _told(repository, memory, removed=removed))))
    return 0


def _told(repository: UserRepository | None, memory: Path | None, *, removed: bool) -> list[str]:
    if repository is None:
        return ["there is no git repository here, so nothing was written in one"]
    file = exclude_file(repository)
    if not removed:
        return [f"there is no line {EXCLUDE_LINE} in {file}, and nothing else was written in your repository"]
    lines = [f"took {EXCLUDE_LINE} out of {file}; nothing else was written in your repository"]
    if memory is not None and memory.is_relative_to(repository.top):
        lines.append(
            f"the memory in {memory} stays, and git now sees it like any other folder; 'onecontext init' undoes this"
        )
    elif memory is not None:
        lines.append(f"the memory in {memory} stays")
    return lines


def _memory(folder: Path) -> Path | None:
    try:
        return find_memory(folder)
    except NoMemory:
        return None
