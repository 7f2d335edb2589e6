"""Which skills there are, and which of two with one name counts.

Rule 1: the places and their order are those of :mod:`skills.finding.places`. The first of a name counts; the others are
        reported as shadowed, not hidden.
Rule 2: every document gives a skill or a problem with its path, line and mend; one that is bad takes no other down.
Rule 3: names that look like others are refused (:mod:`skills.finding.lookalikes`).
"""

import gc
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from onecontext.folders import cache_folder
from skills.finding.lookalikes import refused
from skills.finding.places import BUNDLED, Place, Search, places
from skills.finding.precedence import first_of_each
from skills.finding.remembered import Remembered, file_for, open_file
from skills.finding.scanning import Seen, documents
from skills.format.skill import FILE_NAME, Loaded, Problem, Skill


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
    with _undisturbed():
        remembered = open_file(path)
        found = find(search, remembered)
    remembered.save(path)
    return found


def skills_for(
    project: Path,
    env: Mapping[str, str],
    *,
    here: Path | None = None,
    extra: Sequence[Path] = (),
    configured: Sequence[str] = (),
) -> Found:
    """Return the skills for work in ``project`` by whoever has the environment ``env``; see :func:`find_skills`.

    Their home is ``$HOME``, the client's folder ``$CLAUDE_CONFIG_DIR``, and what was read is kept in
    ``$XDG_CACHE_HOME/onecontext``, else in ``~/.cache/onecontext``.
    """
    home, client = (Path(env[name]) if env.get(name) else None for name in ("HOME", "CLAUDE_CONFIG_DIR"))
    cache = cache_folder(env)
    return find_skills(
        project, home, here=here, extra=extra, configured=configured, client=client and project / client, cache=cache
    )


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the collector from looking at the same thousands of objects again and again while they are made."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def find(search: Search, remembered: Remembered, good: Mapping[str, Skill] | None = None) -> Found:
    """Return what there is for ``search``; documents that are in ``remembered`` and did not change are not read.

    Args:
        good: by the path of a document, the skill that it was before: it stays where the document became none.
    """
    return settle(see(search), remembered, good or {})


def see(search: Search) -> list[tuple[Place, Seen] | Problem]:
    """Return the documents there are, in the order of their places, and what is wrong besides; nothing is read."""
    wanted, problems = places(search)
    roots = frozenset(str(place.root) for place in wanted if not place.single)
    seen: list[tuple[Place, Seen] | Problem] = list(problems)
    for place in wanted:
        seen += [item if isinstance(item, Problem) else (place, item) for item in documents(place, roots)]
    return seen


def settle(
    seen: Iterable[tuple[Place, Seen] | Problem], remembered: Remembered, good: Mapping[str, Skill] | None = None
) -> Found:
    """Return which of the documents count; see :func:`find`."""
    loaded = list(_loaded(seen, remembered, good or {}))
    problems = [one.problem for one in loaded if one.problem is not None]
    taken, hidden = first_of_each(one.skill for one in loaded if one.skill is not None)
    remembered.settle()
    for name, looks in refused(taken.values()).items():
        problems.append(_lookalike(taken.pop(name), looks))
    kept = tuple(Shadowed(skill, by) for skill, by in hidden if by.name in taken)
    return Found(tuple(taken[name] for name in sorted(taken)), tuple(problems), kept)


def _loaded(
    seen: Iterable[tuple[Place, Seen] | Problem], remembered: Remembered, good: Mapping[str, Skill]
) -> Iterator[Loaded]:
    now_ns = time.time_ns()
    for one in seen:
        if isinstance(one, Problem):
            yield Loaded(None, one)
            continue
        place, item = one
        loaded = remembered.get(item, place)
        if loaded is None:
            loaded = _read(item, place, remembered, now_ns)
        yield _as_before(loaded, good[item.path]) if loaded.skill is None and item.path in good else loaded


def _read(item: Seen, place: Place, remembered: Remembered, now_ns: int) -> Loaded:
    from skills.format.loading import load  # with a library of YAML, for which nothing may be left to do

    loaded = load(Path(item.path), Path(item.folder))
    remembered.put(item, loaded, now_ns=now_ns)
    skill = loaded.skill
    if skill is None:
        return loaded
    name = f"{place.prefix}{skill.name}"
    return Loaded(replace(skill, name=name, source=place.source, scope=place.scope), loaded.problem)


def _as_before(loaded: Loaded, skill: Skill) -> Loaded:
    """Return the skill as it was before its document became none, which may be half of what is being written."""
    problem = loaded.problem
    if problem is not None:
        problem = replace(problem, reason=f"{problem.reason}; it is used as it was before", used=True)
    return Loaded(skill, problem)


def _lookalike(skill: Skill, looks: str) -> Problem:
    reason = f"the name {skill.name!r} looks like {looks!r}"
    return Problem(skill.folder / FILE_NAME, reason, None, "give it a name that cannot be taken for another")
