"""From a function to what checks the arguments of a call, and to the JSON Schema that a model sees of it.

Rule 1: what is made depends on nothing but the name, the annotations, the docstring and the defaults of a function, so
        it is made once for all functions that are alike in these.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import lru_cache, partial
from typing import Any, NamedTuple, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.errors import PydanticUserError

from onecontext.errors import UsageError
from teams.agent.schema import compact

_MODELS = 256
_SHOWN = 500


class _Parameter(NamedTuple):
    """What is told of one parameter; ``default`` is of no type that JSON has where none is told."""

    name: str
    hint: Any
    description: str | None
    may_be_left_out: bool
    default: tuple[type, str | int | float | bool] | None = None


def arguments_of(
    function: Callable[..., object], called: str, texts: Mapping[str, str]
) -> tuple[type[BaseModel], dict[str, Any]]:
    """Return the model of a tool's arguments, and their JSON Schema, which is the caller's own.

    Args:
        called: what the model calls it.
        texts: names of parameters to what is said of them.

    Raises:
        UsageError: no tool can be made of it; the message names the function and the reason.
    """
    fields = _fields(function, called, texts)
    try:
        arguments, schema = _made_once(called, fields)
    except TypeError:  # an annotation that cannot be looked up
        arguments, schema = _made(called, fields)
    return arguments, deepcopy(schema)


def written(function: Any) -> Any:
    """Return the function as somebody wrote it: what a partial, a method or a callable object calls in the end."""
    while isinstance(function, partial):
        function = function.func
    return function if inspect.isroutine(function) or inspect.isclass(function) else type(function).__call__


def _fields(function: Callable[..., object], called: str, texts: Mapping[str, str]) -> tuple[_Parameter, ...]:
    try:
        parameters = inspect.signature(function).parameters
        hints = get_type_hints(written(function), include_extras=True)
    except (NameError, TypeError, ValueError) as error:
        raise UsageError(f"the annotations of the tool {called} cannot be read: {error}") from error
    fields: list[_Parameter] = []
    for name, parameter in parameters.items():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise UsageError(f"the tool {called} takes {parameter}: only parameters with a name of their own work")
        left_out, default = parameter.default is not parameter.empty, parameter.default
        told = (type(default), default) if isinstance(default, str | int | float | bool) else None
        fields.append(_Parameter(name, hints.get(name, Any), texts.get(name), left_out, told))
    return tuple(fields)


def _made(called: str, fields: tuple[_Parameter, ...]) -> tuple[type[BaseModel], dict[str, Any]]:
    slots: dict[str, Any] = {}
    for index, field in enumerate(fields):
        # Slots p0, p1, … with the name as alias: a parameter may be called "json" or "copy", which pydantic reserves.
        about: dict[str, Any] = {"alias": field.name, "description": field.description}
        if field.may_be_left_out:
            about["default"] = None  # never used: what the model leaves out is left to the function
            about["json_schema_extra"] = {"default": field.default and field.default[1]}
        slots[f"p{index}"] = (field.hint, Field(**about))
    try:
        arguments = create_model(called, __config__=ConfigDict(extra="forbid"), **slots)
    except (PydanticUserError, TypeError) as error:
        raise UsageError(f"the annotations of the tool {called} have no JSON form: {_told(error)}") from error
    return arguments, _parameters(arguments)


# Each attempt makes its tools anew, of functions that are alike. A model takes milliseconds and 100 KB, and is part of
# a cycle, so it would stay until Python looks for those.
_made_once = lru_cache(_MODELS)(_made)


def _parameters(arguments: type[BaseModel]) -> dict[str, Any]:
    try:
        schema: dict[str, Any] = compact(arguments.model_json_schema())
    except PydanticUserError as error:
        raise UsageError(f"{arguments.__name__} takes what JSON cannot say: {_told(error)}") from error
    for field in schema.get("properties", {}).values():
        if field.get("default", ...) is None:
            del field["default"]
    return {"type": "object", "properties": {}, **schema}


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_SHOWN]
