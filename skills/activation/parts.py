"""A long text in parts, each within what one answer to an agent may cost.

Rule 1: a part ends at the end of a line where it can, and all parts together are the text, to the character.
Rule 2: that there are others is said, with what reads the next.
"""

from typing import NamedTuple

from onecontext.errors import UsageError
from onecontext.text.tokens import Counter, default_counter

PART_TOKENS = 4_500
PART_CHARACTERS = 18_000  # below what an agent is shown of one result


class Part(NamedTuple):
    """One of ``of`` parts; ``number`` counts from 1."""

    text: str
    number: int
    of: int


def part_of(text: str, number: int = 1, *, counter: Counter | None = None) -> Part:
    """Return the part of that number.

    Raises:
        UsageError: there is none of that number; the message says how many there are.
    """
    # No token is less than a byte: what has so few bytes needs no counting, and no counter.
    if len(text.encode("utf-8", "replace")) <= PART_TOKENS:
        found = [text]
    else:
        found = list(_cut(text, counter or default_counter()))
    if not 1 <= number <= len(found):
        raise UsageError(f"there is no part {number}; it has {len(found)}")
    return Part(found[number - 1], number, len(found))


def _cut(text: str, counter: Counter) -> list[str]:
    found = []
    while text:
        head = counter.head(text[:PART_CHARACTERS], PART_TOKENS) or text[:1]
        if len(head) < len(text):
            line = head.rfind("\n") + 1
            head = head[: line if line > len(head) // 2 else None]
        found.append(head)
        text = text[len(head) :]
    return found
