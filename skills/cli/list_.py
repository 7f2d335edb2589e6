"""``onecontext skill list``: the skills there are, a line each; it costs no model anything.

Rule 1: what is not taken, or not as it was written, is said on stderr, with file, line and mend.
Rule 2: on a terminal a skill's line fits it; elsewhere nothing is cut.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onecontext.cli.output import printable
from skills.cli.found import add_path, found_here
from skills.cli.lines import fit, fit_path
from skills.finding.discover import Found
from skills.format.skill import Problem, Skill

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation
    from skills.cli.budgeted import Budgeted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("--why", action="store_true", help="where each comes from, and which others it shadows")
    parser.add_argument("--tokens", action="store_true", help="what each costs in the catalogue and when activated")
    parser.add_argument("--budget", type=int, metavar="N", help="what an agent would see of them in N tokens")
    parser.add_argument("--task", default="", metavar="WORDS", help="what the agent has to do, where not all fit")
    add_path(parser)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """List them, and say what was not taken."""
    found, out = found_here(invocation, args.paths), invocation.out
    shadows = _shadows(found)
    rows = [_row(skill, shadows, why=args.why) for skill in found.skills]
    if args.tokens:
        _add_costs(rows, found)
    seen = _budgeted(rows, found, args) if args.why or args.budget is not None else None
    data: dict[str, Any] = {"skills": rows, "problems": [_problem(problem) for problem in found.problems]}
    if args.tokens:
        data["catalogue_tokens"] = sum(row["catalogue_tokens"] for row in rows)
    if seen:
        data["catalogue"] = seen.data()
    out.answer(data, "" if out.json else "\n".join(_text(rows, found, seen, invocation)))
    for problem in found.problems:
        _say(problem, invocation)
    return 0


def _shadows(found: Found) -> dict[str, list[Path]]:
    """Return the folders that each skill shadows, by its name."""
    shadows: dict[str, list[Path]] = {}
    for shadow in found.shadowed:
        shadows.setdefault(shadow.by.name, []).append(shadow.skill.folder)
    return shadows


def _row(skill: Skill, shadows: dict[str, list[Path]], *, why: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": skill.name, "description": skill.description, "source": skill.source}
    if why:
        row |= {"scope": skill.scope, "folder": skill.folder, "shadows": shadows.get(skill.name, [])}
    return row


def _add_costs(rows: list[dict[str, Any]], found: Found) -> None:
    """Add what each costs; of a skill whose body cannot be read, ``body_tokens`` is None."""
    from onecontext.errors import InvalidDocument
    from onecontext.text.tokens import default_counter
    from skills.activation.activate import activate
    from skills.catalogue.fitting import catalogue

    counter = default_counter()
    for row, skill in zip(rows, found.skills, strict=True):
        line = catalogue([skill], budget=None, counter=counter, form="markdown")
        row |= {"catalogue_tokens": line.tokens, "body_tokens": None, "counter": counter.name}
        try:
            row["body_tokens"] = counter.count(activate(skill))
        except (InvalidDocument, OSError):
            continue  # it changed since it was found: 'use' tells what is wrong


def _budgeted(rows: list[dict[str, Any]], found: Found, args: argparse.Namespace) -> "Budgeted":
    """Return what an agent would see, after adding it to the rows."""
    from skills.cli.budgeted import Budgeted

    seen = Budgeted(found.skills, args.budget, args.task)
    for row, skill in zip(rows, found.skills, strict=True):
        row |= seen.row(skill)
    return seen


def _text(rows: list[dict[str, Any]], found: Found, seen: "Budgeted | None", invocation: "Invocation") -> Iterator[str]:
    columns = invocation.out.columns
    for row, skill in zip(rows, found.skills, strict=True):
        yield from _lines(row, invocation)
        if seen:
            yield f"    {fit(seen.line(skill), None if columns is None else columns - 4)}"
    if seen:
        yield fit(seen.total(), columns)


def _lines(row: dict[str, Any], invocation: "Invocation") -> list[str]:
    out, columns = invocation.out, invocation.out.columns
    name, description = row["name"], printable(" ".join(row["description"].split()))
    line = fit(f"{name}  {description}", columns)
    lines = [f"{out.paint(line[: len(name)], 'bold')}{line[len(name) :]}"]
    indented = None if columns is None else columns - 4
    if "folder" in row:
        origins = [f"from {row['source']}: {row['folder']}", *(f"shadows {folder}" for folder in row["shadows"])]
        lines += [f"    {fit_path(printable(origin), indented)}" for origin in origins]
    if "body_tokens" in row:
        body = "its body cannot be read" if row["body_tokens"] is None else f"{row['body_tokens']:,} when activated"
        tokens = row["catalogue_tokens"]
        lines.append(f"    {fit(f'{tokens} tokens in the catalogue, {body}', indented)}")
    return lines


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "path": problem.path,
        "line": problem.line,
        "reason": problem.reason,
        "mend": problem.mend,
        "used": problem.used,
    }


def _say(problem: Problem, invocation: "Invocation") -> None:
    place = f"{problem.path}:{problem.line}" if problem.line else str(problem.path)
    taken = "used, though" if problem.used else "not a skill:"
    invocation.out.say(printable(f"{place}: {taken} {problem.reason}"))
    if problem.mend:
        invocation.out.say(printable(f"  {problem.mend}"))
