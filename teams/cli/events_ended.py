"""Which journal ``onecontext events`` reads: that of a team, of one that is gone, or any file.

Rule 1: a team that is there comes first; of one that is gone it is what was written last.
"""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from onecontext.cli.main import Invocation
from onecontext.errors import Damaged, NewerFormat, NoTeam, UsageError
from teams.cli.place import TEAM_VARIABLE, ended, open_team, places
from teams.engine.journal import Journal
from teams.engine.tail import Tail


def chosen_journal(
    args: argparse.Namespace, invocation: Invocation, say: Callable[[str], None]
) -> tuple[Journal, bool]:
    """Return the journal that is meant, and whether it is one that nobody writes any more.

    Raises:
        NoTeam: there is no such team, and none is kept. UsageError: there is no such file.
    """
    if args.journal is not None:
        path = (invocation.cwd / args.journal).resolve()
        if not path.is_file():
            raise UsageError(f"there is no journal {path}", hint="'onecontext events --ended' lists what is kept")
        return Journal(path.parent, team=_team_in(path), name=path.name), False
    try:
        return open_team(args, invocation).journal, False
    except NoTeam as error:
        team = args.team or (invocation.env.get(TEAM_VARIABLE) if args.root is None else None)
        found = ended(places(args, invocation), team)
        if not found:
            raise
        if not team:
            raise NoTeam(error.message, hint="'onecontext events --ended' lists what is kept of others") from None
        newest, older = found[0][1], len(found) - 1
        say(
            f"the team {team} is gone; this is its journal, kept at {newest.path}"
            + (f" ({older} older: 'onecontext events --ended --team {quote(team)}')" if older else "")
        )
        return Journal(newest.path.parent, team=newest.team, name=newest.path.name), True


def _team_in(path: Path) -> str:
    """Return the team that the first event is of; where that cannot be told, what the file is called."""
    try:
        first = next(Tail(path).lines(), None)
    except (Damaged, NewerFormat):
        # Whoever reads it meets the same, and says where.
        first = None
    return first.team if first else path.stem


def list_ended(args: argparse.Namespace, invocation: Invocation) -> int:
    """Answer with the kept journals of teams that are gone, of one where one is named."""
    out = invocation.out
    found = ended(places(args, invocation), args.team)
    rows = [
        {
            "team": one.team,
            "root": str(root),
            "journal": str(one.path),
            "kept_since": one.since,
            "last_event_at": datetime.fromtimestamp(one.written_at, UTC),
        }
        for root, one in found
    ]
    lines = [
        f"{out.paint(one.team, 'bold')}  {datetime.fromtimestamp(one.written_at).astimezone():%Y-%m-%d %H:%M:%S}"
        f"  {out.paint(str(one.path), 'dim')}"
        for _, one in found
    ]
    out.answer({"ended": rows}, "\n".join(lines))
    if not rows:
        out.say("no journal of a team that is gone is kept here")
    return 0
