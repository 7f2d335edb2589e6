"""``onecontext pin``: list the pinned facts, or pin one; every context and summary begins with them."""

import argparse
from collections.abc import Sequence

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory
from onecontext.cli.output import Output
from onecontext.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("fact", nargs="?", help="what must not be forgotten; without it, list them; '-' reads stdin")
    parser.add_argument(
        "--supersedes", metavar="ID", action="append", help="what it takes the place of; may be repeated"
    )
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """List, or pin."""
    out = invocation.out
    if args.fact is None and args.supersedes:
        raise UsageError("--supersedes needs the fact that holds from now on", hint="pin FACT --supersedes ID")
    memory = open_memory(args, invocation)
    if args.fact is None:
        return _list(memory.pinned(), out)
    fact = invocation.stdin.read() if args.fact == "-" else args.fact
    pins = memory.pin(fact, supersedes=args.supersedes or ())
    name, count = out.paint(memory.branch, "cyan"), len(pins.facts)
    what = "is pinned already" if pins.already else f"pinned ({count} by now)"
    out.answer(pins, f"[{name} {pins.commit[:8]}] {what}")
    return 0


def _list(facts: Sequence[str], out: Output) -> int:
    # Further lines of a fact are indented, so that none of them looks like another fact.
    out.answer(facts, "\n".join(f"- {out.paint(fact)}".replace("\n", "\n  ") for fact in facts))
    if not facts:
        out.say("nothing is pinned; 'onecontext pin FACT' pins a fact")
    return 0
