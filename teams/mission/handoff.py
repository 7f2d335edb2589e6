"""What a worker hands over after one attempt, as strict JSON (docs/formats.md, part 4).

Rule 1: ``commit`` and ``commands`` are written by the host from what really happened; the rest is the agent's word.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class RunCommand(BaseModel):
    """A command the worker ran. ``exit_code`` is None when it was ended for taking too long."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    command: str
    exit_code: int | None


class Handoff(BaseModel):
    """One attempt at one task; no field may be missing. ``commit`` is None when nothing was changed.

    ``discovered`` is what the worker found and did not touch, ``skills`` what was wrong or missing in a skill.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    task: str
    attempt: int = Field(ge=1)
    epoch: int = Field(ge=1)
    commit: str | None
    summary: str
    commands: tuple[RunCommand, ...] = Field(strict=False)
    claims: tuple[str, ...] = Field(strict=False)
    undone: tuple[str, ...] = Field(strict=False)
    discovered: tuple[str, ...] = Field(strict=False)
    skills: tuple[str, ...] = Field(strict=False)


def commit_in(evidence: Mapping[str, Any]) -> str | None:
    """Return the commit that the evidence of an attempt hands over.

    None: there is none. Whoever can claim can submit, and what they submit need not be a handoff.
    """
    handoff = evidence.get("handoff")
    commit = handoff.get("commit") if isinstance(handoff, Mapping) else None
    return commit if isinstance(commit, str) and commit else None
