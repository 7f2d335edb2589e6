"""``onecontext deny``: refuse what an agent asks leave for, and say why."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from teams.cli.deciding import add_deciding, carry_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("request", help="its id, or how that alone begins; 'onecontext approve' lists what waits")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why not; who asked is told")
    add_deciding(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    if not args.reason.strip():
        raise UsageError("whoever asked must know why", hint="--reason 'write to a copy instead'")
    return carry_out(args, invocation, approved=False)
