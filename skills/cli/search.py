"""``onecontext skill search``: the skills that a few words fit best; it costs no model anything."""

import argparse
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from skills.cli.found import add_path, found_here

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("query", nargs="+", help="a few words; typing errors and other forms of a word are fine")
    parser.add_argument("--k", "-k", type=int, default=10, metavar="N", help="how many at the most (10)")
    add_path(parser)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Print what was found, the best first; exit code 0 also where nothing was."""
    from skills.search.index import SkillIndex

    skills, out = found_here(invocation, args.paths).skills, invocation.out
    hits = SkillIndex(skills).search(" ".join(args.query), args.k)
    rows = [
        {"name": hit.skill.name, "description": hit.skill.description, "score": round(hit.score, 3)} for hit in hits
    ]
    lines = [
        f"{out.paint(hit.skill.name, 'bold')}  {printable(' '.join(hit.skill.description.split()))}" for hit in hits
    ]
    out.answer({"query": " ".join(args.query), "skills": rows}, "\n".join(lines))
    if not hits:
        out.say(f"none of {len(skills)} skills has anything of that; 'onecontext skill list' shows them")
    return 0
