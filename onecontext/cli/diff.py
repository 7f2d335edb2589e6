"""``onecontext diff``: what changed between two points of the memory."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import open_memory

_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "bold"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("old", help="record id, commit, prefix of either, or branch")
    parser.add_argument("new", nargs="?", help="the same (default: the current branch)")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print a unified diff of the memory's files."""
    out = invocation.out
    memory = open_memory(args, invocation)
    new = args.new if args.new is not None else memory.branch
    text = memory.diff(args.old, new)
    painted = [out.paint(line, *([_STYLES[line[0]]] if line[:1] in _STYLES else [])) for line in text.split("\n")]
    out.answer({"old": args.old, "new": new, "diff": text}, "\n".join(painted).rstrip("\n"))
    return 0
