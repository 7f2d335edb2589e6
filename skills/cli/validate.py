"""``onecontext skill validate``: whether a skill fits the format; exit code 2 and every reason when not."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import InvalidDocument
from skills.format.reading import read_skill
from skills.format.skill import FILE_NAME

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("path", type=Path)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Check the folder, or the ``SKILL.md``, at the path."""
    path = invocation.cwd / args.path
    folder = (path.parent if path.name == FILE_NAME else path).resolve()
    if not (folder / FILE_NAME).exists():
        raise InvalidDocument(f"there is no {FILE_NAME} in {folder}")
    skill, faults = read_skill(folder)
    if faults:
        raise InvalidDocument("; ".join(fault.reason for fault in faults))
    invocation.out.answer({"name": skill.name, "valid": True}, f"{skill.name} is a valid skill")
    return 0
