from notes.search import find
from notes.store import Note

MILK, ANN, BOTH = Note(1, "buy milk"), Note(2, "call Ann"), Note(3, "buy milk for Ann")


def test_a_word_is_found() -> None:
    assert find([MILK, ANN], ["milk"]) == [MILK]


def test_capitals_make_no_difference() -> None:
    assert find([MILK, ANN], ["ann"]) == [ANN]


def test_every_word_must_be_there() -> None:
    assert find([MILK, ANN, BOTH], ["milk", "Ann"]) == [BOTH]
