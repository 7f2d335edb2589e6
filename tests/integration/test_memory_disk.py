"""Disks that are full, read-only or not ours, as they are, and what every public method makes of such an error."""

import errno
import inspect
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.cli.main import main
from onecontext.errors import Damaged, OneContextError, StorageError, UsageError
from onecontext.memory.door import Door
from tests.support.everything import METHODS, furnished
from tests.support.memory import check, git

REFUSALS = ["ENOSPC", "EDQUOT", "EROFS", "EIO", "EACCES", "EPERM", "EMFILE", "ENFILE", "ENOMEM", "ENOLCK", "EXDEV"]
MISSING = ["ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENXIO"]
READING = {"branches", "deleted_branches", "tags", "pinned", "conflicts", "milestones", "steps", "show", "diff"}
READING |= {"graph", "blame", "context", "search", "read_main", "on", "open"}


def test_every_public_method_has_the_door() -> None:
    methods = [value for name, value in inspect.getmembers(Memory, callable) if not name.startswith("_")]

    assert len(methods) >= len(METHODS)
    for method in methods:
        assert hasattr(method, "__wrapped__"), f"{method} could raise an OSError"


class Disk(Door):
    def __init__(self, error: OSError) -> None:
        self._error = error

    def touch(self, name: str = "") -> str:
        raise self._error


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_disk_refuses_is_a_storage_error(name: str) -> None:
    error = OSError(getattr(errno, name), os.strerror(getattr(errno, name)), "/there/it")

    with pytest.raises(StorageError) as raised:
        Disk(error).touch()

    assert raised.value.exit_code == 6
    assert raised.value.__cause__ is error
    assert "/there/it" in raised.value.message
    assert "as it was before" in raised.value.message


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_or_of_another_kind_is_damage(name: str) -> None:
    error = OSError(getattr(errno, name), os.strerror(getattr(errno, name)), "/there/it")

    with pytest.raises(Damaged) as raised:
        Disk(error).touch()

    assert raised.value.__cause__ is error
    assert "/there/it" in raised.value.message
    assert "doctor" in raised.value.hint


def test_a_path_that_is_too_long_is_the_callers(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too long"):
        Memory.open(tmp_path / ("x" * 300))


def test_an_error_that_has_no_number_is_told_in_its_own_words() -> None:
    with pytest.raises(StorageError, match="libgit2 said so"):
        Disk(OSError("libgit2 said so")).touch()


def test_a_file_is_no_place_for_a_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(UsageError, match="is no folder"):
        Memory.init(tmp_path / "file")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root mounts a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def attempt(method: str, memory: Path) -> OneContextError | None:
    try:
        METHODS[method](Memory.open(memory))
    except OneContextError as error:
        return error
    return None


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_on_a_full_disk_nothing_is_lost_and_nothing_is_half(small: Path) -> None:
    memory = furnished(small)
    memory.flush()
    before = (memory.milestones(), [branch.commit for branch in memory.branches()], memory.tags())
    steps = memory.steps()
    fill(small / "filler")

    for method in METHODS:
        error = attempt(method, memory.path)
        assert (error is None) if method in READING else isinstance(error, StorageError | None), (method, error)
        if isinstance(error, StorageError):
            assert error.__cause__ is not None
            assert "as it was before" in error.message

    assert isinstance(attempt("commit", memory.path), StorageError)
    after = Memory.open(small, branch="main")
    assert (after.milestones(), [branch.commit for branch in after.branches()], after.tags()) == before
    # A short step may have found room in the last block of its file.
    assert after.steps()[-len(steps) :] == steps
    (small / "filler").unlink()
    after.step("there is room")
    after.commit("goes on")
    after.flush()
    check(memory.path)


def test_a_read_only_disk_is_read_and_refuses_the_rest(small: Path) -> None:
    memory = furnished(small)
    memory.flush()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)

    for method in METHODS:
        error = attempt(method, memory.path)
        if method in READING | {"init"}:
            assert error is None, (method, error)
        else:
            assert isinstance(error, StorageError), (method, error)
            assert "Read-only" in error.message
            assert isinstance(error.__cause__, OSError)

    subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
    memory.commit("goes on")
    memory.flush()
    check(memory.path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_of_somebody_else_is_read_and_refuses_the_rest(tmp_path: Path) -> None:
    memory = furnished(tmp_path)
    memory.flush()
    folders = [path for path in [memory.path, *memory.path.rglob("*")] if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        with pytest.raises(StorageError):
            memory.create_branch("new")
        assert memory.milestones()
    finally:
        for folder in folders:
            folder.chmod(0o755)
    check(memory.path)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    ("command", "call"),
    [
        (["step", "-o", "x"], "fsync"),
        (["commit", "x"], "fsync"),
        (["branch", "new"], "rename"),
        (["tag", "v1"], "link"),
        (["switch", "b"], "rename"),
        (["rollback", "main"], "flock"),
    ],
)
def test_the_command_line_ends_with_code_six_and_a_sentence(
    tmp_path: Path, root: Path, command: list[str], call: str
) -> None:
    memory = Memory.init(tmp_path)
    memory.create_branch("b")
    env = {**os.environ, "PYTHONPATH": str(root)}
    trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=EIO"]

    done = subprocess.run(
        [*trace, sys.executable, "-B", "-m", "onecontext", *command],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 6, done.stderr
    assert "Input/output error" in done.stderr
    assert "Traceback" not in done.stderr
    assert [branch.name for branch in memory.branches()] == ["b", "main"]
    assert (memory.steps(), memory.milestones(), memory.tags()) == ([], [], [])
    git(memory.path, "fsck", "--strict", "--no-dangling")


def test_programs_are_told_what_the_disk_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory.init(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/there/log.md")

    monkeypatch.setattr("onecontext.memory.pending.append_bytes", full)
    out, err = io.StringIO(), io.StringIO()
    code = main(["step", "-o", "x", "--json"], env={}, cwd=tmp_path, stdin=io.StringIO(), stdout=out, stderr=err)

    assert code == 6
    assert '"type": "StorageError"' in out.getvalue()
    assert "free some space" in err.getvalue()
