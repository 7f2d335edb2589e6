"""What a merge could not unite is never committed."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MARK = re.compile(rb"^(?:<{7} |>{7} |\|{7} |={7}$)", re.MULTILINE)


def marked(files: list[Path]) -> list[Path]:
    """Return the files that have a line as git writes it around the sides of a conflict."""
    return [path for path in files if path.is_file() and _MARK.search(path.read_bytes())]


def test_no_tracked_file_has_the_marks_of_a_conflict() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout

    files = [ROOT / name.decode() for name in listed.split(b"\0") if name]

    assert len(files) > 500
    assert marked(files) == []


def test_a_mark_is_seen_where_there_is_one(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("Title\n========\n\n<<<<<<<\n", encoding="utf-8")
    bad.write_text("one\n" + "<" * 7 + " HEAD\ntwo\n", encoding="utf-8")

    assert marked([good, bad]) == [bad]
