"""``onecontext branch``: list branches; start, delete or restore one."""

import argparse

from onecontext.api import Memory
from onecontext.cli.main import Invocation
from onecontext.cli.memory import open_memory
from onecontext.cli.output import Output
from onecontext.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", nargs="?", help="start this branch; without it, list them")
    parser.add_argument("--purpose", "-p", metavar="TEXT", default="", help="what the new branch is for")
    parser.add_argument("--from", dest="branch", metavar="BRANCH", help="where it starts (default: the current branch)")
    parser.add_argument("--agent", metavar="NAME", help="who starts it (default: ONECONTEXT_AGENT, else 'agent')")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--delete", "-d", metavar="NAME", help="take this branch out of sight; its tip is kept")
    other.add_argument("--restore", metavar="NAME", help="have a deleted branch back")
    other.add_argument("--deleted", action="store_true", help="list the branches that can be restored")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """List the branches; or start, delete or restore one."""
    out = invocation.out
    others = args.delete is not None or args.restore is not None or args.deleted
    if others and (args.name is not None or args.purpose):
        raise UsageError("a branch is started, deleted or restored, one at a time", hint="leave the other name out")
    memory = open_memory(args, invocation)
    if args.delete is not None:
        _delete(memory, args.delete, out)
    elif args.restore is not None:
        memory = memory.restore_branch(args.restore)
        out.answer({"name": memory.branch}, f"branch {out.paint(memory.branch, 'cyan')} is back")
    elif args.deleted:
        names = memory.deleted_branches()
        out.answer(names, "\n".join(out.paint(name, "cyan") for name in names))
    elif args.name is not None:
        memory.create_branch(args.name, purpose=args.purpose)
        data = {"name": args.name, "parent": memory.branch, "purpose": args.purpose}
        out.answer(data, f"branch {out.paint(args.name, 'cyan')} starts at {memory.branch}")
        out.say(f"'onecontext switch {args.name}' goes there; --branch {args.name} writes it from here")
    else:
        _list(memory, out)
    return 0


def _delete(memory: Memory, name: str, out: Output) -> None:
    deleted = memory.delete_branch(name)
    merged = "merged" if deleted.merged else "not merged"
    out.answer(deleted, f"branch {out.paint(deleted.name, 'cyan')} ({merged}, at {deleted.commit[:8]}) is out of sight")
    out.say(f"nothing is lost: {deleted.kept} keeps it, and 'onecontext branch --restore {deleted.name}' has it back")


def _list(memory: Memory, out: Output) -> None:
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
