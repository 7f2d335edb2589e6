"""What the memory commands share: opening the memory, and how records look on a terminal."""

import argparse
from datetime import datetime

from onecontext.api import Memory
from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line
from onecontext.records import Milestone, Step

_AGENT_VARIABLE = "ONECONTEXT_AGENT"
_MAX_LINE_LENGTH = 500  # characters
_MAX_WORD_LENGTH = 200


def add_agent(parser: argparse.ArgumentParser) -> None:
    """Offer ``--agent`` and ``--branch``, for commands that write."""
    parser.add_argument("--agent", metavar="NAME", help=f"who writes (default: {_AGENT_VARIABLE}, else 'agent')")
    parser.add_argument("--branch", metavar="NAME", help="write this branch instead of the current one")


def add_at(parser: argparse.ArgumentParser) -> None:
    """Offer ``--at``, for commands that read."""
    parser.add_argument(
        "--at", metavar="TIME", help="as it was then: ISO 8601, in UTC unless it says otherwise; a date is its end"
    )


def at_of(args: argparse.Namespace) -> datetime | None:
    """Return the time that was asked for; None is now.

    Raises:
        UsageError: it is no time.
    """
    if args.at is None:
        return None
    from onecontext.recall.past import parse_time

    return parse_time(args.at)


def agent_of(args: argparse.Namespace, invocation: Invocation) -> str:
    """Return who writes: the option, else the environment, else ``agent``."""
    named: str | None = getattr(args, "agent", None)
    return named if named is not None else invocation.env.get(_AGENT_VARIABLE) or "agent"


def open_memory(args: argparse.Namespace, invocation: Invocation) -> Memory:
    """Open the memory that serves the working folder, on the branch that was named or the current one."""
    branch: str | None = getattr(args, "branch", None)
    session = invocation.env.get("ONECONTEXT_SESSION", "")
    return Memory.open(invocation.cwd, branch=branch, agent=agent_of(args, invocation), session=session)


def counted(number: int, word: str) -> str:
    """Return a number with its word, which takes an ``s`` unless there is one."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def milestone_line(milestone: Milestone, out: Output) -> str:
    """Return one line: id, time, branch and the first line of the contribution."""
    when = f"{milestone.at:%Y-%m-%d %H:%M}"
    mark = out.paint(" (edited by hand)", "red") if milestone.edited else ""
    return (
        f"{out.paint(_word(milestone.id), 'yellow')} {out.paint(when, 'dim')} "
        f"{out.paint(_word(f'{milestone.branch}/{milestone.agent}'), 'cyan')}{mark}  {out.paint(first_line(milestone))}"
    )


def first_line(milestone: Milestone) -> str:
    """Return the first line of a contribution, cut where it is too long to be read; ``show`` has all of it."""
    line = next((line.strip() for line in milestone.contribution.splitlines() if line.strip()), "")
    return line if len(line) <= _MAX_LINE_LENGTH else f"{line[: _MAX_LINE_LENGTH - 1]}…"


def milestone_text(milestone: Milestone, out: Output) -> str:
    """Return a milestone in full."""
    facts = {
        "Milestone": milestone.id,
        "Commit": milestone.commit,
        "Branch": milestone.branch,
        "Agent": milestone.agent,
        "Date": f"{milestone.at:%Y-%m-%d %H:%M:%S %Z}",
        "Code commit": milestone.code_commit,
        "Task": milestone.task,
        "Mission": milestone.mission,
        "Edited": "by hand, after it was recorded" if milestone.edited else None,
    }
    lines = [f"{out.paint(key + ':', 'dim')} {out.paint(_word(value))}" for key, value in facts.items() if value]
    for heading, text in (
        ("Contribution", milestone.contribution),
        ("Progress before", milestone.previous),
        ("Purpose of the branch", milestone.purpose),
    ):
        if text:
            lines += ["", out.paint(heading, "bold"), out.paint(text.replace("\r\n", "\n"))]
    return "\n".join(lines)


def step_text(step: Step, out: Output) -> str:
    """Return a step in full."""
    mark = out.paint(" (edited by hand)", "red") if step.edited else ""
    head = f"{out.paint(_word(step.id), 'yellow')} {out.paint(f'{step.at:%Y-%m-%d %H:%M}', 'dim')} "
    lines = [head + out.paint(_word(f"{step.branch}/{step.agent} step {step.n}"), "cyan") + mark]
    parts = {"observation": step.observation, "thought": step.thought, "action": step.action}
    lines += [f"  {out.paint(label + ':', 'dim')} {_indented(text, out)}" for label, text in parts.items() if text]
    return "\n".join(lines)


def _word(text: str) -> str:
    """Return what a frame says of a record on one line: somebody may have written anything into it."""
    return one_line(text, limit=_MAX_WORD_LENGTH)


def _indented(text: str, out: Output) -> str:
    return out.paint(text.replace("\r\n", "\n").replace("\n", "\n    "))
