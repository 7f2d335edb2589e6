"""``onecontext events``: the journal of a team.

With ``--json`` the answer is one document; with ``--json --follow`` it is one document a line, one line an event.
"""

import argparse
import threading
from collections.abc import Iterator
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output
from teams.cli.place import add_place, open_team
from teams.engine.event import Event
from teams.engine.journal import Journal

LOOK_AGAIN_S = 1.0
_WIDTH = 110


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("--since", type=int, default=0, metavar="N", help="only events with a number above N")
    parser.add_argument("--agent", help="only what this agent did")
    parser.add_argument("--task", metavar="ID", help="only what happened to this task")
    parser.add_argument("--type", metavar="PATTERN", help="only these types, such as task.claimed or 'message.*'")
    parser.add_argument("--follow", action="store_true", help="go on with new events until interrupted")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    journal = open_team(args, invocation).journal
    out = invocation.out
    if args.follow:
        for event in _follow(journal):
            if _wanted(event, args):
                out.answer(asdict(event), _line(event, out))
        return 0
    events = [event for event in journal.read(args.since) if _wanted(event, args)]
    data = {"team": journal.team, "events": [asdict(event) for event in events], "torn_bytes": journal.torn_bytes()}
    out.answer(data, "\n".join(_line(event, out) for event in events))
    return 0


def _follow(journal: Journal) -> Iterator[Event]:
    from teams.engine.watch import watch

    tail, changed = journal.tail(), threading.Event()
    watching = watch([journal.folder], changed.set)
    try:
        while True:
            changed.clear()
            yield from tail.poll()
            changed.wait(LOOK_AGAIN_S)
    finally:
        watching.close()


def _wanted(event: Event, args: argparse.Namespace) -> bool:
    return (
        event.seq > args.since
        and args.agent in (None, event.agent)
        and args.task in (None, event.task)
        and (args.type is None or fnmatchcase(event.type, args.type))
    )


def _line(event: Event, out: Output) -> str:
    clock = event.at.astimezone().strftime("%H:%M:%S")
    who = " ".join(part for part in (event.agent or "", f"#{event.task}" if event.task else "") if part)
    return (
        f"{event.seq:>6}  {out.paint(clock, 'dim')}  {out.paint(f'{event.type:<18}', 'bold')}"
        f"  {out.paint(f'{who:<16}', 'cyan')}  {out.paint(_told(event))}"
    ).rstrip()


def _told(event: Event) -> str:
    """Return what the event says, on one line, its head where it is long."""
    data = event.data
    if event.type.startswith("task.") and isinstance(data.get("task"), dict):
        told = f"{data.get('from') or '·'} → {data.get('to') or '·'}  {data.get('reason') or data['task']['subject']}"
    elif event.type == "message.sent":
        told = f"{data['from']} → {data['to']}: {data.get('summary') or data['text']}"
    else:
        told = "  ".join(f"{name}={_short(value)}" for name, value in data.items())
    line = " ".join(told.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else f"[{len(value)}]" if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
