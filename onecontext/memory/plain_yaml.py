"""The plain part of YAML that a branch's metadata mostly is.

To import a YAML library takes longer than all the rest of a look at the memory.

Rule 1: what is not plain beyond doubt (another form, a word that YAML takes for something else) is None, and is left to
        the library; what is returned is what the library returns.
"""

import re
from collections.abc import Callable

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_TEXT = r"'[^'\n]*'|[A-Za-z](?:[A-Za-z0-9 ,._/()+-]*[A-Za-z0-9._/()+-])?"
_PAIR = re.compile(rf"({_WORD}): (\[\]|\{{\}}|{_TEXT})")
_LIST = re.compile(rf"({_WORD}):")
_ITEM = re.compile(rf"- ({_TEXT})")
_TAKEN = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])


_EMPTY: dict[str, Callable[[], object]] = {"[]": list, "{}": dict, "null": lambda: None}


def load(text: str) -> dict[str, object] | None:
    """Return the mapping of names to texts, lists of texts, empty lists and mappings, and null; None for any other."""
    found: dict[str, object] = {}
    items: list[str] | None = None
    if not text.isascii() or not text.endswith("\n"):
        return None
    for line in text[:-1].split("\n"):
        if items is not None and (match := _ITEM.fullmatch(line)):
            if (item := _text(match[1])) is None:
                return None
            items.append(item)
            continue
        if items == []:
            return None  # nothing below a name means null
        match = _PAIR.fullmatch(line) or _LIST.fullmatch(line)
        if match is None or match[1].lower() in _TAKEN:
            return None
        items = [] if match.lastindex == 1 else None
        if items is not None:
            found[match[1]] = items
        elif match[2] in _EMPTY:
            found[match[1]] = _EMPTY[match[2]]()
        elif (value := _text(match[2])) is not None:
            found[match[1]] = value
        else:
            return None
    return None if items == [] else found


def _text(written: str) -> str | None:
    if written.startswith("'"):
        return written[1:-1]
    return None if written.lower() in _TAKEN else written
