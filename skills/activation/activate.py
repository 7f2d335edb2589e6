"""The second and third level of a skill: its body, and the files that the body sends to.

Rule 1: nothing outside the skill's folder is read, whatever a path, a ``..`` or a symlink says.
Rule 2: nothing is run: a script is text here, and running it is for whoever has a sandbox.
"""

from collections.abc import Callable, Sequence

from onecontext.errors import InvalidDocument, UnknownSkill
from skills.format.reading import read_body, read_text
from skills.format.skill import FILE_NAME, Skill

_MAX_LISTED = 50  # files


def activate(skill: Skill) -> str:
    """Return the body of the skill, and below it the names of its other files, to be read one by one.

    Raises:
        InvalidDocument: it is no longer the skill that was found.
        OSError: it cannot be read.
    """
    body = read_body(skill.folder).strip("\n")
    names = files(skill)
    if not names:
        return body
    more = f", and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return f"{body}\n\nFiles of this skill: {', '.join(names[:_MAX_LISTED])}{more}"


def files(skill: Skill) -> list[str]:
    """Return the other files of the skill, as paths from its folder, sorted; without hidden ones and symlinks."""
    paths = (path for path in skill.folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = (path.relative_to(skill.folder).as_posix() for path in paths)
    return sorted(name for name in names if name != FILE_NAME and not any(p.startswith(".") for p in name.split("/")))


def read_skill_file(skill: Skill, name: str) -> str:
    """Return one file of the skill, named from its folder, as in ``references/flags.md``.

    Raises:
        InvalidDocument: the name leads out of the folder, or to nothing, or to what is no text; nothing was read.
    """
    folder = skill.folder.resolve()
    try:
        path = (folder / name).resolve()
        is_file = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, a loop of symlinks, a NUL
        raise InvalidDocument(f"{name[:80]!r} cannot name a file of skill {skill.name}") from error
    if not path.is_relative_to(folder):
        raise InvalidDocument(f"{name!r} leads out of the folder of skill {skill.name}")
    if not is_file:
        raise InvalidDocument(f"skill {skill.name} has no file {name!r}; it has {', '.join(files(skill)) or 'none'}")
    return read_text(path)


def skill_tool(skills: Sequence[Skill]) -> Callable[[str], str]:
    """Return the function that an agent is given as its tool ``skill``."""
    by_name = {skill.name: skill for skill in skills}

    def skill(name: str) -> str:
        """Read a skill before doing what it is for: its name from the catalogue, or name/path for one of its files."""
        wanted, _, file_name = name.strip().partition("/")
        if wanted not in by_name:
            raise UnknownSkill(f"no skill {wanted!r}; there are {', '.join(sorted(by_name)) or 'none'}")
        found = by_name[wanted]
        return read_skill_file(found, file_name) if file_name else activate(found)

    return skill
