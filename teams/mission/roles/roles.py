"""The roles of a mission: the three built-in ones, and those that agent definitions (``.claude/agents``) add.

Rule 1: what a mission depends on stays: the built-in rules come first, the tools by which a role hands in are never
    taken away, a limit only gets tighter. A definition may come with what was cloned.
Rule 2: the orchestrator and the validator are one each; any other definition is a role that a plan may name.
Rule 3: what a definition asks for and does not get is told in a sentence.
Rule 4: a skill is no such thing: a role that names one does not work without it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from onecontext.errors import InvalidDocument, UnknownSkill, UsageError
from onecontext.text.tokens import default_counter
from skills.activation.activate import whole
from skills.catalogue.required import required_skills
from skills.finding.discover import Found
from teams.agent.client_tools import OURS, grant
from teams.agent.definition import Definition
from teams.agent.definitions import model_name
from teams.agent.limits import Limits
from teams.agent.prompt import fenced
from teams.agent.tools import Tool, tool_from
from teams.mission.contract import ROLE_CHARACTERS, Contract, PlannedTask

WORKER = "worker"
PARTS = ("orchestrator", "validator")
LISTED_TOKENS = 300
_RESERVED = (*PARTS, "team-lead")
_DESCRIBED_CHARACTERS = 160
_REST_CHARACTERS = 1000


@dataclass(frozen=True)
class Role:
    """One role. ``definition`` is None for a built-in one as it is; ``skills`` are the texts it begins with."""

    name: str
    definition: Definition | None = None
    skills: tuple[str, ...] = ()

    @property
    def model(self) -> str | None:
        """The model that it names for itself, None where it takes the mission's."""
        return model_name(self.definition) if self.definition else None

    @property
    def instructions(self) -> str:
        """What its definition says, "" where there is none: bracketed, behind the rules that stay."""
        if self.definition is None or not (self.definition.instructions or self.skills):
            return ""
        said = "\n\n".join([self.definition.instructions, *self.skills])
        return f"\nYou work as {self.name}. What that means, where it does not go against the rules above:\n" + fenced(
            "role", said
        )

    def narrowed(self, tools: Iterable[Tool | Callable[..., Any]]) -> list[Tool]:
        """Return those of ``tools`` that it gets; what is no counterpart of a client's tool is the mission's own."""
        offered = [tool if isinstance(tool, Tool) else tool_from(tool) for tool in tools]
        if self.definition is None:
            return offered
        chosen = self._granted([tool.spec.name for tool in offered if tool.spec.name in OURS])
        return [tool for tool in offered if tool.spec.name not in OURS or tool.spec.name in chosen]

    def limited(self, limits: Limits) -> Limits:
        """Return ``limits`` with its ``maxTurns``, where that is less."""
        turns = self.definition.max_turns if self.definition else None
        return replace(limits, turns=min(limits.turns, turns)) if turns else limits

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about tools that it asks for and does not get."""
        return grant(self.definition.tools, self.definition.forbidden, OURS).notes if self.definition else ()

    def _granted(self, names: Sequence[str]) -> tuple[str, ...]:
        assert self.definition is not None
        return grant(self.definition.tools, self.definition.forbidden, names).names


@dataclass(frozen=True)
class Roles:
    """All roles of a mission by name; without any definition the built-in ones. ``notes``: what could not be had.

    ``cannot``: roles that are defined and cannot work, to why.
    """

    defined: Mapping[str, Role] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cannot: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Role:
        """Return the role of that name; a built-in one as it is where no definition says more of it.

        Raises:
            UsageError: there is none, or it cannot work; the message says why, or lists those there are.
        """
        self.refuse(name)
        if name in self.defined:
            return self.defined[name]
        if name not in (WORKER, *PARTS):
            raise UsageError(f"there is no role {name!r}; there are {', '.join(self.names)}")
        return Role(name)

    def refuse(self, name: str) -> None:
        """Refuse a role that is defined and cannot work.

        Raises:
            UsageError: it is one; the message says why.
        """
        if name in self.cannot:
            raise UsageError(f"the role {name} cannot work: {self.cannot[name]}")

    @property
    def names(self) -> list[str]:
        """The roles that a task may be for."""
        return [WORKER, *(name for name in self.defined if name not in (WORKER, *PARTS))]

    def check(self, tasks: Iterable[PlannedTask], *, before: Contract | None = None) -> None:
        """Refuse tasks for a role that is not there.

        Args:
            before: what the tasks were planned as until now; a task that is on the board keeps its role.

        Raises:
            UsageError: it names the task, and the roles that are there.
        """
        for task in tasks:
            known = before.planned(task.key) if before else None
            if known and (known.role or WORKER) != (task.role or WORKER):
                raise UsageError(
                    f"task {task.key} is for the role {known.role or WORKER}, which does not change; drop it and plan "
                    "another under a new key"
                )
            if task.role is not None:
                self.refuse(task.role)
            if task.role is not None and task.role not in self.names:
                raise UsageError(
                    f"task {task.key} is for the role {task.role!r}; there are {', '.join(self.names)}",
                    hint=f"put the agent back into .claude/agents/{task.role}.md",
                )

    def listed(self) -> str:
        """Return a line for each role that a plan may name, for the orchestrator; "" where there is but the worker."""
        named = [self.defined[name] for name in self.names if name != WORKER]
        if not named:
            return ""
        lines = [_line(role) for role in named]
        count = default_counter().count
        while lines and count("\n".join(lines)) > LISTED_TOKENS:
            lines.pop()
        rest = ", ".join(role.name for role in named[len(lines) :])
        left = f"\nand {rest if len(rest) <= _REST_CHARACTERS else rest[:_REST_CHARACTERS] + '…'}" if rest else ""
        return "\nA task may name a `role`; without one it is for a worker. The roles:\n" + fenced(
            "roles", "\n".join(lines) + left
        )


NO_ROLES = Roles()


def find_roles(definitions: Sequence[Definition], skills: Found) -> Roles:
    """Return the roles that ``definitions`` make.

    Args:
        skills: those that can be had; the texts of the ones a definition names follow its instructions.

    Raises:
        UsageError: two of them are for the one part of orchestrator or validator.
        UnknownSkill, InvalidDocument: a skill that one of these, or the plain worker, names cannot be had.
    """
    found: dict[str, Role] = {}
    notes: list[str] = []
    cannot: dict[str, str] = {}
    for definition in definitions:
        name = definition.role if definition.role in PARTS else definition.name
        if name in found:
            other = found[name].definition
            raise UsageError(
                f"{other and other.path} and {definition.path} are both for the role {name}, and a mission has one",
                hint="take 'role:' out of one of them",
            )
        if why := _why_not(name, definition):
            notes.append(f"agent {definition.name} is no role of missions: {why}")
            continue
        try:
            texts = _texts(definition, skills)
        except (UnknownSkill, InvalidDocument) as error:
            if name in (WORKER, *PARTS):
                raise  # no mission can do without these
            cannot[name] = error.message
            notes.append(f"role {name} cannot work: {error.message}")
            continue
        found[name] = Role(name, definition, texts)
        notes += [f"agent {definition.name}: {note}" for note in found[name].notes]
    return Roles(found, tuple(notes), cannot)


def _texts(definition: Definition, skills: Found) -> tuple[str, ...]:
    by = f"agent {definition.name}"
    return tuple(fenced("skill", whole(one, by=by)) for one in required_skills(skills, definition.skills, by=by))


def _why_not(name: str, definition: Definition) -> str:
    if name in _RESERVED and definition.role not in PARTS:
        return f"{name} is a part of its own; write 'role: {name}' to say how it is played, or give it another name"
    if len(name) > ROLE_CHARACTERS:
        return f"its name is longer than {ROLE_CHARACTERS} characters"
    return ""


def _line(role: Role) -> str:
    described = " ".join(role.definition.description.split()) if role.definition else ""
    if len(described) > _DESCRIBED_CHARACTERS:
        described = described[: _DESCRIBED_CHARACTERS - 1] + "…"
    return f"{role.name}: {described}" if described else role.name
