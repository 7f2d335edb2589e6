"""``onecontext switch``: make another branch the current one."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import open_memory
from onecontext.errors import UsageError
from onecontext.names import check_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", help="the branch to go to")
    parser.add_argument("--create", "-c", action="store_true", help="start it at the current branch first")
    parser.add_argument("--purpose", "-p", metavar="TEXT", default="", help="what the new branch is for, with --create")
    parser.add_argument("--agent", metavar="NAME", help="who starts it, with --create")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Move HEAD and the memory's folder; pending steps of both branches stay theirs."""
    if args.purpose and not args.create:
        raise UsageError(
            "--purpose goes with --create", hint=f"onecontext switch --create {args.name[:64]} --purpose …"
        )
    name = check_name(args.name, what="branch")
    # A memory whose HEAD names no branch can be switched all the same, so the target is opened.
    args.branch = None if args.create else name
    memory = open_memory(args, invocation)
    if args.create:
        memory.create_branch(name, purpose=args.purpose)
    memory = memory.switch(name)
    invocation.out.answer({"branch": memory.branch}, f"on branch {invocation.out.paint(memory.branch, 'cyan')}")
    return 0
