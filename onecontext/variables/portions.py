"""A value in portions that fit into a prompt: cut at lines, never inside a character, each between the marks of data.

Rule 1: a prompt has at most :data:`PROMPT_BYTES`, instructions and fence included, whatever the text is.
"""

from collections.abc import Iterator
from typing import NamedTuple

from onecontext.text.fence import fenced

PROMPT_BYTES = 20_000
TAG = "part"
_AROUND_BYTES = 200  # the fence, and the line before it


class Portion(NamedTuple):
    """Whole lines from ``first`` to ``last``, or a piece of one line that is too long."""

    first: int
    last: int
    text: str

    @property
    def lines(self) -> str:
        """Which lines these are, in words."""
        return f"line {self.first:,}" if self.first == self.last else f"lines {self.first:,} to {self.last:,}"


def size_in(prompt: str) -> int:
    """Return the bytes of a text as it is sent."""
    return len(prompt.encode("utf-8", "replace"))


def room_beside(*texts: str) -> int:
    """Return how many bytes of data fit into a prompt with ``texts``."""
    return PROMPT_BYTES - _AROUND_BYTES - sum(map(size_in, texts))


def fitting(first: int, content: bytes, room: int) -> Iterator[Portion]:
    """Yield lines, the first of which has that number, in portions whose fenced text has at most ``room`` bytes."""
    text = content.decode("utf-8", "replace")
    if size_in(fenced(TAG, text)) <= room + _AROUND_BYTES // 2 or len(text) < 2:
        yield Portion(first, first + text.count("\n") - (1 if text.endswith("\n") else 0), text)
        return
    # Its fence broke closing tags in it, which takes room.
    middle = text.rfind("\n", 0, len(text) // 2) + 1 or len(text) // 2
    yield from fitting(first, text[:middle].encode(), room)
    yield from fitting(first + text.count("\n", 0, middle), text[middle:].encode(), room)


def grouped(notes: list[str], room: int) -> list[list[str]]:
    """Return ``notes`` in groups that fit into a prompt, in order; none but the last has only one."""
    groups: list[list[str]] = []
    for note in notes:
        if groups and (len(groups[-1]) < 2 or size_in(fenced(TAG, "\n\n".join([*groups[-1], note]))) <= room):
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups
