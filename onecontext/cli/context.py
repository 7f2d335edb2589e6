"""``onecontext context``: what matters now, inside a token budget."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_at, at_of, open_memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--budget", type=int, metavar="TOKENS", help="never more than this (default: no limit)")
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument("--commit", metavar="ID", help="one milestone in full, by any revision, or one step by its id")
    depth.add_argument("--log", action="store_true", help="the newest steps")
    depth.add_argument("--metadata", metavar="SEGMENT", help="one key of the metadata, such as env_config")
    depth.add_argument("--diff", nargs=2, metavar=("OLD", "NEW"), help="what one revision has that another has not")
    depth.add_argument("--for", dest="for_", metavar="TEXT", help="what matters for what you are about to do")
    parser.add_argument("--branch", metavar="NAME", help="this branch alone: purpose, progress, milestones")
    add_at(parser)
    parser.add_argument("-k", "--k", type=int, metavar="K", help="how many milestones or steps (default: 5)")
    parser.add_argument(
        "--before", metavar="CURSOR", help="the next page of --log or --branch, as the last one names it"
    )


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print the context on stdout, and on stderr what counted it and what is missing."""
    out = invocation.out
    memory = open_memory(args, invocation)
    context = memory.context(
        budget=args.budget,
        branch=args.branch,
        commit=args.commit,
        log=args.log,
        metadata=args.metadata,
        diff=args.diff,
        for_=args.for_,
        k=args.k,
        before=args.before,
        at=at_of(args),
    )
    out.answer(context, out.paint(context.text))
    limit = "no limit" if context.budget is None else f"of {context.budget}"
    out.say(f"{context.tokens} tokens ({limit}, counted by {context.counter})")
    for sentence in context.left_out:
        out.say(out.paint(f"left out: {sentence}"))
    return 0
