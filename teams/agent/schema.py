"""From a function to what the model sees of it: JSON Schema of its parameters, and its docstring taken apart.

Rule 1: every word here is paid for in every request, so the schema keeps only what a model needs.
"""

import inspect
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_ARGS = re.compile(r"^(?:Args|Arguments|Parameters):\s*$")
_SECTION = re.compile(r"^(?:Args|Arguments|Parameters|Returns|Raises|Yields|Example|Examples|Note|Notes):\s*$")
_PARAMETER = re.compile(r"^(\w+)(?:\s*\([^)]*\))?:\s*(.*)$")

_UNHEARD = ("title", "additionalProperties", "maxItems", "maxLength")
"""Names, and sizes that nobody reaches who means well: what is beyond them is refused with a reason, too."""
_SAYS_NOTHING = [
    *(("minLength", 1), ("minItems", 1), ("minimum", 0), ("maximum", 255), ("maximum", 3600), ("exclusiveMinimum", 0)),
    *(("default", ""), ("default", [])),
]
"""What a model does anyway; a value that breaks it is refused with a reason when the tool is called."""


class Described(NamedTuple):
    """A docstring taken apart: the description, and parameter names to their descriptions."""

    text: str
    parameters: Mapping[str, str]


def described(function: object) -> Described:
    """Take apart the Google style docstring of ``function``; without one, both parts are empty."""
    lines = (inspect.getdoc(function) or "").splitlines()
    head = next((index for index, line in enumerate(lines) if _SECTION.match(line)), len(lines))
    start = next((index + 1 for index, line in enumerate(lines) if _ARGS.match(line)), len(lines))
    parameters: dict[str, str] = {}
    name, margin = "", 0
    for line in lines[start:]:
        if line and not line[0].isspace():
            break  # the next section
        indent = len(line) - len(line.lstrip())
        match = _PARAMETER.match(line.strip()) if not name or indent <= margin else None
        if match:
            name, margin = match.group(1), indent
            parameters[name] = match.group(2)
        elif name and line.strip():
            parameters[name] += " " + line.strip()
    return Described("\n".join(lines[:head]).strip(), parameters)


def compact(schema: Any) -> Any:
    """Return a schema of pydantic's without titles, without what says nothing, and with ``X | None`` as ``X``."""
    if isinstance(schema, list):
        return [compact(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs", "patternProperties"):  # below these, keys are names and not keywords
            kept[key] = {name: compact(part) for name, part in value.items()}
        elif (key, value) in _SAYS_NOTHING or (key in _UNHEARD and not isinstance(value, dict)):
            continue
        elif key == "description" and isinstance(value, str):
            kept[key] = " ".join(value.replace("``", "`").split())
        elif key in ("default", "const", "enum", "examples"):
            kept[key] = value
        else:
            kept[key] = compact(value)
    return _without_null(kept)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1 and len(schema["anyOf"]) == 2:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        if rest.get("default", ...) is None:
            del rest["default"]
        return {**kinds[0], **rest}
    return schema
