"""``onecontext skill use``: what a model would be given when it opens a skill, or one of its files."""

import argparse
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from skills.activation.activate import activate, read_skill_file
from skills.cli.found import add_path, found_here, named
from skills.format.skill import FILE_NAME

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("name")
    add_path(parser)
    parser.add_argument("file", nargs="?", default="", help="a file of the skill, as in references/flags.md")


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Print the body, or the file."""
    skill = named(found_here(invocation, args.paths), args.name)
    text = read_skill_file(skill, args.file) if args.file else activate(skill)
    invocation.out.answer({"name": skill.name, "file": args.file or FILE_NAME, "text": text}, printable(text))
    return 0
