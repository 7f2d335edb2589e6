"""One line for each tool: what it is called, what it takes, what it is for.

    create_issue(owner, repo, title, labels?: [str], state?: open|closed = open) — Create an issue.

A parameter without a type takes text; ``?`` says that it may be left out; ``a|b`` that one of them is wanted, and an
ellipsis that what may be chosen stands in the schema.

Rule 1: a line is one line, whatever a name, a description or a schema holds: control and direction characters are
        shown, not obeyed, and what is no plain name is written as a JSON string.
Rule 2: the time is bounded: references are followed, and nesting is shown, one level deep.
Rule 3: a line says less than the schema, never something else; what does not fit is marked with an ellipsis.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from onecontext.text.fence import one_line
from skills.mcp.plain_name import plain_name
from skills.mcp.tools import Tool

MAX_SENTENCE = 90  # characters
_MAX_PARAMETERS = 24
_MAX_CHOICES, _MAX_CHOICES_LENGTH = 12, 90
_MAX_DEFAULT = 16  # characters
_MAX_MEMBERS = 8
_WORD = re.compile(r"[A-Za-z0-9_./:+-]{1,40}", re.ASCII)
_TYPES = {"string": "", "integer": "int", "number": "number", "boolean": "bool", "array": "list", "object": "object"}
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]'\"`])[.!?](?=\s|$)|\n\s*\n|\s{2,}[-*#]|\n(?=\s*[-*#<])")


def signature(tool: Tool) -> str:
    """Return the line of a tool."""
    sentence = first_sentence(tool.description)
    return f"{plain_name(tool.name)}({parameters(tool.parsed)})" + (f" — {sentence}" if sentence else "")


def first_sentence(text: str) -> str:
    """Return the first sentence of a description on one line, shortened at a word."""
    head = text.lstrip()[: 4 * MAX_SENTENCE]
    line = one_line(_SENTENCE_END.split(head, maxsplit=1)[0], limit=4 * MAX_SENTENCE).rstrip(".:")
    if len(line) <= MAX_SENTENCE:
        return line
    return line[: MAX_SENTENCE - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def parameters(schema: Mapping[str, Any]) -> str:
    """Return what a tool takes: what it must have first, then what may be left out, each in the schema's order."""
    properties = _mapping(schema.get("properties"))
    required = _names(schema.get("required"))
    ordered = sorted(properties, key=lambda name: name not in required)
    shown = [_parameter(name, properties[name], name in required, schema) for name in ordered[:_MAX_PARAMETERS]]
    return ", ".join(shown + (["…"] if len(ordered) > _MAX_PARAMETERS else []))


def _parameter(name: str, about: Any, is_required: bool, root: Mapping[str, Any]) -> str:
    about = resolved(about, root)
    kind = type_of(about, root)
    default = "" if is_required else _default(about.get("default"))
    return f"{plain_name(name)}{'' if is_required else '?'}{f': {kind}' if kind else ''}{default}"


def type_of(about: Mapping[str, Any], root: Mapping[str, Any], depth: int = 1) -> str:
    """Return the type of a value in a few characters; "" is text."""
    choices = _choices(about)
    if choices is not None:
        return choices
    kinds = dict.fromkeys(_kinds(about, root, depth))
    if len(kinds) == 1:
        return next(iter(kinds))
    return "|".join(kind or "str" for kind in list(kinds)[:4]) if kinds else "any"


def resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that a reference within the document leads to, followed at most four times."""
    about = _mapping(schema)
    for _ in range(4):
        reference = about.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        target: Any = root
        for part in reference[2:].split("/")[:8]:
            target = _mapping(target).get(part.replace("~1", "/").replace("~0", "~"))
        about = {**_mapping(target), **{key: value for key, value in about.items() if key != "$ref"}}
    return about


def _kinds(about: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Iterator[str]:
    for union in ("anyOf", "oneOf"):
        for part in _list(about.get(union))[:_MAX_MEMBERS]:
            part = resolved(part, root)
            if part.get("type") != "null" and depth >= 0:
                yield type_of(part, root, depth - 1)
    for part in _list(about.get("allOf"))[:1]:
        if depth >= 0:
            yield type_of(resolved(part, root), root, depth - 1)
    named = about.get("type")
    for kind in _list(named) if isinstance(named, list) else [named]:
        if isinstance(kind, str) and kind in _TYPES:
            yield _container(kind, about, root, depth)


def _container(kind: str, about: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> str:
    if kind == "array" and about.get("items") and depth > 0:
        return f"[{type_of(resolved(about['items'], root), root, depth - 1) or 'str'}]"
    members = _mapping(about.get("properties"))
    if kind == "object" and members and depth > 0:
        required = _names(about.get("required"))
        names = [f"{plain_name(name)}{'' if name in required else '?'}" for name in list(members)[:_MAX_MEMBERS]]
        return f"{{{', '.join(names)}{', …' if len(members) > _MAX_MEMBERS else ''}}}"
    return _TYPES[kind]


def _choices(about: Mapping[str, Any]) -> str | None:
    """Return what may be chosen; an ellipsis where it is too much for a line, None where all may be."""
    values = [about["const"]] if "const" in about else _list(about.get("enum"))
    words = [_word(value) for value in values[: _MAX_CHOICES + 2] if value is not None]
    if not words:
        return None
    is_too_much = len(words) > _MAX_CHOICES or sum(map(len, words)) > _MAX_CHOICES_LENGTH
    return "…" if is_too_much else "|".join(words)


def _default(value: Any) -> str:
    if value is None or value == "" or (isinstance(value, dict | list | float) and not value):
        return ""
    word = _word(value)
    return f" = {word}" if len(word) <= _MAX_DEFAULT else ""


def _word(value: Any) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    if isinstance(value, dict | list):
        return "…"
    return json.dumps(value)[:60]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: Any) -> frozenset[str]:
    return frozenset(name for name in _list(value) if isinstance(name, str))
