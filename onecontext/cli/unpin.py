"""``onecontext unpin``: take a fact out of the pinned ones; the history keeps it."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("fact", help="the fact, or how it alone begins")
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Unpin it."""
    out = invocation.out
    memory = open_memory(args, invocation)
    pins = memory.unpin(args.fact)
    out.answer(pins, f"[{out.paint(memory.branch, 'cyan')} {pins.commit[:8]}] unpinned ({len(pins.facts)} left)")
    return 0
