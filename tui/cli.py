"""``onecontext monitor``: a live screen of a team; one picture of it as text or JSON; a recording played again.

Rule 1: Textual is only imported when a live screen is wanted.
Rule 2: nothing is written, anywhere.
"""

import argparse
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import UsageError
from tui.frame import frame
from tui.snapshot import Snapshot
from tui.sources.folder import advice, find_root, place_of
from tui.sources.follow import Follower
from tui.sources.replay import Replay, load

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation

PIPE_CELLS = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="the folder with teams/ (default: .onecontext upwards)"
    )
    parser.add_argument("--team", metavar="T", help="the team (default: the one whose journal is newest)")
    parser.add_argument("--once", action="store_true", help="print one picture as plain text and leave")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play a recorded journal.jsonl")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="times faster than it was; 0: at once")
    parser.add_argument(
        "--palette",
        choices=("auto", "dark", "light", "safe"),
        default="auto",
        help="colours of the screen; safe: for eyes that see few",
    )


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Show the team and return 0.

    Raises:
        NoTeam: the named team is not there.
        UsageError: a live screen was asked for where there is no terminal.
    """
    root = (invocation.cwd / args.root) if args.root else find_root(invocation.cwd)
    source: Follower | Replay
    if args.replay:
        source = Replay(load(invocation.cwd / args.replay), args.speed)
        label = f"replay of {args.replay.name}"
    else:
        source = Follower(place_of(root, args.team), root if root.name == ".onecontext" else None)
        label = f"following {args.team or root.parent.name or root}"
    if args.once or invocation.out.json:
        _print(source.catch_up(), root, invocation, replay=bool(args.replay))
        return 0
    return _screen(args, invocation, source, label, root)


def _print(snapshot: Snapshot, root: Path, invocation: "Invocation", *, replay: bool) -> None:
    now = snapshot.last_event_at if replay else None
    cells = shutil.get_terminal_size((PIPE_CELLS, 24)).columns
    text = frame(snapshot, cells, now=now or datetime.now(UTC), zone=None)
    if not snapshot.totals.events:
        text += "\n\n" + "\n".join(advice(root, waits=False))
    invocation.out.answer(snapshot, text)


def _screen(
    args: argparse.Namespace, invocation: "Invocation", source: Follower | Replay, label: str, root: Path
) -> int:
    if not (sys.stdout.isatty() and invocation.stdin.isatty()):
        raise UsageError("the monitor needs a terminal", hint="'onecontext monitor --once' prints one picture as text")
    from tui.app import MonitorApp, newest_event, wall_clock
    from tui.theme import wanted
    from tui.views.view import Places

    app = MonitorApp(
        source,
        label=label,
        theme=wanted(args.palette, invocation.env).name,
        advice=advice(root),
        now=newest_event if args.replay else wall_clock,
        places=Places(root, root.parent, invocation.env) if root.name == ".onecontext" else Places(),
    )
    app.run()
    return app.return_code or 0
