"""``onecontext export``: all branches, in the layout of another program."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import counted, open_memory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("directory", metavar="DIR", help="a new or an empty folder, or one of an earlier export")
    parser.add_argument("--layout", default="gcc", choices=["gcc"], help="gcc (the default): as contexa reads it")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Export, and say what the layout could not carry."""
    out = invocation.out
    done = open_memory(args, invocation).export(invocation.cwd / args.directory, layout=args.layout)
    lines = [f"{'replaced' if done.replaced else 'wrote'} {out.paint(str(done.path), 'cyan')}"]
    for branch in done.branches:
        counts = f"{counted(branch.milestones, 'milestone')}, {counted(branch.steps, 'step')}"
        lines.append(f"  {out.paint(branch.name, 'cyan')}: {counts}")
    out.answer(done, "\n".join(lines))
    if reshaped := sum(branch.reshaped for branch in done.branches):
        texts = "1 text shows" if reshaped == 1 else f"{reshaped} texts show"
        out.say(f"{texts} without indentation or blank lines in readers of that layout; import has them back")
    for note in done.notes:
        out.say(f"not carried: {out.paint(note)}")
    return 0
