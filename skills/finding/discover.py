"""Which skills there are, and which of two with one name counts.

Rule 1: the places and their order are those of :mod:`skills.finding.places`. The first of a name counts; the others are
        reported as shadowed, not hidden.
Rule 2: every document gives a skill or a problem with its path, line and mend; one that is bad takes no other down.
Rule 3: names that look like others are refused (:mod:`skills.finding.lookalikes`).
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skills.finding.lookalikes import refused
from skills.finding.places import BUNDLED, Place, Search, places
from skills.finding.remembered import Remembered, file_for, open_file
from skills.finding.scanning import Seen, documents
from skills.format.loading import Loaded, load
from skills.format.skill import FILE_NAME, Problem, Skill


@dataclass(frozen=True)
class Shadowed:
    """A skill that does not count, because ``by`` has its name and comes from a place before it."""

    skill: Skill
    by: Skill


@dataclass(frozen=True)
class Found:
    """All that was found: the skills by name, what was not taken with the reason, and what is shadowed."""

    skills: tuple[Skill, ...]
    problems: tuple[Problem, ...]
    shadowed: tuple[Shadowed, ...]


def find_skills(
    project: Path,
    home: Path | None,
    *,
    extra: Sequence[Path] = (),
    bundled: Path = BUNDLED,
    here: Path | None = None,
    configured: Sequence[str] = (),
    client: Path | None = None,
    cache: Path | None = None,
) -> Found:
    """Return the skills there are for work in ``project``, by name.

    Args:
        project, home, extra, bundled, here, configured, client: as in :class:`skills.finding.places.Search`.
        cache: a folder where what was read may be kept for the next time, outside the project; None: keep nothing.
    """
    search = Search(project, home, here, extra, configured, client, bundled)
    if cache is None:
        return find(search, Remembered())
    path = file_for(cache, project)
    remembered = open_file(path)
    found = find(search, remembered)
    remembered.save(path)
    return found


def find(search: Search, remembered: Remembered) -> Found:
    """Return what there is for ``search``; documents that are in ``remembered`` and did not change are not read."""
    wanted, problems = places(search)
    roots = frozenset(str(place.root) for place in wanted if not place.single)
    taken: dict[str, Skill] = {}
    shadowed: list[Shadowed] = []
    for place in wanted:
        for item in _in_place(place, roots, remembered):
            if isinstance(item, Problem):
                problems.append(item)
            elif item.name in taken:
                shadowed.append(Shadowed(item, by=taken[item.name]))
            else:
                taken[item.name] = item
    remembered.settle()
    for name, looks in refused(taken.values()).items():
        problems.append(_lookalike(taken.pop(name), looks))
    kept = tuple(shadow for shadow in shadowed if shadow.by.name in taken)
    return Found(tuple(taken[name] for name in sorted(taken)), tuple(problems), kept)


def _in_place(place: Place, roots: frozenset[str], remembered: Remembered) -> Iterator[Skill | Problem]:
    now_ns = time.time_ns()
    for item in documents(place, roots):
        if isinstance(item, Problem):
            yield item
            continue
        loaded = remembered.get(item.path, item.folder, item.status) or _read(item, remembered, now_ns)
        if loaded.skill is not None:
            name = f"{place.prefix}{loaded.skill.name}"
            yield replace_some(loaded.skill, name, place)
        if loaded.problem is not None:
            yield loaded.problem


def _read(item: Seen, remembered: Remembered, now_ns: int) -> Loaded:
    loaded = load(Path(item.path), Path(item.folder))
    remembered.put(item.path, item.status, loaded, now_ns=now_ns)
    return loaded


def replace_some(skill: Skill, name: str, place: Place) -> Skill:
    """Return ``skill`` as one of ``place``."""
    return replace(skill, name=name, source=place.source, scope=place.scope)


def _lookalike(skill: Skill, looks: str) -> Problem:
    reason = f"the name {skill.name!r} looks like {looks!r}"
    return Problem(skill.folder / FILE_NAME, reason, None, "give it a name that cannot be taken for another")
