"""``key=value`` on a command line as the JSON that a tool's schema asks for.

    key=value       by the type in the schema: text stays text (000123, true, 1e5), numbers become numbers
    key:=JSON       the JSON value as it is
    key=@FILE       the text of a file; key:=@FILE its JSON
    a.b=value       member b of the object a, where no key is called "a.b"
    key=x key=y     elements of a list

Rule 1: the schema decides, never the look of a value; where it leaves a choice that holds text, it is text.
Rule 2: an unknown key, a missing one and a value that does not fit are named, with the nearest that would.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from onecontext.errors import InvalidDocument, UsageError
from skills.mcp.signature import parameters, resolved, type_of

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_MAX_DIGITS = 400
_MAX_DEPTH = 16
Read = Callable[[str], str]


def arguments_of(words: Sequence[str], schema: Mapping[str, Any], read: Read) -> dict[str, Any]:
    """Return the arguments that ``words`` say.

    Args:
        read: returns the text of a file.

    Raises:
        UsageError: a word is none of the forms above, or does not fit the schema; the message names it.
    """
    found: dict[str, Any] = {}
    for word in words:
        key, is_json, text = _parts(word)
        path = _path(key, schema)
        about = _about(path, schema)
        if text.startswith("@"):
            text = _read(read, text[1:], word)
        value = _json(text, word) if is_json else converted(text, about, schema, key)
        _put(found, path, value, about, schema, is_json=is_json)
    check(found, schema)
    return found


def check(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Refuse arguments that lack a key which must be there, or have one that may not.

    Raises:
        UsageError: the message names the keys, and the nearest known one.
    """
    properties = _mapping(schema.get("properties"))
    required = schema.get("required")
    missing = [name for name in required if name not in arguments] if isinstance(required, list) else []
    if not schema.get("additionalProperties", not properties):
        for key in arguments:
            if key not in properties:
                raise UsageError(f"the tool has no parameter {key!r}", hint=_nearest(key, properties, schema))
    if missing:
        named = ", ".join(map(repr, missing))
        raise UsageError(f"the tool needs {named}", hint=f"it takes ({parameters(schema)})")


def converted(text: str, about: Mapping[str, Any], root: Mapping[str, Any], key: str) -> Any:
    """Return ``text`` as the value that the schema ``about`` of ``key`` asks for.

    Raises:
        UsageError: it cannot be one; the message says what is wanted.
    """
    about = resolved(about, root)
    for choice in _choices(about):
        if text == (choice if isinstance(choice, str) else json.dumps(choice)):
            return choice
    kinds = kinds_of(about, root)
    if not kinds or "string" in kinds:
        return _chosen(text, about, root, key)
    for kind in ("integer", "number", "boolean", "null", "array", "object"):
        if kind in kinds:
            value = _as(kind, text, about, root, key)
            if value is not _NOT:
                return _chosen(value, about, root, key)
    raise UsageError(f"{key} must be {_wanted(about, root)}, and {text[:60]!r} is not")


def kinds_of(about: Mapping[str, Any], root: Mapping[str, Any], depth: int = 4) -> frozenset[str]:
    """Return the JSON types that a schema allows; an empty set where it does not say."""
    about = resolved(about, root)
    named = about.get("type")
    kinds = {kind for kind in (named if isinstance(named, list) else [named]) if isinstance(kind, str)}
    for union in ("anyOf", "oneOf", "allOf"):
        parts = about.get(union)
        for part in parts[:16] if isinstance(parts, list) and depth else ():
            kinds |= kinds_of(_mapping(part), root, depth - 1)
    return frozenset(kinds)


_NOT = object()


def _as(kind: str, text: str, about: Mapping[str, Any], root: Mapping[str, Any], key: str) -> Any:
    plain = text.strip()
    if kind in ("integer", "number") and len(plain) <= _MAX_DIGITS:
        if _INTEGER.fullmatch(plain):
            return int(plain)
        if kind == "number" and _NUMBER.fullmatch(plain) and abs(float(plain)) != float("inf"):
            return float(plain)
    elif kind == "boolean" and plain.lower() in ("true", "false"):
        return plain.lower() == "true"
    elif kind == "null" and plain == "null":
        return None
    elif kind in ("array", "object") and plain[:1] == {"array": "[", "object": "{"}[kind]:
        return _json(plain, f"{key}={text[:60]}")
    elif kind == "array":
        return [converted(text, _items(about, root), root, key)]
    return _NOT


