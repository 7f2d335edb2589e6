"""What a worker hands over after one attempt, as strict JSON (docs/formats.md, part 4).

Rule 1: ``commit`` and ``commands`` are written by the host from what really happened; the rest is the agent's word.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class RunCommand(BaseModel):
    """A command the worker ran. ``exit_code`` is None when it was ended for taking too long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    exit_code: int | None


class Handoff(BaseModel):
    """One attempt at one task. ``commit`` is None when nothing was changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    task: str
    attempt: int = Field(ge=1)
    epoch: int = Field(ge=1)
    commit: str | None
    summary: str
    commands: tuple[RunCommand, ...] = ()
    claims: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    discovered: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()


def commit_in(evidence: Mapping[str, Any]) -> str | None:
    """Return the commit that the evidence of an attempt hands over.

    None: there is none. Whoever can claim can submit, and what they submit need not be a handoff.
    """
    handoff = evidence.get("handoff")
    commit = handoff.get("commit") if isinstance(handoff, Mapping) else None
    return commit if isinstance(commit, str) and commit else None
