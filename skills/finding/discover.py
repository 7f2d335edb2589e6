"""Which skills there are, where, and which of two with one name counts.

Rule 1: the order is the project's ``.agents/skills``, its ``.claude/skills``, the same two of the home folder, then
        what is bundled. The first of a name counts; the others are reported as shadowed, not hidden.
Rule 2: one bad skill never takes others down: it becomes a problem with its path and the reason.
Rule 3: what a symlink brings in from outside the searched folder is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import InvalidDocument
from skills.format.reading import read_skill
from skills.format.skill import FILE_NAME, Skill

BUNDLED = Path(__file__).parent.parent / "bundled"
PLACES = (".agents/skills", ".claude/skills")


@dataclass(frozen=True)
class Problem:
    """A folder that looks like a skill and is none (``used`` False), or one that is used in spite of a fault."""

    path: Path
    reason: str
    used: bool = False


@dataclass(frozen=True)
class Shadowed:
    """A skill that does not count, because ``by`` has its name and comes from a place before it."""

    skill: Skill
    by: Skill


@dataclass(frozen=True)
class Found:
    """All that was found: the skills by name, and what was not taken with the reason."""

    skills: tuple[Skill, ...]
    problems: tuple[Problem, ...]
    shadowed: tuple[Shadowed, ...]


def find_skills(project: Path, home: Path | None, *, bundled: Path = BUNDLED) -> Found:
    """Return the skills of ``project``, of ``home`` (None: look in no home) and those that are bundled, by name."""
    taken: dict[str, Skill] = {}
    problems: list[Problem] = []
    shadowed: list[Shadowed] = []
    for root, source in _roots(project, home, bundled):
        for item in _in_root(root, source):
            if isinstance(item, Problem):
                problems.append(item)
            elif item.name in taken:
                shadowed.append(Shadowed(item, by=taken[item.name]))
            else:
                taken[item.name] = item
    return Found(tuple(taken[name] for name in sorted(taken)), tuple(problems), tuple(shadowed))


def _roots(project: Path, home: Path | None, bundled: Path) -> Iterator[tuple[Path, str]]:
    wanted = [(project / place, f"{place} of the project") for place in PLACES]
    wanted += [(home / place, f"{place} of the home folder") for place in PLACES] if home else []
    wanted.append((bundled, "bundled"))
    seen = set()
    for root, source in wanted:
        # A project that is the home folder is searched once.
        if root.resolve() not in seen and root.is_dir():
            seen.add(root.resolve())
            yield root.resolve(), source


def _in_root(root: Path, source: str) -> Iterator[Skill | Problem]:
    try:
        folders = sorted(path for path in root.iterdir() if not path.name.startswith(".") and path.is_dir())
    except OSError as error:
        yield Problem(root, f"cannot be read: {error.strerror}")
        return
    for folder in folders:
        yield from _in_folder(root, folder, source)


def _in_folder(root: Path, folder: Path, source: str) -> Iterator[Skill | Problem]:
    document = folder / FILE_NAME
    # Both may be symlinks: where they end counts.
    if not document.resolve().is_relative_to(root) or not folder.resolve().is_relative_to(root):
        yield Problem(folder, f"a symlink leads out of {root.name}, which is not followed")
        return
    if not document.exists():
        return  # a folder of something else
    try:
        skill, faults = read_skill(folder, source=source)
    except InvalidDocument as error:
        yield Problem(document, error.message)
    except OSError as error:
        yield Problem(document, f"cannot be read: {error.strerror}")
    else:
        yield skill
        yield from (Problem(document, fault.reason, used=True) for fault in faults)
