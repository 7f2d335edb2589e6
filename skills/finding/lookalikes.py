"""Names that look like others, and who of those that look alike may be had.

Rule 1: a name with other letters that looks like one of ASCII is refused, whoever has it.
Rule 2: of different names that look alike, the one counts that comes from whom the person trusts most; the others are
        refused, wherever they come from. A project that was cloned is trusted least.

Source: UTS #39 (Unicode Security Mechanisms), section 4: names are compared by their skeletons.
"""

from collections.abc import Iterable

from skills.format.skill import Skill

TRUST = ("said", "home", "bundled", "plugin", "project")
_ASCII = str.maketrans({"0": "o", "1": "l", "m": "rn"})


def skeleton(name: str) -> str:
    """Return what ``name`` looks like: names that look alike have one skeleton."""
    return _plain(name).translate(_ASCII)


def imitates(name: str) -> str:
    """Return the name of ASCII that ``name`` looks like and is not; "" where it looks like itself."""
    if name.isascii():
        return ""
    looks = _plain(name)
    return looks if looks.isascii() else ""


def refused(skills: Iterable[Skill]) -> dict[str, str]:
    """Return the names, each of one skill, that are refused, with the name that each looks like."""
    least = len(TRUST)
    rank = {scope: number for number, scope in enumerate(TRUST)}
    first: dict[str, str] = {}
    out: dict[str, str] = {}
    for skill in sorted(skills, key=lambda skill: (rank.get(skill.scope, least), not skill.name.isascii())):
        if looks := imitates(skill.name):
            out[skill.name] = looks
        elif (known := first.setdefault(skeleton(skill.name), skill.name)) != skill.name:
            out[skill.name] = known
    return out


def _plain(name: str) -> str:
    if name.isascii():
        return name
    from skills.finding.confusables import LOOKS_LIKE  # the table is needed for few names

    return name.translate(LOOKS_LIKE)
