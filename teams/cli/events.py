"""``onecontext events``: the journal of a team.

Rule 1: with ``--json`` the answer is one document; with ``--json --follow`` it is one document a line, one an event.
Rule 2: what stands before a damaged line is printed, then the line and its byte are named and the exit code is 5.
Rule 3: of a team whose folder is gone the journal that is kept is told, and that it is one; nothing follows it.
"""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line, printable
from onecontext.errors import Damaged
from teams.cli.events_ended import chosen_journal, list_ended
from teams.cli.events_follow import follow, read_all
from teams.cli.events_since import Since, parse_since
from teams.cli.place import add_place
from teams.engine.event import Event
from teams.engine.journal import Journal

_WIDTH = 110


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument(
        "--since", default="0", metavar="N|AGO|TIME", help="only events with a number above N, or since 10m, or a time"
    )
    parser.add_argument("--agent", help="only what this agent did")
    parser.add_argument("--task", metavar="ID", help="only what happened to this task")
    parser.add_argument("--type", metavar="PATTERN", help="only these types, such as task.claimed or 'message.*'")
    parser.add_argument("--follow", action="store_true", help="go on with new events until interrupted")
    parser.add_argument(
        "--ended", action="store_true", help="list the kept journals of teams that are gone, the newest first"
    )
    parser.add_argument("--journal", type=Path, metavar="FILE", help="read this journal, as one that --ended lists")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    since = parse_since(args.since, now=datetime.now(UTC))
    out = invocation.out
    if args.ended:
        return list_ended(args, invocation)

    def say(sentence: str) -> None:
        out.say(printable(sentence))

    journal, is_over = chosen_journal(args, invocation, say)
    reading = follow if args.follow and not is_over else read_all
    wanted = (event for event in reading(journal, say) if _wanted(event, args, since))
    if out.json and not args.follow:
        return _document(journal, wanted, out)
    event = None
    for event in wanted:
        out.answer(asdict(event), _line(event, out))
    if event is None:
        out.say(printable(f"no event of {journal.team} is one of these"))
    return 0


def _document(journal: Journal, wanted: Iterator[Event], out: Output) -> int:
    """Answer with one document; where the journal is damaged, with what stands before that, and say where it is."""
    events, damage = [], None
    try:
        for event in wanted:
            events.append(asdict(event))
    except Damaged as error:
        damage = error
    data: dict[str, Any] = {"team": journal.team, "events": events, "torn_bytes": 0 if damage else journal.torn_bytes()}
    if damage:
        data["damage"] = damage.message
        out.say(f"onecontext: {printable(damage.message)}")
    out.answer(data, "")
    return damage.exit_code if damage else 0


def _wanted(event: Event, args: argparse.Namespace, since: Since) -> bool:
    return (
        since.includes(event)
        and args.agent in (None, event.agent)
        and args.task in (None, event.task)
        and (args.type is None or fnmatchcase(str(event.type), args.type))
    )


def _line(event: Event, out: Output) -> str:
    clock = event.at.astimezone().strftime("%H:%M:%S")
    who = one_line(" ".join(part for part in (event.agent or "", f"#{event.task}" if event.task else "") if part))
    return (
        f"{event.seq:>6}  {out.paint(clock, 'dim')}  {out.paint(f'{one_line(str(event.type)):<18}', 'bold')}"
        f"  {out.paint(f'{who:<16}', 'cyan')}  {out.paint(_told(event))}"
    ).rstrip()


def _told(event: Event) -> str:
    """Return what the event says, on one line, its head where it is long."""
    # A whole line need not be one of ours: whatever it lacks, it is shown.
    data: dict[str, Any] = event.data if isinstance(event.data, dict) else {"data": event.data}
    task = data.get("task")
    if str(event.type).startswith("task.") and isinstance(task, dict):
        reason = data.get("reason") or task.get("subject") or ""
        told = f"{data.get('from') or '·'} → {data.get('to') or '·'}  {reason}"
    elif event.type == "message.sent":
        told = f"{data.get('from')} → {data.get('to')}: {data.get('summary') or data.get('text')}"
    else:
        told = "  ".join(f"{name}={_short(value)}" for name, value in data.items())
    line = " ".join(told.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else f"[{len(value)}]" if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
