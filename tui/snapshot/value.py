"""What a value of a picture is: a dataclass with slots that nobody changes.

Rule 1: mypy holds it to be frozen (PEP 681, ``frozen_default``). At run time it is not: to make a frozen one takes five
    times as long, and a long journal makes half a million; it has no hash either.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Kind = TypeVar("Kind")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(kind: type[Kind]) -> type[Kind]:
    """Make ``kind``, whose fields are annotated as those of a dataclass, a value."""
    return dataclass(slots=True)(kind)
