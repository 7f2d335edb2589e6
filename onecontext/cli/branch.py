"""``onecontext branch``: list branches, or start one."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import open_memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", nargs="?", help="start this branch; without it, list them")
    parser.add_argument("--purpose", "-p", metavar="TEXT", default="", help="what the new branch is for")
    parser.add_argument("--from", dest="branch", metavar="BRANCH", help="where it starts (default: the current branch)")
    parser.add_argument("--agent", metavar="NAME", help="who starts it (default: ONECONTEXT_AGENT, else 'agent')")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """List the branches, or start one."""
    out = invocation.out
    memory = open_memory(args, invocation)
    if args.name is not None:
        memory.create_branch(args.name, purpose=args.purpose)
        data = {"name": args.name, "parent": memory.branch, "purpose": args.purpose}
        out.answer(data, f"branch {out.paint(args.name, 'cyan')} starts at {memory.branch}")
        out.say(f"'onecontext switch {args.name}' goes there; --branch {args.name} writes it from here")
        return 0
    branches = memory.branches()
    width = max(len(branch.name) for branch in branches)
    lines = []
    for branch in branches:
        mark = "*" if branch.current else " "
        waiting = out.paint(f" ({branch.pending} pending)", "yellow") if branch.pending else ""
        name = out.paint(branch.name.ljust(width), "green" if branch.current else "cyan")
        lines.append(
            f"{mark} {name} {branch.commit[:8]}{waiting} {out.paint(' '.join(branch.purpose.split()))}".rstrip()
        )
    out.answer(branches, "\n".join(lines))
    return 0
