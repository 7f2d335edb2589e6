"""What a skill is, for every room: what its front matter says, and where it lies.

Rule 1: the format is that of agentskills.io; :mod:`skills.format.reading` checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE_NAME = "SKILL.md"


@dataclass(frozen=True)
class Skill:
    """A skill without its body, which is read when it is activated.

    Attributes:
        folder: where it lies, without symlinks.
        source: which of the searched places it came from, as in ``.agents/skills of the project``.
        allowed_tools: as written, split at white space; empty when the skill names none.
    """

    name: str
    description: str
    folder: Path
    source: str = ""
    license: str = ""
    compatibility: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    allowed_tools: tuple[str, ...] = ()
