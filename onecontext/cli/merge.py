"""``onecontext merge``: bring another branch's memory into this one."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory
from onecontext.memory.model import MergeConflict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", help="the branch to bring in")
    parser.add_argument("--summary", "-m", metavar="TEXT", default="", help="what it brings, for the milestone")
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Merge, and say what both sides had changed."""
    out = invocation.out
    memory = open_memory(args, invocation)
    merge = memory.merge(args.source, summary=args.summary)
    if merge.already or merge.milestone is None:
        text = f"{args.source} is already merged into {memory.branch}"
    else:
        text = f"[{out.paint(memory.branch, 'cyan')} {merge.milestone.id}] merged {out.paint(args.source, 'cyan')}"
    out.answer(merge, text)
    for conflict in merge.conflicts:
        out.say(_told(conflict, memory.branch, args.source))
    if merge.conflicts:
        out.say(f"'onecontext conflicts --branch {memory.branch}' lists them with both sides")
    if merge.pending:
        steps = "1 pending step" if merge.pending == 1 else f"{merge.pending} pending steps"
        out.say(f"not merged, for want of a milestone: {steps} of {args.source}")
    return 0


def _told(conflict: MergeConflict, branch: str, source: str) -> str:
    where = f"{conflict.path}, {conflict.where}" if conflict.where else conflict.path
    return f"both changed {where!r}: {branch}'s stands, {source}'s is kept in branches/{branch}/conflicts/"
