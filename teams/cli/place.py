"""Which team a command is about: ``--root`` and ``--team``, what a member's command was told, or what is nearest.

Rule 1: ``$ONECONTEXT_TEAM`` and ``$ONECONTEXT_ROOT``, which ``team join --command`` sets, count where neither option
    is given; so what a member's command asks is about the team it is in.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.errors import NoTeam
from teams.engine.kept import Kept, kept
from teams.protocol.naming import ENDED, JOURNAL, whole_name
from teams.protocol.team import Team

AGENT_VARIABLE = "ONECONTEXT_AGENT"
TEAM_VARIABLE = "ONECONTEXT_TEAM"
ROOT_VARIABLE = "ONECONTEXT_ROOT"
ROOT_HELP = (
    f"the folder with teams/ and tasks/ (default: ${ROOT_VARIABLE}, else the nearest .onecontext, else .claude, "
    "here or above, else $CLAUDE_CONFIG_DIR or ~/.claude)"
)


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the two options that say which team is meant."""
    parser.add_argument(
        "--team", help=f"the team's name, or how it alone begins (default: ${TEAM_VARIABLE}, else the one last at work)"
    )
    parser.add_argument("--root", type=Path, help=ROOT_HELP)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json`` to the parser of a word: the main parser has it too, and SUPPRESS keeps this from undoing it."""
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="answer as one JSON document on stdout"
    )


def open_team(args: argparse.Namespace, invocation: Invocation) -> Team:
    """Return the team that is meant.

    Raises:
        NoTeam: there is none; the message says where was looked.
        AmbiguousName: several begin with the name that is given, and none is it.
    """
    name: str | None = args.team
    if name is None and args.root is None:
        name = invocation.env.get(TEAM_VARIABLE) or None
    root = invocation.cwd / args.root if args.root else _root_of(name, invocation)
    if name is None and not (names := Team.list(root)):
        raise NoTeam(
            f"there is no team in {root}",
            hint="'onecontext team new NAME' and 'onecontext run \"GOAL\"' make one; --root says where another is",
        )
    meant = names[0] if name is None else whole_name(name, Team.list(root))
    return Team.open(meant, root=root, cwd=invocation.cwd)


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
    folders = [cwd / env[ROOT_VARIABLE]] if env.get(ROOT_VARIABLE) else []
    folders += [folder / name for name in (".onecontext", ".claude") for folder in (cwd, *cwd.parents)]
    if env.get("CLAUDE_CONFIG_DIR"):
        folders.append(Path(env["CLAUDE_CONFIG_DIR"]))
    elif env.get("HOME"):
        folders.append(Path(env["HOME"]) / ".claude")
    return [folder for folder in dict.fromkeys(folders) if _holds_teams(folder)]


def _holds_teams(folder: Path) -> bool:
    try:
        return (folder / "teams").is_dir() or (folder / ENDED).is_dir()
    except PermissionError:
        # Somebody else's, further up: it must not hide the teams of this project. Where nothing else is found,
        # find_root meets it and says so.
        return False


def _root_of(team: str | None, invocation: Invocation) -> Path:
    """Return the first root that has the team, also a client's, else the first where a name begins so; without a
    name, the first that has any.
    """
    known = [(root, Team.list(root)) for root in roots(invocation)]
    for root, names in known:
        if team in names or (team is None and names):
            return root
    for root, names in known:
        if team and any(name.startswith(team) for name in names):
            return root
    return find_root(invocation.cwd)


def find_root(cwd: Path) -> Path:
    """Return the nearest ``.onecontext`` upwards that holds teams, else such a ``.claude``, else where one would be."""
    for name in (".onecontext", ".claude"):
        for folder in (cwd, *cwd.parents):
            if (folder / name / "teams").is_dir():
                return folder / name
    return cwd / ".onecontext"
