"""Which team a command is about: ``--root`` and ``--team``, or what is nearest and newest."""

import argparse
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.errors import NoTeam
from teams.protocol.team import Team


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the two options that say which team is meant."""
    parser.add_argument("--team", help="the team's name (default: the one that was last at work)")
    parser.add_argument(
        "--root", type=Path, help="the folder with teams/ and tasks/ (default: .onecontext, or .claude)"
    )


def open_team(args: argparse.Namespace, invocation: Invocation) -> Team:
    """Return the team that is meant.

    Raises:
        NoTeam: there is none; the message says where was looked.
    """
    root = invocation.cwd / args.root if args.root else find_root(invocation.cwd)
    names = Team.list(root)
    if not args.team and not names:
        raise NoTeam(
            f"there is no team in {root}",
            hint="start one with 'onecontext run \"GOAL\"', or say where one is with --root",
        )
    return Team.open(args.team or names[0], root=root, cwd=invocation.cwd)


def find_root(cwd: Path) -> Path:
    """Return the nearest ``.onecontext`` upwards that holds teams, else such a ``.claude``, else where one would be."""
    for name in (".onecontext", ".claude"):
        for folder in (cwd, *cwd.parents):
            if (folder / name / "teams").is_dir():
                return folder / name
    return cwd / ".onecontext"
