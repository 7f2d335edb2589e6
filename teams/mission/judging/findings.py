"""What a validator says of work: findings with a test that fails, quotes of what it judged, answers to what is asked.

Rule 1: this file does no input or output; format and examples are in docs/formats.md, part 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from teams.mission.contract import Command, Pattern, Text

MOST = 20


class FindingTest(BaseModel):
    """A file to lay into a copy of the work, and a command that fails there and passes when it is mended."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: Pattern
    content: Text
    command: Command


class Finding(BaseModel):
    """Something that is wrong. ``about`` names files and assertions; without ``test`` it is advice."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: Text = Field(min_length=1)
    about: tuple[str, ...] = Field(default=(), max_length=MOST, strict=False)
    test: FindingTest | None = None


class Quote(BaseModel):
    """Where the work shows whether a judged assertion holds. ``line`` counts from 1; 0 says there is no such file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    assertion: str
    path: Pattern
    line: int = Field(ge=0)
    text: Text = ""


@dataclass(frozen=True)
class Judgement:
    """What a validator says of somebody's work. ``answers`` are to what the host found and asks about."""

    accept: bool
    findings: Sequence[Finding] = ()
    quotes: Sequence[Quote] = ()
    answers: Sequence[str] = ()


@dataclass(frozen=True)
class Shown:
    """A finding whose test was seen to fail: ``output`` is what it said, the end of it."""

    finding: Finding
    exit_code: int | None
    output: str

    @property
    def told(self) -> str:
        """What the author is told, with all that is needed to see it."""
        test = self.finding.test
        assert test is not None
        how = f"Write this to {test.path}:\n{test.content}\nand run `{test.command}`: it exits {self.exit_code}"
        return f"{self.finding.text}\n{how}:\n{self.output}"


@dataclass(frozen=True)
class Scope:
    """What a fix may touch: ``paths``, and files with a test's name; ``commit`` is the attempt that was sent back."""

    commit: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Rounds:
    """What reviews of a task came to so far: rejections that rest on findings alone, and the findings' tests."""

    count: int = 0
    tests: tuple[Finding, ...] = ()
    scope: Scope | None = None

    def as_evidence(self) -> dict[str, Any]:
        """Return it as evidence of a task."""
        scope = None if self.scope is None else {"commit": self.scope.commit, "paths": list(self.scope.paths)}
        return {
            "rounds": self.count,
            "tests": [finding.model_dump(mode="json") for finding in self.tests],
            "scope": scope,
        }

    @classmethod
    def from_evidence(cls, evidence: Mapping[str, Any]) -> "Rounds":
        """Return what the evidence of a verdict says; nothing so far where it says nothing of reviews."""
        told = evidence.get("review")
        if not isinstance(told, Mapping):
            return cls()
        scope = told.get("scope")
        return cls(
            count=int(told.get("rounds", 0)),
            tests=tuple(Finding.model_validate(one) for one in told.get("tests", ())),
            scope=Scope(scope["commit"], tuple(scope["paths"])) if scope else None,
        )
