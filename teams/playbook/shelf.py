"""Which playbooks there are: those that are shipped, and those of the project, in ``.claude/playbooks/*.yaml``.

Rule 1: a name means the shipped one first: what came with a clone cannot stand in for it. A project's own of the same
    name is run by its path.
Rule 2: of a project's folder no link is followed, and no more than :data:`MAX_FILES` files are looked at.
"""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import InvalidDocument, OneContextError, UsageError
from teams.playbook.document import Playbook
from teams.playbook.reading import load_playbook

FOLDER = Path(".claude") / "playbooks"
SHIPPED = "shipped"
MAX_FILES = 200


class Entry(NamedTuple):
    """One file: ``source`` is "shipped" or its path; ``problem`` says why it is no playbook, "" where it is one."""

    name: str
    source: str
    path: Path
    playbook: Playbook | None
    problem: str = ""


def playbooks(project: Path) -> list[Entry]:
    """Return all playbooks by name, the shipped ones first; files that are none come with what is wrong."""
    return [_entry(path, SHIPPED) for path in _shipped()] + [_entry(path, str(path)) for path in _own(project)]


def find_playbook(word: str, *, cwd: Path, project: Path) -> Entry:
    """Return the playbook that a person means: a file where the word is a path, else the one of that name.

    Raises:
        UsageError: there is none of that name. InvalidDocument: it is no playbook; all that is wrong is told.
    """
    if "/" in word or word.endswith((".yaml", ".yml")):
        # Resolved: a person may well keep a link to a playbook; the reading itself follows none.
        path = (cwd / word).resolve()
        playbook = load_playbook(path)
        return Entry(playbook.name, str(path), path, playbook)
    candidates = {path.stem: (path, SHIPPED) for path in _shipped()}
    for path in _own(project):
        candidates.setdefault(path.stem, (path, str(path)))
    if word not in candidates:
        raise UsageError(
            f"there is no playbook {word!r}; there are {', '.join(candidates)}",
            hint=f"a file is named with its ending: {word}.yaml",
        )
    path, source = candidates[word]
    return Entry(word, source, path, load_playbook(path))


def _shipped() -> list[Path]:
    return sorted(Path(str(files("teams.playbook"))).joinpath("shipped").glob("*.yaml"))


def _own(project: Path) -> list[Path]:
    folder = project / FOLDER
    if any(part.is_symlink() for part in (folder, folder.parent)):
        return []
    found = [path for pattern in ("*.yaml", "*.yml") for path in folder.glob(pattern)]
    return sorted(found)[:MAX_FILES]


def _entry(path: Path, source: str) -> Entry:
    try:
        playbook = load_playbook(path)
    except InvalidDocument as error:
        return Entry(path.stem, source, path, None, error.message)
    except OneContextError as error:
        return Entry(path.stem, source, path, None, error.message)
    return Entry(path.stem, source, path, playbook)
