"""What the parts of a playbook are made of: names, texts that are read at once, inputs, outputs and conditions.

Rule 1: every expression, insertion and type is read where the document is read; what is none is refused there.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from onecontext.errors import OneContextError
from onecontext.names import check_name
from teams.playbook.expressions import Expression
from teams.playbook.templates import Template
from teams.playbook.types import annotation, check_field


def as_value_error(check: Any) -> Any:
    """Return ``check`` with our errors as those that pydantic gathers."""

    def checked(value: Any) -> Any:
        try:
            check(value)
        except OneContextError as error:
            raise ValueError(error.message) from error
        return value

    return checked


Name = Annotated[str, Field(max_length=32), AfterValidator(as_value_error(lambda name: _checked_name(name)))]
Role = Annotated[str, Field(max_length=40), AfterValidator(as_value_error(lambda name: check_name(name, what="role")))]
Variable = Annotated[str, AfterValidator(as_value_error(check_field))]
ExpressionText = Annotated[str, AfterValidator(as_value_error(Expression))]
"""An expression, as it stands."""
TemplateText = Annotated[str, AfterValidator(as_value_error(Template))]
"""A text with ``{{ expressions }}`` in it."""
TypeSpec = Annotated[str | list[Any] | dict[str, Any], AfterValidator(as_value_error(annotation))]


def _checked_name(name: str) -> None:
    check_name(name, what="step")
    if "." in name or "-" in name:
        raise ValueError(f"{name!r} cannot name a step, because expressions say steps.NAME; use _ in place of - and .")


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Input(Part):
    """What the person gives. Without a ``default`` it must be given."""

    type: TypeSpec
    description: str = ""
    default: Any = None

    @property
    def is_required(self) -> bool:
        return "default" not in self.model_fields_set


class Output(Part):
    """What a play gives back; of a play that is done, ``value`` fits ``type``. None: it may be anything."""

    value: TemplateText
    type: TypeSpec | None = None


def _kind_of_output(given: Any) -> str:
    return "value" if isinstance(given, str) else "typed"


OutputSpec = Annotated[
    Annotated[TemplateText, Tag("value")] | Annotated[Output, Tag("typed")], Discriminator(_kind_of_output)
]
"""A text alone, or one with its type."""


class Condition(Part):
    """Something that must hold: an expression that is true, or a command that exits 0; ``otherwise`` says it in words.

    The command runs in the sandbox, in a fresh copy of what the step left.
    """

    that: ExpressionText | None = None
    run: TemplateText | None = None
    otherwise: TemplateText = Field(default="", alias="else")
    timeout_s: float = Field(default=120.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _is_one(self) -> "Condition":
        if (self.that is None) == (self.run is None):
            raise ValueError("a condition has either 'that' (an expression) or 'run' (a command)")
        return self