def _chosen(value: Any, about: Mapping[str, Any], root: Mapping[str, Any], key: str) -> Any:
    choices = _choices(about)
    if choices and "anyOf" not in about and "oneOf" not in about:
        said = [choice if isinstance(choice, str) else json.dumps(choice) for choice in choices]
        near = difflib.get_close_matches(str(value), said, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it is one of {', '.join(said[:20])}"
        raise UsageError(f"{key} cannot be {str(value)[:60]!r}", hint=hint)
    return value


def _parts(word: str) -> tuple[str, bool, str]:
    key, sign, text = word.partition("=")
    if not sign or not key.removesuffix(":"):
        raise UsageError(
            f"{word[:60]!r} is not key=value", hint="write key=value, key:=JSON, key=@FILE, or --json '{…}'"
        )
    return key.removesuffix(":"), key.endswith(":"), text


def _path(key: str, schema: Mapping[str, Any]) -> list[str]:
    """Return the names on the way to ``key``: one, unless it has dots and its beginning is an object's name."""
    properties = _mapping(schema.get("properties"))
    if key in properties or "." not in key:
        return [key]
    head, _, rest = key.partition(".")
    if head not in properties or not rest:
        return [key]
    inner = resolved(properties[head], schema)
    if "object" not in kinds_of(inner, schema):
        raise UsageError(
            f"{head!r} is no object, so there is no {key!r}", hint=f"the tool takes ({parameters(schema)})"
        )
    return [head, *_path(rest, {**schema, "properties": inner.get("properties", {})})][:_MAX_DEPTH]


def _about(path: Sequence[str], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    about: Mapping[str, Any] = schema
    for name in path:
        members = _mapping(resolved(about, schema).get("properties"))
        more = resolved(about, schema).get("additionalProperties")
        about = resolved(members.get(name, more if isinstance(more, dict) else {}), schema)
    return about


def _put(
    found: dict[str, Any],
    path: Sequence[str],
    value: Any,
    about: Mapping[str, Any],
    root: Mapping[str, Any],
    *,
    is_json: bool,
) -> None:
    *way, name = path
    for part in way:
        found = found.setdefault(part, {})
        if not isinstance(found, dict):
            raise UsageError(f"{part!r} is given as a whole and by its members; choose one")
    if name not in found:
        found[name] = value
    elif isinstance(found[name], list) and isinstance(value, list) and not is_json:
        found[name] = found[name] + value
    else:
        raise UsageError(f"{'.'.join(path)!r} is given twice, and it is no list")


def _read(read: Read, name: str, word: str) -> str:
    try:
        return read(name)
    except (OSError, UnicodeDecodeError, InvalidDocument) as error:
        why = getattr(error, "strerror", None) or str(error)
        key = word.partition("=")[0].removesuffix(":")
        raise UsageError(
            f"{name[:80]!r} in {word[:60]!r} cannot be read: {why}",
            hint=f"text that begins with @ is written as {key}:='\"@…\"'",
        ) from error


def _json(text: str, word: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{word[:60]!r} holds no JSON: {error}") from error


def _items(about: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    for part in [about, *(about.get("anyOf") or []), *(about.get("oneOf") or [])]:
        part = resolved(part, root)
        if isinstance(part.get("items"), dict):
            return resolved(part["items"], root)
    return {}


def _choices(about: Mapping[str, Any]) -> list[Any]:
    if "const" in about:
        return [about["const"]]
    choices = about.get("enum")
    return choices if isinstance(choices, list) else []


def _wanted(about: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    return {"int": "an integer", "bool": "true or false", "": "text"}.get(said := type_of(about, root), said)


def _nearest(key: str, properties: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(key, properties, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"it takes ({parameters(schema)})"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
