"""``metadata.yaml`` of a branch: read, written, and merged key by key.

Rule 1: keys that people add are kept; the file is always sorted, so the same data are the same bytes.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from onecontext.errors import REPAIR, DamagedDocument, InvalidDocument
from onecontext.memory import plain_yaml

_ABSENT = object()
# Line ends and a mark that libyaml, in contrast to PyYAML, folds or drops where they stand unescaped.
_FOLDED = "\x85\u2028\u2029\ufeff"


def load(content: bytes | None, *, where: str) -> dict[str, Any]:
    """Return the mapping in ``content``; empty for None or an empty file.

    Raises:
        DamagedDocument: it is no YAML mapping with text keys.
    """
    plain = plain_yaml.load((content or b"").decode("utf-8", "replace"))
    if plain is not None:
        return plain
    import yaml

    try:
        # libyaml reads it in a tenth of the time, where PyYAML was built with it; both make the same of it.
        data = yaml.load(content or b"", getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # both are safe loaders
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        at = f", line {line + 1}" if line is not None else ""
        raise DamagedDocument(f"{where}{at} is not YAML", hint=f"correct it by hand, or: {REPAIR}") from error
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise DamagedDocument(f"{where} is not a mapping of names to values", hint=f"correct it by hand, or: {REPAIR}")
    return data


def value(text: str) -> Any:
    """Return the one YAML value that ``text`` is.

    Raises:
        InvalidDocument: it is none, or one that :func:`dump` cannot write.
    """
    import yaml

    try:
        found = yaml.safe_load(text)
        yaml.safe_dump(found)
    except yaml.YAMLError as error:
        raise InvalidDocument("the text is not YAML", hint="quote it as YAML does") from error
    return found


def dump(data: dict[str, Any]) -> bytes:
    """Return ``data`` as YAML with sorted keys, in the pure Python form that is the same everywhere."""
    import yaml

    text = yaml.dump(data, Dumper=_dumper(), sort_keys=True, allow_unicode=True, width=120)
    return str(text).encode("utf-8")


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts that have these line ends in double quotes: in single ones a reader folds U+0085 to a blank."""

    def text_node(dumper: Any, text: str) -> Any:
        style = '"' if any(end in text for end in _FOLDED) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, text_node)
    return Dumper


def new(*, purpose: str, parent: str | None, created: str, pinned: Sequence[str] = ()) -> dict[str, Any]:
    """Return the metadata that a branch begins with."""
    return {
        "created": created,
        "env_config": {},
        "file_structure": {},
        "merged": [],
        "parent": parent,
        "pinned": list(pinned),
        "purpose": purpose,
        "status": "active",
    }


def merge(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, tuple[Any, Any]]]:
    """Merge key by key; where both changed a key differently ours stays, and the conflict tells both sides.

    Returns:
        the merged mapping, and the conflicts: key to (ours, theirs), None for a side that took the key away.
    """
    merged: dict[str, Any] = {}
    conflicts: dict[str, tuple[Any, Any]] = {}
    for key in sorted(ours.keys() | theirs.keys()):
        before, left, right = (side.get(key, _ABSENT) for side in (base, ours, theirs))
        value = left
        if left == before:
            value = right
        elif right not in (before, left):
            conflicts[key] = (ours.get(key), theirs.get(key))
        if value is not _ABSENT:
            merged[key] = value
    return merged, conflicts
