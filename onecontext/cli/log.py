"""``onecontext log``: milestones and steps, newest first; ``--graph`` draws all branches."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_at, at_of, milestone_line, open_memory, step_text
from onecontext.errors import UsageError

_GRAPH_LIMIT = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--steps", action="store_true", help="observations, thoughts and actions, pending ones included")
    what.add_argument("--graph", action="store_true", help="all branches as git draws them")
    parser.add_argument("-n", dest="limit", type=int, metavar="N", help="only the newest N")
    parser.add_argument("--before", metavar="ID", help="the next page: only what is listed after this record")
    parser.add_argument("--branch", metavar="NAME", help="this branch instead of the current one")
    add_at(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print the log."""
    out, at = invocation.out, at_of(args)
    if args.graph and args.before is not None:
        raise UsageError("--graph draws commits and has no pages by record", hint="leave --before out")
    memory = open_memory(args, invocation)
    if args.graph:
        rows = memory.graph(limit=_GRAPH_LIMIT if args.limit is None else args.limit, at=at)
        lines = []
        for row in rows:
            if row.commit is None:
                lines.append(row.lanes.rstrip())
                continue
            refs = out.paint(f" ({', '.join(row.commit.refs)})", "green") if row.commit.refs else ""
            sha = out.paint(row.commit.id[:8], "yellow")
            lines.append(f"{row.lanes.rstrip()} {sha}{refs} {out.paint(row.commit.subject)}")
        out.answer(rows, "\n".join(lines))
    elif args.steps:
        steps = memory.steps(limit=args.limit, before=args.before, at=at)
        out.answer(steps, "\n\n".join(step_text(step, out) for step in steps))
    else:
        milestones = memory.milestones(limit=args.limit, before=args.before, at=at)
        out.answer(milestones, "\n".join(milestone_line(milestone, out) for milestone in milestones))
        if not milestones and not out.json and args.limit != 0 and at is None and args.before is None:
            out.say(f"no milestone on {memory.branch} yet; 'onecontext log --steps' shows what is pending")
    return 0
