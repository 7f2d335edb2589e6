"""``onecontext disconnect``: what ``init`` wrote in the user's repository is gone, and nothing else."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.store.surroundings import find_repository, stop_excluding
from tests.support.shell import Answer, Shell

LINE = b".onecontext/\n"
TEXTS = [
    b"",
    b"*.log\n",
    b"# git ls-files\r\n*.o\r\n",
    b"\xff\xfe\n\n\n",
    b"x.onecontext/\n.onecontext/*\n #.onecontext/\n",
]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "repo/sub").mkdir(parents=True)
    git(tmp_path / "repo", "init", "-q", "-b", "main")
    return tmp_path / "repo"


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=pat", "-c", "user.email=pat@localhost"]
    return subprocess.run(["git", "-C", str(folder), *who, *words], capture_output=True, text=True, check=True).stdout


def disconnect(folder: Path, *words: str) -> Answer:
    return Shell(folder)("disconnect", *words)


def exclude_of(top: Path) -> Path:
    return top / ".git/info/exclude"


def seen(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return mode and bytes of every file below ``folder``."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path): (path.stat().st_mode, path.read_bytes()) for path in files}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("mode", [0o644, 0o600, 0o664])
def test_after_it_the_users_repository_is_as_before_init(top: Path, text: bytes, mode: int) -> None:
    exclude_of(top).write_bytes(text)
    exclude_of(top).chmod(mode)
    before = seen(top)
    Memory.init(top)
    assert exclude_of(top).read_bytes() == text + LINE

    answer = disconnect(top)

    assert answer.code == 0
    assert f"took .onecontext/ out of {exclude_of(top)}" in answer.out
    assert {path: what for path, what in seen(top).items() if ".onecontext" not in path} == before


def test_lines_that_were_written_meanwhile_stay_where_they_are(top: Path) -> None:
    exclude_of(top).write_bytes(b"*.log\n")
    Memory.init(top)
    exclude_of(top).write_bytes(b"first\n" + exclude_of(top).read_bytes() + b"last, without a line end")

    disconnect(top)

    assert exclude_of(top).read_bytes() == b"first\n*.log\nlast, without a line end"


@pytest.mark.parametrize("theirs", [b"*.log\r\n.onecontext/\r\nb\r\n", b"*.log\r\n.onecontext/\nb\r\n.onecontext/"])
def test_the_line_is_found_however_an_editor_ended_it(top: Path, theirs: bytes) -> None:
    exclude_of(top).write_bytes(theirs)

    disconnect(top)

    assert exclude_of(top).read_bytes() == b"*.log\r\nb\r\n"


def test_the_memory_is_not_touched_and_works_on(top: Path) -> None:
    memory = Memory.init(top)
    memory.commit("kept")
    memory.step("pending")
    memory.flush()
    before = seen(memory.path)

    answer = disconnect(top, "--json")

    assert seen(memory.path) == before
    assert answer.data == {"exclude": str(exclude_of(top)), "removed": True, "memory": str(memory.path)}
    assert ".onecontext/" in git(top, "status", "--porcelain")
    again = Memory.open(top)
    again.commit("and goes on")
    assert [one.contribution for one in again.milestones()] == ["and goes on", "kept"]


def test_said_again_it_finds_nothing_and_writes_nothing(top: Path) -> None:
    Memory.init(top)
    disconnect(top)
    before = exclude_of(top).stat()

    answer = disconnect(top)

    assert answer.code == 0
    assert "there is no line .onecontext/" in answer.out
    assert disconnect(top, "--json").data["removed"] is False
    after = exclude_of(top).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_init_writes_the_line_again(top: Path) -> None:
    Memory.init(top)
    disconnect(top)

    Memory.init(top)

    assert exclude_of(top).read_bytes().count(LINE) == 1


def test_it_is_found_from_below_by_name_and_in_a_linked_work_tree(top: Path, tmp_path: Path) -> None:
    git(top, "commit", "-q", "--allow-empty", "-m", "first")
    git(top, "worktree", "add", "-q", str(tmp_path / "tree"))

    for cwd, words in ((top / "sub", ()), (tmp_path, ("repo",)), (tmp_path / "tree", ())):
        Memory.init(top)
        assert disconnect(cwd, *words, "--json").data["removed"] is True
        assert LINE not in exclude_of(top).read_bytes()


def test_a_symlink_is_not_written_through(top: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfile").write_bytes(b"*.log\n" + LINE)
    exclude_of(top).unlink()
    exclude_of(top).symlink_to(tmp_path / "dotfile")

    answer = disconnect(top)

    assert answer.code == 5
    assert "is a symlink" in answer.err
    assert "delete the line .onecontext/ there yourself" in answer.err
    assert (tmp_path / "dotfile").read_bytes() == b"*.log\n" + LINE


def test_a_file_with_another_name_keeps_its_bytes_under_that_name(top: Path, tmp_path: Path) -> None:
    exclude_of(top).write_bytes(b"*.log\n" + LINE)
    os.link(exclude_of(top), tmp_path / "elsewhere")

    disconnect(top)

    assert (tmp_path / "elsewhere").read_bytes() == b"*.log\n" + LINE
    assert exclude_of(top).read_bytes() == b"*.log\n"


def test_a_fifo_does_not_hang_it(top: Path) -> None:
    exclude_of(top).unlink()
    os.mkfifo(exclude_of(top))

    answer = disconnect(top)

    assert answer.code == 5
    assert "not a regular file" in answer.err
    assert stat.S_ISFIFO(exclude_of(top).lstat().st_mode)


def test_where_there_is_no_repository_that_is_said(tmp_path: Path) -> None:
    Memory.init(tmp_path)

    answer = disconnect(tmp_path)

    assert answer.code == 0
    assert "no git repository here" in answer.out
    assert disconnect(tmp_path, "missing").code == 2


def test_a_disk_that_refuses_leaves_the_file_as_it_was(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory.init(top)
    before = seen(top / ".git")
    monkeypatch.setattr(os, "fsync", refuse)
    repository = find_repository(top)
    assert repository is not None

    with pytest.raises(OSError, match="No space left"):
        stop_excluding(repository)

    assert seen(top / ".git") == before


def refuse(descriptor: int) -> None:
    raise OSError(28, "No space left on device")
