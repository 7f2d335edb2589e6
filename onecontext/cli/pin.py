"""``onecontext pin``: list the pinned facts, or pin one; every context and summary begins with them."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory


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
    memory = open_memory(args, invocation)
    if args.fact is None:
        facts = memory.pinned()
        out.answer(facts, "\n".join(f"- {out.paint(fact)}" for fact in facts))
        return 0
    fact = invocation.stdin.read() if args.fact == "-" else args.fact
    pins = memory.pin(fact, supersedes=args.supersedes or ())
    name, count = out.paint(memory.branch, "cyan"), len(pins.facts)
    what = "is pinned already" if pins.already else f"pinned ({count} by now)"
    out.answer(pins, f"[{name} {pins.commit[:8]}] {what}")
    return 0
