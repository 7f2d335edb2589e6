"""The tool ``skill``: how an agent reads skills, their files and parts, and finds those that its catalogue lacks.

Rule 1: it reads and finds; what it may run is said by :class:`skills.activation.activate.Reading`.
Rule 2: it sees the skills as they are at the call, not as they were when the agent began.
Rule 3: the description is part of the prompt's budget: one line.
"""

import re
from collections.abc import Callable, Sequence

from onecontext.errors import UnknownSkill
from onecontext.text.tokens import default_counter
from skills.activation.activate import PLAIN, Reading, activate, read_part
from skills.activation.arguments import Arguments
from skills.catalogue.fitting import catalogue
from skills.format.skill import Skill
from skills.search.index import SkillIndex

SEARCH = "search:"
FOUND, FOUND_TOKENS = 8, 500  # skills, and what their lines may cost
_PART = re.compile(r"#(\d{1,4})$", re.ASCII)


class Shelf:
    """Skills as they are now, with an index of them that is made when it is first asked for."""

    def __init__(self, skills: Callable[[], Sequence[Skill]]) -> None:
        """Take what gives the skills; as long as it gives the same object, nothing changed."""
        self._source = skills
        self._indexed: tuple[Sequence[Skill], SkillIndex] | None = None

    @property
    def skills(self) -> Sequence[Skill]:
        """All there are now."""
        return self._source()

    def index(self) -> SkillIndex:
        """Return an index of the skills as they are now."""
        skills = self._source()
        if self._indexed is None or self._indexed[0] is not skills:
            self._indexed = skills, SkillIndex(skills)
        return self._indexed[1]


def skill_tool(skills: Sequence[Skill] | Shelf, *, reading: Reading = PLAIN) -> Callable[[str], str]:
    """Return the function that an agent is given as its tool ``skill``.

    Args:
        skills: a list that stays, or a shelf that follows what changes.
        reading: what may be run, and what is told with a skill.
    """
    shelf = skills if isinstance(skills, Shelf) else Shelf(lambda: skills)

    def skill(name: str) -> str:
        """Read a skill before doing what it is for: its name, name/file, or search: words to find others."""
        wanted = name.strip()
        if wanted.lower().startswith(SEARCH):
            return _search(shelf, wanted[len(SEARCH) :])
        return _read(shelf, wanted, reading)

    return skill


def _search(shelf: Shelf, query: str) -> str:
    hits = shelf.index().search(query, FOUND)
    if not hits:
        return f"none of {len(shelf.skills):,} skills has anything of that; say it in other words"
    return catalogue([hit.skill for hit in hits], budget=FOUND_TOKENS, counter=default_counter(), form="lines").text


def _read(shelf: Shelf, wanted: str, reading: Reading) -> str:
    part, cut = 1, _PART.search(wanted)
    if cut:
        part, wanted = int(cut[1]), wanted[: cut.start()]
    head, _, rest = wanted.partition(" ")
    name, slash, _ = head.partition("/")
    found = _named(shelf, name)
    if slash:
        # A file's name may have blanks; arguments belong to the body alone.
        return read_part(found, wanted.partition("/")[2], part)
    return activate(found, arguments=Arguments(rest), part=part, reading=reading)


def _named(shelf: Shelf, name: str) -> Skill:
    skills = shelf.skills
    for skill in skills:
        if skill.name == name:
            return skill
    near = [hit.skill.name for hit in shelf.index().search(name, 3)]
    told = f"; there are {', '.join(near)}" if near else ""
    raise UnknownSkill(f"no skill {name[:80]!r} among {len(skills):,}{told}", hint='skill("search: words") finds them')
