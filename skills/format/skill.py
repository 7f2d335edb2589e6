"""What a skill is, for every room: what its front matter says, and where it lies.

Rule 1: the format is that of agentskills.io; :mod:`skills.format.strict` says what fits it,
        :mod:`skills.format.loading` what is taken all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

FILE_NAME = "SKILL.md"
FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
MAX_FILE_BYTES = 1024 * 1024
MAX_NAME, MAX_DESCRIPTION, MAX_COMPATIBILITY = 64, 1024, 500  # characters


@dataclass(frozen=True)
class Skill:
    """A skill without its body, which is read when it is activated.

    Attributes:
        folder: where it lies, without symlinks.
        source: which of the searched places it came from, as in ``.agents/skills of the project``.
        allowed_tools: as written, split at white space and commas outside brackets; empty when the skill names none.
        scope: whose place that is: ``said`` (a path a person gave), ``project``, ``home``, ``plugin`` or ``bundled``;
            empty where nobody searched.
        more: fields that the format does not have, as texts, lists and mappings of texts (``argument-hint``, …).
    """

    name: str
    description: str
    folder: Path
    source: str = ""
    license: str = ""
    compatibility: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    allowed_tools: tuple[str, ...] = ()
    scope: str = ""
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a skill, or with a place where skills are looked for.

    Attributes:
        path: the file or folder.
        reason: what is so.
        line: of the file, from 1; None: the whole of it.
        mend: a sentence that says what to change.
        used: True: there is a skill all the same; False: there is none.
    """

    path: Path
    reason: str
    line: int | None = None
    mend: str = ""
    used: bool = False


class Loaded(NamedTuple):
    """What a document gave: at least one of the two."""

    skill: Skill | None
    problem: Problem | None
