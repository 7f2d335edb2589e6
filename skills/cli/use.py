"""``onecontext skill use``: what a model would be given when it opens a skill, or one of its files."""

import argparse
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from skills.cli.found import add_path, found_here, named, project_of
from skills.format.skill import FILE_NAME

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation
    from skills.format.skill import Skill

AFTER_DASHES = "arguments"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.usage = "%(prog)s NAME [FILE] [--part N] [-- ARGUMENTS…]"
    parser.add_argument("name")
    parser.add_argument("file", nargs="?", default="", help="a file of the skill, as in references/flags.md")
    parser.add_argument("--part", type=int, default=1, metavar="N", help="of what is too long for one answer (1)")
    add_path(parser)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Print the body, or the file."""
    from skills.activation.activate import read_part

    skill = named(found_here(invocation, args.paths), args.name)
    text = read_part(skill, args.file, args.part) if args.file else _body(skill, args, invocation)
    invocation.out.answer({"name": skill.name, "file": args.file or FILE_NAME, "text": text}, printable(text))
    return 0


def _body(skill: "Skill", args: argparse.Namespace, invocation: "Invocation") -> str:
    from skills.activation.activate import Reading, activate
    from skills.activation.arguments import Arguments
    from skills.activation.commands import commands
    from skills.activation.trust import Trust
    from skills.activation.trusted import trust_file
    from skills.cli.sandboxed import runner
    from skills.format.reading import read_body

    trust = Trust(trust_file(invocation.env))
    if commands(read_body(skill.folder)) and trust.state(skill) in ("untrusted", "changed"):
        invocation.out.say(f"'onecontext skill trust {skill.name}' lets its commands run, in the sandbox")
    reading = Reading(trust, runner(project_of(invocation.cwd), skill.folder))
    return activate(skill, arguments=Arguments.of(args.arguments), part=args.part, reading=reading)
