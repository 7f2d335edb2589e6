"""Skills that somebody must have: all of them, or a sentence about the first that cannot be had.

Rule 1: this fails closed: who names a skill does not work without it.
"""

from collections.abc import Sequence

from onecontext.errors import UnknownSkill
from skills.finding.discover import Found
from skills.format.skill import Skill


def required_skills(found: Found, names: Sequence[str], *, by: str) -> list[Skill]:
    """Return the skills of these names, each once, in their order.

    Args:
        by: who requires them, as the sentence names it.

    Raises:
        UnknownSkill: one is not there, or is broken; the message says which, why, and for whom.
    """
    known = {skill.name: skill for skill in found.skills}
    for name in names:
        if name not in known:
            raise UnknownSkill(f"{by} requires the skill {name}, which {_why_not(found, name)}", hint=_mend(found))
    return [known[name] for name in dict.fromkeys(names)]


def _why_not(found: Found, name: str) -> str:
    for problem in found.problems:
        if not problem.used and name in (problem.path.name, problem.path.parent.name):
            return f"cannot be used: {problem.path}: {problem.reason}"
    return "is not there"


def _mend(found: Found) -> str:
    there = ", ".join(skill.name for skill in found.skills[:20]) or "none"
    more = f" and {len(found.skills) - 20:,} more" if len(found.skills) > 20 else ""
    return f"there are {there}{more}; 'onecontext skill list --why' shows where they come from"
