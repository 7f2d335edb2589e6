"""What is kept of a file is given up when the file may have changed, whatever its times say."""

import os
import time
from pathlib import Path

import pytest

from teams.engine.stamp import SETTLED_NS, Kept, KeptEach


class Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        return self.path.read_text()


def old(path: Path, text: str, *, age_s: float = 10.0) -> Path:
    path.write_text(text)
    at = time.time() - age_s
    os.utime(path, (at, at))
    return path


def test_a_file_that_stays_is_read_once(tmp_path: Path) -> None:
    reader = Reader(old(tmp_path / "a", "one"))
    kept = Kept(reader.path, reader)

    assert [kept.get() for _ in range(3)] == ["one"] * 3
    assert reader.reads == 1


def test_a_file_that_is_replaced_by_one_of_the_same_size_and_time_is_read_again(tmp_path: Path) -> None:
    reader = Reader(old(tmp_path / "a", "one"))
    kept = Kept(reader.path, reader)
    kept.get()

    times = reader.path.stat()
    other = tmp_path / "b"
    other.write_text("two")
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(reader.path)

    assert kept.get() == "two"


def test_a_file_that_changed_just_now_is_read_each_time(tmp_path: Path) -> None:
    reader = Reader(old(tmp_path / "a", "one", age_s=0.0))
    kept = Kept(reader.path, reader)

    assert [kept.get(), kept.get()] == ["one", "one"]
    assert reader.reads == 2 or time.time_ns() - reader.path.stat().st_mtime_ns > SETTLED_NS


def test_what_cannot_be_read_is_raised_each_time_and_what_was_known_is_given_up(tmp_path: Path) -> None:
    reader = Reader(old(tmp_path / "a", "one"))
    kept = Kept(reader.path, reader)
    kept.get()
    reader.path.unlink()

    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            kept.get()
    old(reader.path, "two")
    assert kept.get() == "two"


def test_each_of_many_files_is_kept_until_it_is_none_of_them(tmp_path: Path) -> None:
    readers = [Reader(old(tmp_path / name, name)) for name in "abc"]
    kept = KeptEach[str]()
    for _ in range(2):
        assert [kept.get(reader.path, reader) for reader in readers] == ["a", "b", "c"]

    kept.keep_only([readers[0].path])

    assert [kept.get(reader.path, reader) for reader in readers] == ["a", "b", "c"]
    assert [reader.reads for reader in readers] == [1, 2, 2]
