"""``onecontext import``: the memory of another program, or an export, becomes branches of this memory."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import counted, open_memory
from onecontext.exchange.model import ImportedBranch
from onecontext.exchange.read import LAYOUTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("directory", metavar="DIR", help="the folder that has .GCC, or that folder itself")
    parser.add_argument("--layout", choices=LAYOUTS, help="read it as this (default: what it looks like)")
    parser.add_argument("--agent", metavar="NAME", help="who imports (default: ONECONTEXT_AGENT, else 'agent')")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Import, and say what came as what."""
    out = invocation.out
    memory = open_memory(args, invocation)
    done = memory.import_from(invocation.cwd / args.directory, layout=args.layout)
    told = [_told(branch) for branch in done.branches if not branch.already]
    out.answer(done, "\n".join(map(out.paint, told)) or f"already imported: {out.paint(str(done.path))}")
    for note in done.notes:
        out.say(out.paint(note))
    return 0


def _told(branch: ImportedBranch) -> str:
    new = "new branch " if branch.created else ""
    counts = f"{counted(branch.milestones, 'milestone')}, {counted(branch.steps, 'step')}"
    line = f"{new}{branch.name}: {counts} added"
    return "\n".join([line, *(f"  word for word in {path}" for path in branch.kept)])
