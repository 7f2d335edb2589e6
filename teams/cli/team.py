"""``onecontext team``: make a team, join one with an agent of any kind, show it, leave it."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line, printable
from onecontext.errors import UsageError
from teams.cli import team_join
from teams.cli.place import ROOT_HELP, add_json, ended, open_team, places
from teams.protocol.config import LEAD, Member
from teams.protocol.mail.correspondence import correspondence
from teams.protocol.mail.inbox import Inbox
from teams.protocol.team import Team


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the five words and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="new | join | leave | list | show")
    new = words.add_parser("new", help="make a team of our own, or say that it is there")
    join = words.add_parser("join", help="be a member until the lead says shut down: a model, a command, a function")
    leave = words.add_parser("leave", help="take a member of ours out of the roster, such as one that was killed")
    listing = words.add_parser("list", help="the teams there are, ours and those of live clients")
    show = words.add_parser("show", help="who is in a team: ours or not, heartbeat, mail that waits")
    for word in (new, join, leave):
        word.add_argument("team", metavar="TEAM", help="its name; 'onecontext team list' names those there are")
    show.add_argument("team", metavar="TEAM", nargs="?", help="default: $ONECONTEXT_TEAM, else the one last at work")
    for word in (join, leave):
        word.add_argument("--name", required=True, help="what the member is called")
    leave.add_argument("--reason", default="", help="what the record says about why")
    team_join.add_arguments(join)
    for word in (new, join, leave, listing, show):
        help_ = "the folder to make it in (default: .claude here)" if word is new else ROOT_HELP
        word.add_argument("--root", type=Path, help=help_)
        add_json(word)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Answer one of the five words."""
    if args.word == "new":
        return _new(args, invocation)
    if args.word == "list":
        return _list(args, invocation)
    team = open_team(args, invocation)
    if args.word == "join":
        return team_join.run(team, args, invocation)
    return _leave(team, args, invocation) if args.word == "leave" else _show(team, invocation)


def _new(args: argparse.Namespace, invocation: Invocation) -> int:
    root = invocation.cwd / (args.root or ".claude")
    there = (root / "teams" / args.team / "config.json").exists()
    team = Team.create(args.team, root=root, cwd=invocation.cwd)
    data = {"team": team.name, "root": str(team.root), "folder": str(team.folder), "made": not there}
    made = "was there already" if there else "is made"
    out = invocation.out
    out.answer(data, f"{out.paint(team.name, 'bold')} {made}, in {out.paint(str(team.folder))}")
    return 0


def _list(args: argparse.Namespace, invocation: Invocation) -> int:
    out = invocation.out
    folders = places(args, invocation)
    rows: list[dict[str, Any]] = [{"team": name, "root": str(root)} for root in folders for name in Team.list(root)]
    gone = [{"team": one.team, "root": str(root), "journal": str(one.path)} for root, one in ended(folders)]
    lines = [f"{out.paint(row['team'], 'bold')}  {out.paint(row['root'], 'dim')}" for row in rows]
    lines += [
        f"{out.paint(row['team'], 'bold')}  {out.paint('gone; its journal is kept: ' + row['journal'], 'dim')}"
        for row in gone
    ]
    out.answer({"teams": rows, "ended": gone}, "\n".join(lines))
    if not rows and not gone:
        where = printable(f"in {folders[0]}") if args.root else "here"
        out.say(f"there are no teams {where}; 'onecontext team new NAME' makes one")
    return 0


def _leave(team: Team, args: argparse.Namespace, invocation: Invocation) -> int:
    team.config.member(args.name)
    if args.name == LEAD or not team.is_ours(args.name):
        raise UsageError(f"{args.name} is not a member that joined through us; who made it takes it out")
    team.leave(args.name, reason=args.reason)
    data = {"team": team.name, "name": args.name}
    invocation.out.answer(data, f"{invocation.out.paint(args.name, 'bold')} has left {team.name}")
    return 0


def _show(team: Team, invocation: Invocation) -> int:
    waiting: dict[str, int] = {}
    for letter in correspondence(team.folder, team.journal):
        if not letter.delivered:
            waiting[letter.message.to] = waiting.get(letter.message.to, 0) + 1
    now = datetime.now(UTC)
    rows = [_as_data(team, member, waiting.get(member.name, 0), now) for member in team.members]
    data = {"team": team.name, "root": str(team.root), "members": rows}
    out = invocation.out
    head = f"{out.paint(team.name, 'bold')}  {out.paint(str(team.root), 'dim')}"
    out.answer(data, "\n".join([head, *(_line(row, out) for row in rows)]))
    return 0


def _as_data(team: Team, member: Member, waiting: int, now: datetime) -> dict[str, Any]:
    ours = team.is_ours(member.name)
    pulse = team.pulse(member.name) if ours else None
    return {
        "name": member.name,
        "role": member.role,
        "model": member.model,
        "ours": ours,
        "life": pulse.life if pulse else None,
        "heartbeat_age_s": round(max(0.0, now.timestamp() - pulse.beaten_at), 1) if pulse and pulse.beaten_at else None,
        "pid": pulse.pid if pulse else None,
        # What waits for a client's own member is what lies in its inbox; that of ours is what it has not acknowledged.
        "waiting": waiting if ours else _entries(team, member.name),
    }


def _entries(team: Team, name: str) -> int:
    if Path(name).name != name:
        return 0
    entries, _ = Inbox(team.folder / "inboxes" / f"{name}.json", team.journal.folder).read()
    return sum(not entry.get("read") for entry in entries)


def _line(row: dict[str, Any], out: Output) -> str:
    whose = "ours" if row["ours"] else "another program's"
    age = row["heartbeat_age_s"]
    facts = [whose, row["role"], row["model"] or ""]
    if row["ours"] and row["name"] != LEAD:
        facts.append("no heartbeat" if age is None else f"{row['life']}, heartbeat {age:g} s ago")
    facts.append(f"{row['waiting']} waiting" if row["waiting"] else "")
    told = one_line(" · ".join(fact for fact in facts if fact), limit=200)
    name = f"{row['name']:<14}"
    return f"  {out.paint(name, 'cyan')} {out.paint(told)}"
