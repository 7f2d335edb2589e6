"""The types of inputs, outputs and results: how they are written, and what fits them.

Rule 1: a type is a word (``str int float bool path``), ``list[TYPE]``, ``enum[a, b]``, or a mapping of names to types;
    a list of mappings is written as a list with that one mapping in it.
Rule 2: nothing is bent to fit: "3" is no int.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from onecontext.errors import InvalidDocument
from onecontext.text.validation import first_problem

MAX_DEPTH = 4
FIELD = re.compile(r"[a-z][a-z0-9_]{0,47}")
"""What an input, an output, a result or an item may be called."""
_LIST = re.compile(r"list\[(.+)\]")
_ENUM = re.compile(r"enum\[(.+)\]")


def _inside(path: str) -> str:
    parts = PurePosixPath(path)
    if not path or parts.is_absolute() or ".." in parts.parts or "\0" in path:
        raise ValueError("it is no path inside the repository")
    return path


_WORDS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": Annotated[float, Field(allow_inf_nan=False)],
    "bool": bool,
    "path": Annotated[str, AfterValidator(_inside)],
}


def annotation(spec: Any, *, name: str = "value", depth: int = 0) -> Any:
    """Return the Python type that ``spec`` means.

    Raises:
        ValueError: it is none; the message says what there is.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"types are nested more than {MAX_DEPTH} deep")
    if isinstance(spec, str):
        return _of_word(spec.strip(), name, depth)
    if isinstance(spec, list) and len(spec) == 1:
        return list[annotation(spec[0], name=name, depth=depth + 1)]  # type: ignore[misc]
    if isinstance(spec, dict) and spec:
        return model_of(spec, name=name, depth=depth)
    raise ValueError(f"{spec!r} is no type: write str, int, float, bool, path, list[…], enum[…] or a mapping of fields")


def model_of(fields: Mapping[str, Any], *, name: str, depth: int = 0) -> type[BaseModel]:
    """Return a model with exactly these fields, all of them required."""
    made: dict[str, Any] = {}
    for field, spec in fields.items():
        check_field(field)
        # Aliases: a field may be called "json" or "copy", which pydantic reserves.
        made[f"f_{field}"] = (annotation(spec, name=field, depth=depth + 1), Field(alias=field))
    return create_model(name, __config__=ConfigDict(extra="forbid", strict=True), **made)


def check_field(name: Any) -> str:
    """Return ``name`` if a field may be called so.

    Raises:
        ValueError: it may not.
    """
    if not isinstance(name, str) or not FIELD.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a field; use up to 48 of a-z, 0-9 and _, a letter first")
    return name


def _of_word(word: str, name: str, depth: int) -> Any:
    if word in _WORDS:
        return _WORDS[word]
    if match := _LIST.fullmatch(word):
        return list[annotation(match[1], name=name, depth=depth + 1)]  # type: ignore[misc]
    if match := _ENUM.fullmatch(word):
        values = tuple(dict.fromkeys(value.strip() for value in match[1].split(",")))
        if all(values):
            return Literal[values]
    raise ValueError(f"{word!r} is no type: write str, int, float, bool, path, list[…], enum[a, b] or fields")


def fit(spec: Any, value: Any, *, what: str) -> Any:
    """Return ``value`` as plain data if it fits the type.

    Raises:
        InvalidDocument: it does not; the message begins with ``what``.
    """
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation(spec))
        checked = adapter.validate_python(value, strict=True)
        return adapter.dump_python(checked, mode="json", by_alias=True)
    except ValidationError as error:
        raise InvalidDocument(f"{what}: {first_problem(error)} (its type is {shown(spec)})") from error


def of_text(spec: Any, text: str, *, what: str) -> Any:
    """Return what somebody typed for a value of this type: as it is for texts, else read as YAML; a list of words may
    be separated by commas.

    Raises:
        InvalidDocument: it does not fit.
    """
    plain = isinstance(spec, str) and (spec.strip() in ("str", "path") or _ENUM.fullmatch(spec.strip()))
    if plain:
        return fit(spec, text, what=what)
    if isinstance(spec, str) and _LIST.fullmatch(spec.strip()) and not text.lstrip().startswith("["):
        text = f"[{text}]"
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidDocument(f"{what}: {text[:80]!r} cannot be read as {shown(spec)}") from error
    return fit(spec, value, what=what)


def shown(spec: Any) -> str:
    """Return a type as it is written, on one line."""
    return spec if isinstance(spec, str) else yaml.safe_dump(spec, default_flow_style=True, width=10_000).strip()
