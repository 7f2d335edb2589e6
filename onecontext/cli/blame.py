"""``onecontext blame``: which task and milestone, by which agent, knowing what, wrote a line of your code."""

import argparse
import re

from onecontext.cli.main import Invocation
from onecontext.cli.memory import counted, milestone_text, open_memory, step_text
from onecontext.cli.output import Output, one_line
from onecontext.errors import UsageError
from onecontext.recall.blame import Blame, Line, Origin

_LINES = re.compile(r"(.+):(\d{1,9})(?:[-,](\d{1,9}))?", re.DOTALL | re.ASCII)
_NEWEST_STEPS = 5
_NAME_CHARACTERS, _KEY_CHARACTERS = 24, 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", metavar="FILE[:LINE[-LINE]]", help="a file of your repository; one line tells all")
    parser.add_argument("--rev", metavar="COMMIT", help="as it is in a commit of your code (default: the work tree)")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Print each line with who wrote it; of a single line, its milestone in full."""
    name, first, last = args.file, None, None
    # A file may well be called so.
    if not (invocation.cwd / name).exists() and (match := _LINES.fullmatch(name)):
        name, first = match.group(1), int(match.group(2))
        last = int(match.group(3) or first)
    if not name:
        raise UsageError("name a file", hint="onecontext blame src/app.py:12")
    blame = open_memory(args, invocation).blame(invocation.cwd / name, first=first, last=last, revision=args.rev)
    out = invocation.out
    out.answer(blame, "\n".join(_table(blame, out)))
    for sentence in blame.unread:
        out.say(f"not read, so milestones may be missing above: {sentence}; 'onecontext doctor' tells more")
    if blame.lines and not any(origin.milestone for origin in blame.origins.values()):
        out.say("no milestone names these commits: 'onecontext commit … --code-commit' links one, as missions do")
    return 0


def _table(blame: Blame, out: Output) -> list[str]:
    told = [_columns(line, blame.origins.get(line.commit or "")) for line in blame.lines]
    widths = [max((len(row[column]) for row in told), default=0) for column in range(3)]
    number = len(str(blame.lines[-1].number)) if blame.lines else 1
    rows = []
    for line, (commit, who, milestone) in zip(blame.lines, told, strict=True):
        columns = (
            out.paint(commit.ljust(widths[0]), "yellow"),
            out.paint(who.ljust(widths[1]), "cyan"),
            out.paint(milestone.ljust(widths[2]), "dim"),
        )
        rows.append(f"{'  '.join(columns)}  {line.number:>{number}}) {out.paint(line.text.removesuffix(chr(13)))}")
    origin = blame.origins.get(blame.lines[0].commit or "") if len(blame.lines) == 1 else None
    return [*rows, *(_whole(blame, origin, out) if origin else [])]


def _columns(line: Line, origin: Origin | None) -> tuple[str, str, str]:
    if origin is None:
        return ("0" * 10 if line.commit is None else line.commit[:10], "not committed", "")
    if origin.milestone is None:
        return (origin.commit[:10], _word(origin.author), f"{origin.at:%Y-%m-%d}")
    milestone = origin.milestone
    words = (_word(milestone.id), _word(milestone.task or milestone.branch, limit=_KEY_CHARACTERS))
    return (origin.commit[:10], _word(milestone.agent), " ".join(words))


def _word(text: str, *, limit: int = _NAME_CHARACTERS) -> str:
    """Return a name for a column: what stands in a frame or a commit of others may have lines."""
    return one_line(text, limit=limit)


def _whole(blame: Blame, origin: Origin, out: Output) -> list[str]:
    head = f"{origin.commit}  {origin.at:%Y-%m-%d %H:%M:%S %Z}  {origin.subject}"
    lines = ["", out.paint("Code commit", "bold"), out.paint(head)]
    if origin.milestone is None:
        return [*lines, out.paint(f"by {origin.author}; no milestone tells of it")]
    lines += ["", milestone_text(origin.milestone, out)]
    if blame.known is None:
        return lines
    steps = blame.known.steps
    if steps:
        shown = f", the newest {_NEWEST_STEPS}" if len(steps) > _NEWEST_STEPS else ""
        lines += ["", out.paint(f"{counted(len(steps), 'step')} before it{shown}", "bold")]
        lines += [step_text(step, out) for step in steps[-_NEWEST_STEPS:]]
    return [*lines, "", out.paint("Known by then", "bold"), out.paint(blame.known.how_to_get)]
