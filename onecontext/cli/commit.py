"""``onecontext commit``: record a milestone."""

import argparse
import re

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, first_line, open_memory
from onecontext.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("contribution", nargs="?", help="what was achieved; '-' reads it from stdin")
    parser.add_argument("--message", "-m", metavar="TEXT", help="the same, as git spells it")
    parser.add_argument("--purpose", metavar="TEXT", help="what the branch is for from now on")
    parser.add_argument(
        "--code-commit", metavar="SHA", help="the commit of your code that goes with it; HEAD, a branch or a tag, too"
    )
    parser.add_argument("--task", metavar="KEY", help="the task it belongs to")
    parser.add_argument("--mission", metavar="ID", help="the mission it belongs to")
    parser.add_argument("--pin", metavar="FACT", action="append", help="what must not be forgotten; may be repeated")
    parser.add_argument(
        "--decision", metavar="TEXT", action="append", help="goes under Decisions in main.md; may be repeated"
    )
    parser.add_argument(
        "--question", metavar="TEXT", action="append", help="goes under Open questions; may be repeated"
    )
    parser.add_argument(
        "--supersedes", metavar="ID", action="append", help="what holds no more: a milestone, pin, decision or question"
    )
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Record the milestone and name it."""
    if args.contribution is not None and args.message is not None:
        raise UsageError("the contribution was said twice", hint="leave --message out, or the words before it")
    given = args.contribution if args.contribution is not None else args.message
    text = invocation.stdin.read() if given == "-" else given or ""
    memory = open_memory(args, invocation)
    milestone = memory.commit(
        text,
        purpose=args.purpose,
        code_commit=_code_commit(args.code_commit, invocation),
        task=args.task,
        mission=args.mission,
        pin=args.pin or (),
        decision=args.decision or (),
        question=args.question or (),
        supersedes=args.supersedes or (),
    )
    out = invocation.out
    out.answer(milestone, f"[{out.paint(memory.branch, 'cyan')} {milestone.id}] {out.paint(first_line(milestone))}")
    return 0


def _code_commit(named: str | None, invocation: Invocation) -> str | None:
    """Return the name of a commit: as it was given where it is one, else what it stands for in the user's repository.

    Raises:
        UnknownRevision: it stands for nothing there. NoRepository: there is none.
    """
    if named is None or re.fullmatch(r"[0-9a-f]{7,64}", named, re.ASCII):
        return named
    from onecontext.store.project import Project
    from onecontext.store.project_blame import Code

    return Code(Project.find(invocation.cwd)).commit(named)
