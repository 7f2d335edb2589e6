"""The third level of a skill: the files that its body sends to.

Rule 1: nothing outside the skill's folder is read, whatever a path, a ``..`` or a symlink says.
Rule 2: a script is text here; running it is for whoever has a sandbox.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from onecontext.errors import InvalidDocument
from skills.format.reading import read_text
from skills.format.skill import FILE_NAME, Skill

MAX_FILES = 5_000  # looked at; of more the first are told


def files(skill: Skill) -> list[str]:
    """Return the other files of the skill, as paths from its folder, sorted; without hidden ones and symlinks."""
    return sorted(_names(skill.folder))


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
        there = files(skill)
        more = f" and {len(there) - 50} more" if len(there) > 50 else ""
        raise InvalidDocument(
            f"skill {skill.name} has no file {name!r}; it has {', '.join(there[:50]) or 'none'}{more}"
        )
    return read_text(path)


def _names(root: Path) -> Iterator[str]:
    left = MAX_FILES
    for folder, folders, names in os.walk(root):
        # Sorted, so that of too many the same ones are told each time.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            told = path.relative_to(root).as_posix()
            if told == FILE_NAME or name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            if left == 0:
                return
            left -= 1
            yield told
