"""``onecontext roadmap``: show main.md, the plan that every agent of the memory sees, or replace it.

Rule 1: who replaces it says over which revision, so that nobody's edit in between is lost.
"""

import argparse
import hashlib

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory
from onecontext.errors import Conflict, UsageError

_REVISION_DIGITS = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--write", metavar="TEXT", help="what it shall say from now on; '-' reads it from stdin")
    parser.add_argument(
        "--over", metavar="REVISION", help="write only if it still is this one, as --json names it (default: whatever)"
    )
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print the roadmap, or write it and name the milestone."""
    memory, out = open_memory(args, invocation), invocation.out
    now = memory.read_main()
    if args.write is None:
        if args.over is not None:
            raise UsageError("--over goes with --write", hint="'onecontext roadmap --json' names the revision")
        out.answer({"branch": memory.branch, "revision": revision_of(now), "text": now}, out.paint(now.rstrip("\n")))
        return 0
    if args.over is not None and args.over != revision_of(now):
        raise Conflict(
            f"the roadmap is at revision {revision_of(now)}, not at {args.over}: somebody changed it meanwhile",
            hint="'onecontext roadmap' shows what it says now; yours was not written",
        )
    text = invocation.stdin.read() if args.write == "-" else args.write
    milestone = memory.write_main(text, over=None if args.over is None else now)
    told = f"[{out.paint(memory.branch, 'cyan')} {milestone.id}] the roadmap is written"
    out.answer({"branch": memory.branch, "milestone": milestone.id, "revision": revision_of(memory.read_main())}, told)
    return 0


def revision_of(text: str) -> str:
    """Return 16 hex digits of the SHA-256 of a roadmap, by which two are told apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_REVISION_DIGITS]
