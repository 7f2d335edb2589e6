"""Which skills agents opened, read from their tool calls: a part of the projection.

Rule 1: nothing is asked of agents for it: the call of a tool says which skill was opened (``skill``, and ``Skill`` of
        other programs), which server was called (``call``), or which command of ours was run.
Rule 2: arguments are the head of a JSON text: what is cut off is read as far as it goes, and what is none is no use.
"""

import re

from teams.engine.event import Event
from tui import fields
from tui.projection.replacing import replace
from tui.snapshot import SkillUse

_OPENED = re.compile(r'"(?:name|skill)"\s*:\s*"(?!search:)([a-z0-9:-]{1,130})', re.IGNORECASE)
_CALLED = re.compile(r'"server"\s*:\s*"([a-z0-9-]{1,64})"', re.IGNORECASE)
_RUN = re.compile(r"\bonecontext (?:skill (?:use|run)|call) ([a-z0-9][a-z0-9:-]{0,130})", re.IGNORECASE)
_ARGUMENTS = {"skill": _OPENED, "Skill": _OPENED, "call": _CALLED, "run": _RUN, "Bash": _RUN}


class SkillUses:
    """Counts uses by skill and agent."""

    def __init__(self) -> None:
        self._uses: dict[str, SkillUse] = {}
        self._picture: tuple[SkillUse, ...] | None = ()

    def take(self, event: Event) -> None:
        """Take in the call of a tool."""
        pattern = _ARGUMENTS.get(fields.text(event.data, "tool"))
        if pattern is None:
            return
        for name in pattern.findall(fields.text(event.data, "arguments")):
            use = self._uses.get(name) or SkillUse(name)
            by = {**use.by, (event.agent or ""): use.by.get(event.agent or "", 0) + 1}
            self._uses[name] = replace(use, by=by, last_at=event.at)
            self._picture = None

    def picture(self) -> tuple[SkillUse, ...]:
        """Return them all, by name; the same object while nothing was taken in."""
        if self._picture is None:
            self._picture = tuple(self._uses[name] for name in sorted(self._uses))
        return self._picture
