"""``onecontext rollback``: a branch has again the memory of an earlier commit."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("revision", help="record id, commit, prefix of either, tag, or BRANCH@TIME")
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Roll back, and say how it is undone."""
    out = invocation.out
    memory = open_memory(args, invocation)
    done = memory.rollback(args.revision)
    name = out.paint(memory.branch, "cyan")
    if done.already:
        out.answer(done, f"{name} has the memory of {done.target[:12]} already")
    else:
        out.answer(done, f"[{name} {done.commit[:8]}] has the memory of {done.target[:12]} again")
        out.say(f"'onecontext rollback {done.before[:12]} --branch {memory.branch}' undoes it")
        out.say("note why with 'onecontext step'; what came after is in 'onecontext log --graph'")
    if done.pending:
        steps = "1 pending step stays" if done.pending == 1 else f"{done.pending} pending steps stay"
        out.say(f"{steps} pending, for the next milestone")
    return 0
