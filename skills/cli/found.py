"""What the words share: the skills as they are found from where a person stands, and one of them by name."""

from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import UnknownSkill
from skills.finding.discover import Found, find_skills
from skills.format.skill import Skill

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def found_here(invocation: "Invocation") -> Found:
    """Return the skills of the project around the working folder, of the home folder, and the bundled ones."""
    home = invocation.env.get("HOME")
    return find_skills(project_of(invocation.cwd), Path(home) if home else None)


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
    known = ", ".join(skill.name for skill in found.skills) or "none"
    raise UnknownSkill(f"no skill {name!r}; there are {known}", hint="'onecontext skill list --why' shows where from")
