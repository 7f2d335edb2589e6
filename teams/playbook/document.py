"""A playbook as a document: its inputs and outputs, and its steps, each of one kind.

Rule 1: what a step may say is here; what it is made of is in :mod:`teams.playbook.parts`.
Rule 2: this file does no input or output. What must hold between steps is in :mod:`teams.playbook.checking`; the
    language is told in docs/playbooks.md.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from onecontext.names import check_name
from teams.playbook.parts import (
    Condition,
    ExpressionText,
    Input,
    Name,
    Output,
    OutputSpec,
    Part,
    Role,
    TemplateText,
    TypeSpec,
    Variable,
    as_value_error,
)

VERSION = 1
MAX_ROUNDS = 100
MAX_SIDE_BY_SIDE = 64
NUMBER = "number"
"""The name that says, inside a ``for_each``, which of the list it is."""


class AgentStep(Part):
    """Somebody who works with a model. ``returns`` are the fields of the result that it must hand in.

    ``name`` None: one of as many as there are workers, ``<role>-<n>``; ``role`` is what ``[model.roles]`` chooses a
    model by. ``writes``: it may change files, and its copy becomes a commit. ``apart_from``: steps in which it must
    have had no part. ``mail``: it can write to the play's other agents; ``broadcast`` goes to all of them at its end.
    """

    prompt: TemplateText
    name: TemplateText | None = None
    role: Role = "agent"
    returns: dict[Variable, TypeSpec] = Field(default={}, max_length=32)
    writes: bool = False
    base: TemplateText | None = None
    apart_from: tuple[Name, ...] = Field(default=(), strict=False)
    mail: bool = False
    broadcast: TemplateText | None = None
    max_turns: int | None = Field(default=None, ge=1, le=1000)

    @model_validator(mode="after")
    def _leaves_ours_alone(self) -> "AgentStep":
        if taken := {"agent", "commit"} & self.returns.keys():
            raise ValueError(f"{', '.join(sorted(taken))} cannot be returned: the host says that")
        return self


class CommandStep(Part):
    """A command for bash, in the sandbox, in a copy of its own. ``any_exit``: its exit code is an answer, no failure.

    ``writes``: what it changes becomes a commit; else it goes with the copy.
    """

    run: TemplateText
    base: TemplateText | None = None
    env: dict[str, TemplateText] = Field(default={}, max_length=32)
    writes: bool = False
    any_exit: bool = False
    timeout_s: float = Field(default=120.0, gt=0, le=3600)


class MissionStep(Part):
    """A whole mission: contract, workers, validator (docs/missions.md), on a branch of its own."""

    goal: TemplateText
    base: TemplateText | None = None


class LandStep(Part):
    """A commit is merged on trial into the play's branch; when every check exits 0 on the merge, it lands.

    ``timeout_s`` is each check's.
    """

    commit: TemplateText
    checks: tuple[TemplateText, ...] = Field(min_length=1, max_length=20, strict=False)
    timeout_s: float = Field(default=600.0, gt=0, le=3600)


class ForEach(Part):
    """The steps once for each of ``in``, or of the ``files`` that a glob matches; at most ``at_most`` at once.
    Inside, ``number`` says which it is, from 1.

    ``at_most`` None: as many as there are workers. ``collect`` is what is kept of one that is done.
    """

    over: ExpressionText | None = Field(default=None, alias="in")
    files: TemplateText | None = None
    item: Variable = Field(default="item", alias="as")
    at_most: int | None = Field(default=None, ge=1, le=MAX_SIDE_BY_SIDE)
    steps: "Steps"
    collect: dict[Variable, TemplateText] = Field(default={}, max_length=32)

    @model_validator(mode="after")
    def _is_over_one(self) -> "ForEach":
        if (self.over is None) == (self.files is None):
            raise ValueError("for_each has either 'in' (an expression that is a list) or 'files' (a glob)")
        if self.item == NUMBER:
            raise ValueError(f"'as: {NUMBER}' hides the number of the one that is at work, from 1; choose another name")
        return self


class Parallel(Part):
    """Steps that belong together; what they come to is under the group's name."""

    steps: "Steps"


class Carried(Part):
    """A value that a loop carries from one round to the next."""

    first: ExpressionText
    then: ExpressionText


class Loop(Part):
    """The steps again and again: until ``until`` is true after a round, and ``max_rounds`` times at the most."""

    max_rounds: int | TemplateText
    until: ExpressionText
    carry: dict[Variable, Carried] = Field(default={}, max_length=32)
    steps: "Steps"

    @model_validator(mode="after")
    def _is_bounded(self) -> "Loop":
        if isinstance(self.max_rounds, int) and not 1 <= self.max_rounds <= MAX_ROUNDS:
            raise ValueError(f"max_rounds is {self.max_rounds}; a loop has from 1 to {MAX_ROUNDS}")
        return self


Kind = Literal["agent", "command", "mission", "land", "set", "for_each", "parallel", "loop"]
KINDS: tuple[Kind, ...] = ("agent", "command", "mission", "land", "set", "for_each", "parallel", "loop")


class Step(Part):
    """One step; exactly one of the kinds is there. It begins when all it ``needs``, or speaks of, is done.

    ``when``: an expression; where it is false, the step is skipped. ``always``: it runs although something that it
    needs failed or was skipped. ``ensure``: what must hold afterwards, or the step has failed.
    """

    description: str = ""
    needs: tuple[Name, ...] = Field(default=(), strict=False)
    when: ExpressionText | None = None
    always: bool = False
    ensure: tuple[Condition, ...] = Field(default=(), max_length=20, strict=False)
    agent: AgentStep | None = None
    command: CommandStep | None = None
    mission: MissionStep | None = None
    land: LandStep | None = None
    values: dict[Variable, TemplateText] | None = Field(default=None, alias="set")
    for_each: ForEach | None = None
    parallel: Parallel | None = None
    loop: Loop | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> "Step":
        found = [kind for kind in KINDS if self._of(kind) is not None]
        if len(found) != 1:
            raise ValueError(f"a step has one of {', '.join(KINDS)}; this one has {', '.join(found) or 'none'}")
        return self

    @property
    def kind(self) -> Kind:
        return next(kind for kind in KINDS if self._of(kind) is not None)

    @property
    def inner(self) -> Mapping[str, "Step"]:
        """The steps inside this one; empty for most kinds."""
        holder = self.for_each or self.parallel or self.loop
        return holder.steps if holder else {}

    def _of(self, kind: Kind) -> object:
        return self.values if kind == "set" else getattr(self, kind)


Steps = Annotated[dict[Name, Step], Field(min_length=1, max_length=100)]


class Playbook(Part):
    """The whole document. ``require`` must hold of the inputs, before anything begins; ``remember`` is the milestone
    that the project's memory keeps of a play that ended.
    """

    version: Literal[1]
    name: Annotated[str, Field(max_length=32), AfterValidator(as_value_error(lambda name: check_name(name)))]
    description: str = Field(min_length=1)
    inputs: dict[Variable, Input] = Field(default={}, max_length=32)
    require: tuple[Condition, ...] = Field(default=(), max_length=20, strict=False)
    steps: Steps
    outputs: dict[Variable, OutputSpec] = Field(default={}, max_length=32)
    remember: TemplateText = ""

    @property
    def given_back(self) -> dict[str, Output]:
        """The outputs, each with its type or None."""
        return {name: Output(value=one) if isinstance(one, str) else one for name, one in self.outputs.items()}


for _model in (ForEach, Parallel, Loop, Step, Playbook):
    _model.model_rebuild()
