from notes.store import Note
from notes.views import listed

NOTES = [Note(1, "first"), Note(2, "second")]


def test_the_newest_note_comes_first() -> None:
    assert [note.number for note in listed(NOTES)] == [2, 1]


def test_notes_come_in_the_order_they_were_written() -> None:
    assert [note.number for note in listed(NOTES)] == [1, 2]
