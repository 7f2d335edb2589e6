"""What a foreign branch is called here, where its name is none of ours.

Rule 1: a name that is one of ours stays; any other becomes lower case ASCII, every run of other characters one hyphen.
Rule 2: two that would be the same differ by ``-2``, ``-3`` in the order of the foreign names.
"""

import re
import unicodedata
from collections.abc import Iterable

from onecontext.names import MAX_LENGTH, is_name

_OTHER = re.compile(r"[^a-z0-9._-]+")
_DOTS = re.compile(r"\.{2,}")


def mapped(names: Iterable[str]) -> dict[str, str]:
    """Return foreign names to ours, each to another one."""
    wanted = sorted(set(names))
    found = {name: name for name in wanted if is_name(name)}
    taken = set(found)
    for name in [name for name in wanted if name not in found]:
        stem = valid(name)
        number = 1
        while (candidate := numbered(stem, number)) in taken:
            number += 1
        taken.add(candidate)
        found[name] = candidate
    return found


def valid(name: str) -> str:
    """Return the name of ours that is nearest to ``name``."""
    letters = unicodedata.normalize("NFKD", name.encode("utf-8", "replace").decode("utf-8"))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter)).lower()
    text = _DOTS.sub(".", _OTHER.sub("-", plain))[:MAX_LENGTH].strip("-_.")
    if text.endswith(".lock"):
        text = text.removesuffix(".lock") + "-lock"
    for candidate in (text, f"b-{text}"[:MAX_LENGTH].strip("-_.")):
        if is_name(candidate):
            return candidate
    return "branch"


def numbered(stem: str, number: int) -> str:
    """Return ``stem`` for 1, else ``stem-2`` and so on, short enough to be a name."""
    if number == 1:
        return stem
    suffix = f"-{number}"
    return stem[: MAX_LENGTH - len(suffix)].rstrip("-_.") + suffix
