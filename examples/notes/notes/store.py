"""Notes as lines of a file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Note:
    """One note; numbers count from 1."""

    number: int
    text: str


def load(path: Path) -> list[Note]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [Note(number, line) for number, line in enumerate(lines, start=1)]


def add(path: Path, text: str) -> Note:
    number = len(load(path)) + 1
    with path.open("a") as file:
        file.write(text + "\n")
    return Note(number, text)
