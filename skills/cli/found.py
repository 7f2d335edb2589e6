"""What the words share: the skills as they are found from where a person stands, and one of them by name."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import UnknownSkill
from skills.finding.configured import configured_paths
from skills.finding.discover import Found, skills_for
from skills.format.skill import Skill

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation

_SHOWN = 20  # names in an error


def add_path(parser: argparse.ArgumentParser) -> None:
    """Declare ``--path``."""
    help_ = "look in this folder first: of skills, or of one (may be repeated)"
    parser.add_argument("--path", type=Path, action="append", default=[], dest="paths", metavar="FOLDER", help=help_)


def found_here(invocation: "Invocation", paths: Sequence[Path] = ()) -> Found:
    """Return the skills for work in the working folder; ``paths`` is what a person named besides.

    Raises:
        InvalidDocument: ``onecontext.toml`` names folders in another way than it may.
    """
    cwd = invocation.cwd
    project = project_of(cwd)
    extra = [cwd / path for path in paths]
    return skills_for(project, invocation.env, here=cwd, extra=extra, configured=configured_paths(project))


def project_of(cwd: Path) -> Path:
    """Return the nearest folder from ``cwd`` upwards that is a git repository, else ``cwd``."""
    return next((folder for folder in (cwd, *cwd.parents) if (folder / ".git").exists()), cwd)


def named(found: Found, name: str) -> Skill:
    """Return the skill of that name.

    Raises:
        UnknownSkill: there is none; the message lists those there are.
    """
    for skill in found.skills:
        if skill.name == name:
            return skill
    names = [skill.name for skill in found.skills]
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    known = ", ".join(names[:_SHOWN]) or "none"
    raise UnknownSkill(
        f"no skill {name!r}; there are {known}{more}", hint="'onecontext skill list --why' shows where from"
    )
