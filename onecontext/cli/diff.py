"""``onecontext diff``: what changed between two points of the memory."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_at, at_of, open_memory
from onecontext.errors import UsageError

_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "bold"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("old", nargs="?", help="record id, commit, prefix of either, branch, tag or BRANCH@TIME")
    parser.add_argument("new", nargs="?", help="the same (default: the current branch)")
    add_at(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print a unified diff of the memory's files."""
    out = invocation.out
    if args.old is None and args.at is None:
        raise UsageError("a diff needs a revision to begin at", hint="name one, or a time: --at 2026-01-31")
    memory = open_memory(args, invocation)
    at = at_of(args)
    # With a time alone: what has changed since then.
    old = args.old if args.old is not None else f"{memory.branch}@{args.at}"
    new = args.new if args.new is not None else memory.branch
    text = memory.diff(old, new, at=at if args.old is not None else None)
    painted = [out.paint(line, *([_STYLES[line[0]]] if line[:1] in _STYLES else [])) for line in text.split("\n")]
    out.answer({"old": old, "new": new, "diff": text}, "\n".join(painted).rstrip("\n"))
    return 0
