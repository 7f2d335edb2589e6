"""``onecontext show``: one milestone in full."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_at, at_of, milestone_text, open_memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "revision", nargs="?", help="record id, commit, prefix, branch or tag (default: current branch)"
    )
    add_at(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print the milestone."""
    memory = open_memory(args, invocation)
    milestone = memory.show(args.revision if args.revision is not None else memory.branch, at=at_of(args))
    invocation.out.answer(milestone, milestone_text(milestone, invocation.out))
    return 0
