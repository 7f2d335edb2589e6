"""``onecontext monitor``: a live screen of a team; one picture of it as text or JSON; a recording played again.

Rule 1: Textual is only imported when a live screen is wanted, and a live screen of a run waits for nothing that only
    recordings and pictures in text need.
Rule 2: nothing is written, anywhere, unless a person acts (:mod:`tui.acting`).
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import UsageError
from tui.garbage import looked_for_later
from tui.projection.targets import Target, parse
from tui.snapshot import Snapshot, TeamLine
from tui.sources.choosing import place_of
from tui.sources.folder import advice, find_root
from tui.sources.glances import Glances
from tui.sources.live import Live
from tui.sources.several import Several, follower_of
from tui.sources.unlinked import IN_A_TEAM
from tui.text import one_line

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation
    from tui.sources.port import Source
    from tui.sources.replay import Replay

PIPE_CELLS = 120
FASTEST = 10_000.0
MOST_SECONDS = 86_400.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--root",
        type=Path,
        action="append",
        metavar="DIR",
        help="a folder with teams/, also a client's own such as ~/.claude; more than once for several "
        "(default: .onecontext upwards)",
    )
    parser.add_argument(
        "--all", action="store_true", help="all teams of this project, those above it, and of the client"
    )
    parser.add_argument(
        "--team",
        metavar="T",
        help="the team, or how its name begins; ROOT/TEAM where several have it (default: newest)",
    )
    parser.add_argument("--once", action="store_true", help="print one picture as plain text and leave")
    parser.add_argument("--serve", action="store_true", help="in a browser of this machine, at an address it prints")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="of --serve (default: one that is free)")
    parser.add_argument("--served", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help="tell what happens in lines of words, as it happens")
    parser.add_argument("--follow", action="store_true", help="with --json: one document a line, one for each change")
    parser.add_argument(
        "--every", type=_seconds, metavar="SECONDS", help="with --plain: a summary so often; SIGUSR1 asks for one, too"
    )
    parser.add_argument(
        "--until-ended",
        action="store_true",
        help="with --plain or --follow: leave when the mission ends, with its code",
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play a recorded journal.jsonl")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="X", help="times faster than it was; 0: at once")
    parser.add_argument(
        "--at", metavar="WHERE", help="begin there in the recording, or in the past of the run: an event, 50%%, a time"
    )
    parser.add_argument(
        "--control", action="store_true", help="act without being asked first (keys: ?); else the first act asks once"
    )
    parser.add_argument(
        "--as", dest="agent", metavar="NAME", help="who acts (default: $ONECONTEXT_AGENT, else human); recorded with it"
    )
    parser.add_argument(
        "--palette",
        choices=("auto", "dark", "light", "safe"),
        default="auto",
        help="colours of the screen; safe: for eyes that see few",
    )


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Show the team and return 0.

    Raises:
        NoTeam: the named team is not there. AmbiguousName: several are.
        UsageError: a live screen was asked for where there is no terminal.
    """
    _agree(args, invocation)
    if args.serve:
        from tui.serving.starting import run as serve

        return serve(args, invocation)
    roots = _roots(args, invocation)
    root, at = roots[0], parse(args.at, zone=None) if args.at else None
    source: Several | Replay
    if args.plain or args.follow:
        return _tell(args, invocation, roots, at)
    if args.replay:
        from tui.sources.replay import replay_of

        memory = roots[0] if args.root else None
        source = replay_of((invocation.cwd / args.replay).resolve(), args.speed, at=at, memory_path=memory)
        label = f"replay of {args.replay.name}"
    else:
        place = place_of(roots, args.team)
        root, source = place.root, Several(place, roots)
        label = f"following {args.team or root.parent.name or root}"
    if args.once or invocation.out.json:
        if isinstance(source, Several) and _is_choice(args, roots):
            _print_teams(source.lines(), invocation)
        else:
            past = _past(source, at) if isinstance(source, Several) and at else source
            _print(past.catch_up(), root, invocation, replay=not isinstance(past, Several))
        return 0
    return _screen(args, invocation, Live(source, at=at) if isinstance(source, Several) else source, label, roots)


def _agree(args: argparse.Namespace, invocation: "Invocation") -> None:
    """See that what was asked for goes together."""
    if args.control and args.replay:
        raise UsageError("a recording is never acted upon", hint="leave --control out; or watch the team itself")
    if args.control and (args.once or args.plain or invocation.out.json):
        raise UsageError("--control goes with the live screen", hint="leave it out; what it does are commands, too")
    if args.plain and invocation.out.json:
        raise UsageError("--plain is for people, --json for programs", hint="'--json --follow' goes on with changes")
    if args.follow and not invocation.out.json:
        raise UsageError("--follow goes with --json", hint="'--plain' follows by itself, in words")
    if args.once and (args.plain or args.follow):
        raise UsageError(
            f"--once is one picture, {'--plain' if args.plain else '--follow'} goes on", hint="leave one out"
        )
    if args.every is not None and not args.plain:
        raise UsageError("--every goes with --plain")
    if args.until_ended and not (args.plain or args.follow):
        raise UsageError("--until-ended goes with --plain, or with --json --follow")


