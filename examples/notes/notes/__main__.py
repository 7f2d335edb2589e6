"""``python -m notes FILE add TEXT | list | find WORD …``"""

import sys
from pathlib import Path

from notes.search import find
from notes.store import Note, add, load


def line(note: Note) -> str:
    return f"{note.number}  {note.text}"


def main(arguments: list[str]) -> None:
    path, command, *rest = arguments
    file = Path(path)
    if command == "add":
        print(line(add(file, " ".join(rest))))
    elif command == "list":
        print("\n".join(line(note) for note in load(file)))
    elif command == "find":
        print("\n".join(line(note) for note in find(load(file), rest)))


main(sys.argv[1:])
