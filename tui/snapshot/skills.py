"""Which skills were opened in a run."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from tui.snapshot.value import value


@value
class SkillUse:
    """How often a skill (or the MCP server that is one) was opened or called: ``by`` maps agents to times."""

    name: str
    by: Mapping[str, int] = field(default_factory=dict)
    last_at: datetime | None = None

    @property
    def times(self) -> int:
        """By all of them together."""
        return sum(self.by.values())
