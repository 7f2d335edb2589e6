"""``onecontext skill show``: what a skill says about itself, and its files."""

import argparse
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from skills.activation.files import files
from skills.cli.found import add_path, found_here, named

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("name")
    add_path(parser)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Print the fields, a line each."""
    skill = named(found_here(invocation, args.paths), args.name)
    data = {
        "name": skill.name,
        "description": skill.description,
        "source": skill.source,
        "folder": skill.folder,
        "license": skill.license,
        "compatibility": skill.compatibility,
        "allowed_tools": skill.allowed_tools,
        "metadata": dict(skill.metadata),
        "files": files(skill),
    }
    said = {key: ", ".join(value) if isinstance(value, list | tuple) else value for key, value in data.items()}
    lines = [
        f"{key.replace('_', ' ')}: {printable(' '.join(str(value).split()))}" for key, value in said.items() if value
    ]
    invocation.out.answer(data, "\n".join(lines))
    return 0
