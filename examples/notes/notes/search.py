"""Finding notes."""

from collections.abc import Sequence

from notes.store import Note


def find(notes: Sequence[Note], words: Sequence[str]) -> list[Note]:
    """Return the notes that have every word."""
    return [note for note in notes if any(word in note.text for word in words)]
