"""WORKFLOW.md while it changes: a good one is taken over, a bad one leaves the last good one, and each is said once."""

import os
from pathlib import Path

import pytest

from onecontext.errors import InvalidDocument
from teams.serving.reload import LIMIT_BYTES, Loaded, Refused, WorkflowFile

GOOD = "---\nconcurrency: 2\n---\n{{ task.subject }}\n"
BETTER = "---\nconcurrency: 3\n---\n{{ task.subject }}\n"
BAD = "---\nconcurrency: many\n---\n"


def test_what_changes_is_taken_over_once(tmp_path: Path) -> None:
    path = tmp_path / "WORKFLOW.md"
    path.write_text(GOOD)
    file = WorkflowFile(path, named=True)
    assert file.look() is None

    path.write_text(BETTER)
    found = file.look()

    assert isinstance(found, Loaded)
    assert not found.mended
    assert file.current.settings.concurrency == 3
    path.touch()
    assert file.look() is None


def test_a_bad_one_keeps_the_last_good_and_is_said_once_and_so_is_that_it_was_mended(tmp_path: Path) -> None:
    path = tmp_path / "WORKFLOW.md"
    path.write_text(GOOD)
    file = WorkflowFile(path, named=True)

    path.write_text(BAD)
    first, second = file.look(), file.look()
    path.write_text("---\nnothing: known\n---\n")
    other = file.look()
    path.write_text(GOOD)
    mended, after = file.look(), file.look()

    assert isinstance(first, Refused)
    assert "line 2: concurrency" in first.reason
    assert second is None
    assert isinstance(other, Refused)
    assert "nothing" in other.reason
    assert file.current.settings.concurrency == 2
    assert isinstance(mended, Loaded)
    assert mended.mended
    assert after is None


def test_one_that_goes_away_leaves_the_last_good_and_may_come_back(tmp_path: Path) -> None:
    path = tmp_path / "WORKFLOW.md"
    path.write_text(GOOD)
    file = WorkflowFile(path, named=False)

    path.unlink()
    gone, again = file.look(), file.look()
    path.write_text(BETTER)
    back = file.look()

    assert isinstance(gone, Refused)
    assert "is gone" in gone.reason
    assert again is None
    assert isinstance(back, Loaded)
    assert back.mended


def test_without_a_file_the_built_in_one_holds_until_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "WORKFLOW.md"
    file = WorkflowFile(path, named=False)
    assert file.look() is None
    assert not file.is_there

    path.write_text(BETTER)

    assert isinstance(file.look(), Loaded)
    assert file.is_there


def test_what_a_person_said_stands_whatever_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "WORKFLOW.md"
    path.write_text(GOOD)
    file = WorkflowFile(path, named=True, said={"concurrency": 7})
    assert file.current.settings.concurrency == 7

    path.write_text(BETTER)
    file.look()

    assert file.current.settings.concurrency == 7


def test_a_file_that_was_named_and_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="there is no file"):
        WorkflowFile(tmp_path / "WORKFLOW.md", named=True)


@pytest.mark.parametrize("what", ["symlink", "fifo", "folder", "large", "latin"])
def test_what_is_no_file_to_be_read_is_refused_and_never_waited_for(tmp_path: Path, what: str) -> None:
    path = tmp_path / "WORKFLOW.md"
    path.write_text(GOOD)
    file = WorkflowFile(path, named=True)
    path.unlink()

    if what == "symlink":
        (tmp_path / "elsewhere").write_text(BETTER)
        path.symlink_to(tmp_path / "elsewhere")
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "large":
        path.write_text("x" * (LIMIT_BYTES + 1))
    else:
        path.write_bytes(b"---\nteam: caf\xe9\n---\n")

    assert isinstance(file.look(), Refused)
    assert file.look() is None
    assert file.current.settings.concurrency == 2
