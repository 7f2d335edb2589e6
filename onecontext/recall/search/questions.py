"""Whether a text asks something: its answer stands in the next one."""

from collections.abc import Iterable

_MARKS = ("?", "？", "؟")
_LOOKED_AT = 200  # characters at the end: a longer run of spaces is not looked through


def asks(texts: Iterable[str]) -> bool:
    """Say whether one of ``texts`` ends with a question."""
    return any(text[-_LOOKED_AT:].rstrip().endswith(_MARKS) for text in texts)
