"""Which team a command is about: ``--root`` and ``--team``, or what is nearest and newest."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.errors import NoTeam
from teams.engine.kept import Kept, kept
from teams.protocol.team import ENDED, JOURNAL, Team


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
    root = invocation.cwd / args.root if args.root else _root_of(args.team, invocation)
    names = Team.list(root)
    if not args.team and not names:
        raise NoTeam(
            f"there is no team in {root}",
            hint="start one with 'onecontext run \"GOAL\"', or say where one is with --root",
        )
    return Team.open(args.team or names[0], root=root, cwd=invocation.cwd)


def ended(roots: Sequence[Path], team: str | None = None) -> list[tuple[Path, Kept]]:
    """Return the journals of teams whose folders are gone, with their roots: what was written last first."""
    found = [(root, one) for root in roots for one in kept(root / ENDED, team)]
    gone = [(root, one) for root, one in found if not one.is_of(root / "teams" / one.team / JOURNAL)]
    return sorted(gone, key=lambda pair: pair[1].written_at, reverse=True)


def places(args: argparse.Namespace, invocation: Invocation) -> list[Path]:
    """Return the root that ``--root`` names, else all of :func:`roots`."""
    return [invocation.cwd / args.root] if args.root else roots(invocation)


def roots(invocation: Invocation) -> list[Path]:
    """Return every folder here that holds teams, or journals of such as are gone: of this project and those above it,
    and the client's own.
    """
    env, cwd = invocation.env, invocation.cwd
    folders = [folder / name for name in (".onecontext", ".claude") for folder in (cwd, *cwd.parents)]
    if env.get("CLAUDE_CONFIG_DIR"):
        folders.append(Path(env["CLAUDE_CONFIG_DIR"]))
    elif env.get("HOME"):
        folders.append(Path(env["HOME"]) / ".claude")
    return [folder for folder in dict.fromkeys(folders) if (folder / "teams").is_dir() or (folder / ENDED).is_dir()]


def _root_of(team: str | None, invocation: Invocation) -> Path:
    """Return the first root that has the team, also a client's; without a name, the project's own."""
    if team and Path(team).name == team:
        for root in roots(invocation):
            if (root / "teams" / team / "config.json").exists():
                return root
    return find_root(invocation.cwd)


def find_root(cwd: Path) -> Path:
    """Return the nearest ``.onecontext`` upwards that holds teams, else such a ``.claude``, else where one would be."""
    for name in (".onecontext", ".claude"):
        for folder in (cwd, *cwd.parents):
            if (folder / name / "teams").is_dir():
                return folder / name
    return cwd / ".onecontext"
