"""What other programs say about a branch, in the words of our metadata.

Rule 1: only keys whose meaning is known are translated; others keep their names, but none of ours is written over.
"""

import re
from datetime import date
from typing import Any

from onecontext.exchange.found import clean

_TRANSLATED = {"created_from": "parent", "parent": "parent", "created_at": "created", "created": "created"}
_TEXTS = ("purpose", "status", "merged_into", "merged_at")
_OURS = ("merged", "pinned", "name")
_PURPOSE = re.compile(r"^## Purpose[ \t]*\n+(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def metadata_of(known: dict[str, Any] | None) -> dict[str, Any]:
    """Return the keys of a foreign mapping under our names; empty for None."""
    found: dict[str, Any] = {}
    for key, value in (known or {}).items():
        if key in _OURS or value is None or value == "":
            continue
        if key in _TRANSLATED or key in _TEXTS:
            if isinstance(value, str | date):
                found[_TRANSLATED.get(key, key)] = clean(str(value))
        else:
            found[clean(key)] = cleaned(value)
    return found


def purpose_of(summary: bytes | None) -> dict[str, Any]:
    """Return the purpose that a summary.md states under a heading of that name; empty where there is none."""
    match = _PURPOSE.search((summary or b"").decode("utf-8", "replace"))
    text = clean(match.group(1).strip()) if match else ""
    return {"purpose": text} if text else {}


def cleaned(value: Any) -> Any:
    """Return plain values with every text in them redacted; of YAML's rarer kinds nothing is left but null."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    return value if isinstance(value, int | float | date) else None