def _tell(args: argparse.Namespace, invocation: "Invocation", roots: list[Path], at: Target | None) -> int:
    from tui.plain.following import Wanted, follow
    from tui.plain.recorded import Recorded

    wanted = Wanted(args.every, args.until_ended, recorded=args.replay is not None)
    if args.replay:
        from tui.sources.recording import opened

        recording = opened((invocation.cwd / args.replay).resolve())
        return follow(Recorded(recording, args.speed, at=at), invocation.out, wanted)
    if at is not None:
        raise UsageError("--at goes with --replay here", hint="'--plain --replay FILE --at WHERE' tells a recording")
    if _is_choice(args, roots):
        from tui.plain.several import follow_several

        return follow_several(Glances(roots), invocation.out, wanted)
    return follow(follower_of(place_of(roots, args.team)), invocation.out, wanted)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= MOST_SECONDS:
        raise ValueError
    return seconds


def _past(source: Several, at: Target) -> "Replay":
    from tui.sources.replay import replay_of

    source.catch_up()
    if source.journal is None:
        raise UsageError(f"no team keeps a journal here, so there is nothing at {at.text}")
    return replay_of(source.journal, 0, at=at, folders=IN_A_TEAM)


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 <= speed <= FASTEST:
        raise ValueError
    return speed


def _roots(args: argparse.Namespace, invocation: "Invocation") -> list[Path]:
    roots = [invocation.cwd / root for root in args.root or ()]
    if args.all:
        from teams.cli.place import roots as all_roots

        roots += all_roots(invocation)
    return list(dict.fromkeys(roots)) or [find_root(invocation.cwd)]


def _is_choice(args: argparse.Namespace, roots: list[Path]) -> bool:
    """Whether several were asked for, and none of them in particular."""
    return not args.replay and args.team is None and (args.all or len(roots) > 1)


def _print_teams(lines: Sequence[TeamLine], invocation: "Invocation") -> None:
    from tui.rows.spans import clipped, plain
    from tui.rows.teams import teams_frame

    cells = shutil.get_terminal_size((PIPE_CELLS, 24)).columns
    rows = teams_frame(lines, cells, now=datetime.now(UTC))
    text = "\n".join(plain(clipped(row, cells)) for row in rows)
    invocation.out.answer({"teams": lines}, text if lines else "there is no team here")


def _print(snapshot: Snapshot, root: Path, invocation: "Invocation", *, replay: bool) -> None:
    from tui.frame import frame

    now = snapshot.last_event_at if replay else None
    cells = shutil.get_terminal_size((PIPE_CELLS, 24)).columns
    text = frame(snapshot, cells, now=now or datetime.now(UTC), zone=None)
    if not snapshot.totals.events:
        text += "\n\n" + "\n".join(advice(root, waits=False))
    invocation.out.answer(snapshot, text)


def _screen(args: argparse.Namespace, invocation: "Invocation", source: "Source", label: str, roots: list[Path]) -> int:
    if not args.served and not (sys.stdout.isatty() and invocation.stdin.isatty()):
        raise UsageError("the monitor needs a terminal", hint="'onecontext monitor --once' prints one picture as text")
    if not args.served and not sys.stderr.isatty():
        # Textual draws there, so that what a program prints can go elsewhere.
        raise UsageError("the screen is drawn on stderr, which goes elsewhere", hint="leave out what follows '2>'")
    with looked_for_later():
        from tui.acting.control import PERSON, Control
        from tui.app import MonitorApp
        from tui.clocks import newest_event, wall_clock
        from tui.leaving import run as leave_in_order
        from tui.theme import wanted

        control = Control(
            person=one_line(args.agent or invocation.env.get("ONECONTEXT_AGENT") or "").strip()[:200] or PERSON,
            live=not args.replay,
            env=invocation.env,
            said=args.control,
            reads_only=args.served,
        )
        app = MonitorApp(
            source,
            label=label,
            theme=wanted(args.palette, invocation.env).name,
            advice=advice(roots[0]),
            now=newest_event if args.replay else wall_clock,
            control=control,
            begin="teams" if _is_choice(args, roots) else None,
            env=invocation.env,
        )
    return leave_in_order(app)
