"""``onecontext tag``: list tags, give a commit a name, or take a name away."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import open_memory
from onecontext.cli.output import Output
from onecontext.errors import UsageError
from onecontext.memory.model import Tag


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", nargs="?", help="the new tag; without it, list them")
    parser.add_argument("revision", nargs="?", help="what it names (default: the newest commit of the branch)")
    parser.add_argument("--delete", "-d", metavar="NAME", help="take this tag away; the commit it names stays")
    parser.add_argument("--branch", metavar="NAME", help="this branch instead of the current one")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """List, make or take away."""
    out = invocation.out
    if args.delete is not None and args.name is not None:
        raise UsageError("--delete takes one tag away and makes none", hint="leave the other name out")
    memory = open_memory(args, invocation)
    if args.delete is not None:
        tag = memory.delete_tag(args.delete)
        out.answer(tag, f"no tag {out.paint(tag.name, 'cyan')} any more; it was on {tag.commit[:12]}")
    elif args.name is not None:
        tag = memory.tag(args.name, args.revision)
        out.answer(tag, _line(tag, out))
    else:
        tags = memory.tags()
        out.answer(tags, "\n".join(_line(tag, out) for tag in tags))
    return 0


def _line(tag: Tag, out: Output) -> str:
    name = out.paint(tag.record or tag.commit[:8], "yellow")
    return (
        f"{out.paint(tag.name, 'cyan')} {name} {out.paint(f'{tag.at:%Y-%m-%d %H:%M}', 'dim')}  {out.paint(tag.subject)}"
    )
