"""``onecontext skill list``: the skills there are, a line each; it costs no model anything."""

import argparse
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from onecontext.text.tokens import default_counter
from skills.activation.activate import activate
from skills.catalogue.fitting import catalogue
from skills.cli.budgeted import Budgeted
from skills.cli.found import found_here
from skills.format.skill import Skill

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("--why", action="store_true", help="where each comes from, and which others it shadows")
    parser.add_argument("--tokens", action="store_true", help="what each costs in the catalogue and when activated")
    parser.add_argument("--budget", type=int, metavar="N", help="what an agent would see of them in N tokens")
    parser.add_argument("--task", default="", metavar="WORDS", help="what the agent has to do, where not all fit")


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """List them, and say what was not taken."""
    found, out = found_here(invocation), invocation.out
    rows, lines = [], []
    seen = Budgeted(found.skills, args.budget, args.task) if args.why or args.budget is not None else None
    for skill in found.skills:
        row: dict[str, object] = {"name": skill.name, "description": skill.description, "source": skill.source}
        lines.append(f"{out.paint(skill.name, 'bold')}  {printable(' '.join(skill.description.split()))}")
        if args.why:
            row |= {"folder": skill.folder, "shadows": [s.skill.folder for s in found.shadowed if s.by == skill]}
            lines.append(f"    from {skill.source}: {printable(str(skill.folder))}")
            lines += [f"    shadows {printable(str(s.skill.folder))}" for s in found.shadowed if s.by == skill]
        if args.tokens:
            row |= _costs(skill)
            lines.append(f"    {row['catalogue_tokens']} tokens in the catalogue, {row['body_tokens']} when activated")
        if seen:
            row |= seen.row(skill)
            lines.append(f"    {seen.line(skill)}")
        rows.append(row)
    problems = [{"path": p.path, "reason": p.reason, "used": p.used} for p in found.problems]
    data = {"skills": rows, "problems": problems, **({"catalogue": seen.data()} if seen else {})}
    out.answer(data, "\n".join([*lines, *([seen.total()] if seen else [])]))
    for problem in found.problems:
        taken = "used, but" if problem.used else "not a skill:"
        out.say(f"{printable(str(problem.path))}: {taken} {printable(problem.reason)}")
    return 0


def _costs(skill: Skill) -> dict[str, object]:
    counter = default_counter()
    line = catalogue([skill], budget=None, counter=counter, form="markdown")
    return {"catalogue_tokens": line.tokens, "body_tokens": counter.count(activate(skill)), "counter": counter.name}
