from pathlib import Path

from notes.store import Note, add, load


def test_what_was_added_is_there(tmp_path: Path) -> None:
    file = tmp_path / "notes"

    add(file, "buy milk")
    add(file, "call Ann")

    assert load(file) == [Note(1, "buy milk"), Note(2, "call Ann")]


def test_no_file_has_no_notes(tmp_path: Path) -> None:
    assert load(tmp_path / "none") == []
