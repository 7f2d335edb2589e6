"""``onecontext approve``: grant what an agent asks leave for; without a request, list what waits."""

import argparse

from onecontext.cli.main import Invocation
from teams.cli.deciding import add_deciding, carry_out, show_open


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", nargs="?", help="its id, or how that alone begins (default: list what waits)")
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="why, for the journal; of a plan who asked is told"
    )
    add_deciding(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    if args.request is None:
        return show_open(args, invocation)
    return carry_out(args, invocation, approved=True)
