"""Where skills are looked for, and in which order.

Rule 1: the order is what a person said (``--path``), the project (the folder of the work, those above it up to the
        project's, in each ``.agents/skills`` before ``.claude/skills``), ``[skills] paths`` of its configuration, the
        home folder, plugins, and what is bundled. The first of a name counts.
Rule 2: a folder is searched once, under the first of its names.
Rule 3: what comes with a project, as a folder or as a name in its configuration, lies in it. A person's own folders may
        be symlinks to wherever they keep them.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from skills.finding.plugins import Plugin, installed
from skills.format.skill import FILE_NAME, Problem

BUNDLED = Path(__file__).parent.parent / "bundled"
PLACES = (".agents/skills", ".claude/skills")


@dataclass(frozen=True)
class Place:
    """A folder of skills, or (``single``) of one.

    Attributes:
        root: without symlinks.
        source: for people, as in ``.agents/skills of the project``.
        scope: as in :class:`skills.format.skill.Skill`.
        prefix: what the names of its skills begin with, as in ``review:`` of a plugin.
        single: the folder is one skill.
    """

    root: Path
    source: str
    scope: str
    prefix: str = ""
    single: bool = False

    def folder(self, path: str) -> Path:
        """Return ``path`` as a Path; for what lies right in the place, that takes half as long."""
        parent, _, name = path.rpartition("/")
        return self.root / name if parent == self.text else Path(path)

    @cached_property
    def text(self) -> str:
        """The root as text."""
        return str(self.root)


@dataclass(frozen=True)
class Search:
    """What is searched.

    Attributes:
        project: the top of the project.
        home: the person's folder; None: none is searched.
        here: the folder of the work, in the project; None: the project itself.
        extra: folders that a person named: of skills, or of one.
        configured: ``[skills] paths`` of the project's ``onecontext.toml``, relative to the project.
        client: the client's own folder; None: ``.claude`` of the home folder.
    """

    project: Path
    home: Path | None
    here: Path | None = None
    extra: Sequence[Path] = ()
    configured: Sequence[str] = ()
    client: Path | None = None
    bundled: Path = BUNDLED


def places(search: Search) -> tuple[list[Place], list[Problem]]:
    """Return the places there are, in their order, and what is wrong with those that were named and are none."""
    problems: list[Problem] = []
    found: dict[Path, Place] = {}
    project = _resolved(search.project)
    for path, source, scope, prefix, named in _wanted(search, problems):
        root = _resolved(path)
        if not root.is_dir():
            if named:
                problems.append(Problem(path, "there is no such folder", mend="name a folder of skills"))
        elif scope == "project" and not root.is_relative_to(project):
            reason = "a symlink leads out of the project, which is not followed"
            problems.append(Problem(path, reason, mend="put the folder itself there, or name it with --path"))
        else:
            single = named and os.path.lexists(root / FILE_NAME)
            found.setdefault(root, Place(root, source, scope, prefix, single))
    return list(found.values()), problems


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a circle of symlinks
        return path


_Wanted = tuple[Path, str, str, str, bool]  # path, source, scope, prefix, whether somebody named it


def _wanted(search: Search, problems: list[Problem]) -> Iterator[_Wanted]:
    for path in search.extra:
        yield path, f"{path} (said)", "said", "", True
    for folder in folders_up(search.here or search.project, search.project):
        where = "the project" if folder == search.project else os.path.relpath(folder, search.project)
        for place in PLACES:
            yield folder / place, f"{place} of {where}", "project", "", False
    for name in search.configured:
        if inside := _inside(search.project, name, problems):
            yield inside, f"{name} of the configuration", "project", "", True
    client = search.client or (search.home / ".claude" if search.home else None)
    if search.home:
        yield search.home / PLACES[0], f"{PLACES[0]} of the home folder", "home", "", False
    if client:
        yield client / "skills", f"{PLACES[1]} of the home folder", "home", "", False
        plugins, wrong = installed(client, search.project)
        problems += wrong
        yield from (wanted for plugin in plugins for wanted in _of_plugin(plugin))
    yield search.bundled, "bundled", "bundled", "", False


def _of_plugin(plugin: Plugin) -> Iterator[_Wanted]:
    for folder in plugin.folders:
        yield folder, f"plugin {plugin.name}", "plugin", f"{plugin.name}:", False


def folders_up(here: Path, top: Path) -> list[Path]:
    """Return ``here`` and the folders above it up to ``top``; ``top`` alone where ``here`` is not in it."""
    if not here.is_relative_to(top):
        return [top]
    return [folder for folder in (here, *here.parents) if folder.is_relative_to(top)]


def _inside(project: Path, name: str, problems: list[Problem]) -> Path | None:
    path = project / name
    try:
        if path.resolve().is_relative_to(project.resolve()):
            return path
    except (OSError, RuntimeError, ValueError):  # a circle of symlinks, a NUL
        pass
    mend = "name a folder inside the project, or say it on the command line with --path"
    problems.append(
        Problem(project / "onecontext.toml", f"[skills] paths: {name!r} leads out of the project", None, mend)
    )
    return None
