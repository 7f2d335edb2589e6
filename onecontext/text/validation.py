"""What pydantic found wrong with a document, as words for people and models."""

import difflib
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError


def first_problem(error: ValidationError, *, whole: str = "", of: type[BaseModel] | None = None) -> str:
    """Return the first problem with its place, as one sentence; ``whole`` names a place that has no path.

    Args:
        of: what the document was to be; a key that it does not have is then told with the nearest that it has.
    """
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"] if part != "[key]") or whole
    message = in_words(problem, of)
    return f"{place}: {message}" if place else message


def in_words(problem: Mapping[str, Any], of: type[BaseModel] | None = None) -> str:
    """Return what one of pydantic's errors says, without its place."""
    if problem["type"] == "extra_forbidden":
        return _unknown_key(str(problem["loc"][-1]), _keys_at(of, problem["loc"][:-1]))
    if problem["type"] == "missing":
        return "it is missing"
    return str(problem["msg"]).removeprefix("Value error, ")


def _unknown_key(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    said = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}" if known else ""
    return f"no such key{said}"


def _keys_at(annotation: Any, path: Sequence[str | int]) -> list[str]:
    """Return the keys that a document may have at ``path``; none where that is not plain to see."""
    for part in path:
        annotation = _inside(annotation, part)
    return list(_fields(annotation))


def _inside(annotation: Any, part: str | int) -> Any:
    """Return the type of what stands at a key, or a place, of a value of this type; None where that is not known."""
    if fields := _fields(annotation):
        return fields.get(str(part))
    origin, inner = get_origin(annotation), get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return inner[1]
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return inner[0]
    # One of several: the first that has such a place.
    return next((found for one in inner if (found := _inside(one, part)) is not None), None)


def _fields(annotation: Any) -> dict[str, Any]:
    """Return the keys of a model with their types, also of one that may be absent."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
    several = get_origin(annotation) in (Union, UnionType, Annotated)
    return next((found for one in get_args(annotation) if (found := _fields(one))), {}) if several else {}
