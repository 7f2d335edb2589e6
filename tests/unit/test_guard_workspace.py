"""The host's hands in a folder that an agent can write."""

import os
import socket
import stat
from pathlib import Path

import pytest

from onecontext.errors import InvalidText, UsageError
from teams.guard import workspace as module
from teams.guard.workspace import Match, Workspace


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside"
    path.mkdir()
    (path / "secret").write_text("canary\n")
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    path = tmp_path / "copy"
    (path / "src").mkdir(parents=True)
    (path / "src" / "a.py").write_text("one\ntwo\nthree\n")
    return Workspace(path)


def test_lines_are_read_and_what_is_left_out_is_said(workspace: Workspace) -> None:
    assert workspace.read("src/a.py") == "one\ntwo\nthree\n"
    assert workspace.read("./src//a.py", first_line=2, max_lines=1) == "two\n[lines 2–2 of 3]\n"
    with pytest.raises(UsageError, match="has 3 lines"):
        workspace.read("src/a.py", first_line=9)


def test_a_missing_file_says_what_is_there(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match=r"no file 'src/b.py'; src has a.py"):
        workspace.read("src/b.py")
    with pytest.raises(UsageError, match="no folder 'lib'"):
        workspace.read("lib/b.py")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../outside/secret",
        "src/../../outside/secret",
        ".git/config",
        "src/.GIT/x",
        "a\0b",
        "x" * 300,
        "d/" * 100 + "f",
    ],
)
def test_a_path_that_leads_out_is_refused_by_every_tool(workspace: Workspace, path: str, outside: Path) -> None:
    for act in (
        lambda: workspace.read(path),
        lambda: workspace.write(path, "x"),
        lambda: workspace.edit(path, "a", "b"),
        lambda: workspace.list_files(path),
        lambda: workspace.search("x", path),
    ):
        with pytest.raises(UsageError):
            act()
    assert (outside / "secret").read_text() == "canary\n"


def test_no_symlink_is_followed(workspace: Workspace, outside: Path) -> None:
    (workspace.path / "file").symlink_to(outside / "secret")
    (workspace.path / "folder").symlink_to(outside)
    (workspace.path / "dangling").symlink_to(outside / "new")

    for act in (
        lambda: workspace.read("file"),
        lambda: workspace.read("folder/secret"),
        lambda: workspace.write("file", "x"),
        lambda: workspace.write("folder/secret", "x"),
        lambda: workspace.write("folder/new", "x"),
        lambda: workspace.write("dangling", "x"),
        lambda: workspace.edit("file", "canary", "x"),
        lambda: workspace.list_files("folder"),
    ):
        with pytest.raises(UsageError, match="symlink"):
            act()

    assert sorted(path.name for path in outside.iterdir()) == ["secret"]
    assert (outside / "secret").read_text() == "canary\n"
    assert workspace.list_files().paths == ("src/a.py",)
    assert workspace.search("canary") == []


def test_fifos_sockets_and_folders_are_errors_and_no_hang(workspace: Workspace) -> None:
    os.mkfifo(workspace.path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(workspace.path)  # a socket's path may have 107 bytes
        listener.bind("socket")
        os.chdir(here)

        for name in ("fifo", "socket", "src", "src/"):
            with pytest.raises(UsageError, match=r"FIFO|socket|folder"):
                workspace.read(name)
            with pytest.raises(UsageError, match=r"FIFO|socket|folder"):
                workspace.write(name, "x")

        assert workspace.list_files().paths == ("src/a.py",)
        assert stat.S_ISFIFO((workspace.path / "fifo").lstat().st_mode)


def test_writing_makes_folders_and_keeps_the_executable_bit(workspace: Workspace) -> None:
    workspace.write("bin/deep/run", "#!/bin/sh\n")
    (workspace.path / "bin/deep/run").chmod(0o755)
    workspace.write("bin/deep/run", "#!/bin/sh\nexit\n")

    assert (workspace.path / "bin/deep/run").read_text() == "#!/bin/sh\nexit\n"
    assert stat.S_IMODE((workspace.path / "bin/deep/run").stat().st_mode) == 0o755
    assert [path.name for path in (workspace.path / "bin/deep").iterdir()] == ["run"]


def test_another_hard_link_is_never_changed(workspace: Workspace, outside: Path) -> None:
    os.link(outside / "secret", workspace.path / "twin")

    workspace.write("twin", "new\n")

    assert (outside / "secret").read_text() == "canary\n"
    assert (workspace.path / "twin").read_text() == "new\n"


def test_an_edit_needs_exactly_one_place(workspace: Workspace) -> None:
    workspace.edit("src/a.py", "two\n", "2\n")
    workspace.write("src/b.py", "x x")

    assert workspace.read("src/a.py") == "one\n2\nthree\n"
    for old, reason in (("two", "does not contain"), ("", "empty")):
        with pytest.raises(UsageError, match=reason):
            workspace.edit("src/a.py", old, "y")
    with pytest.raises(UsageError, match="2 times"):
        workspace.edit("src/b.py", "x", "y")


def test_line_endings_survive_an_edit(workspace: Workspace) -> None:
    (workspace.path / "dos").write_bytes(b"a\r\nb\r\n")

    workspace.edit("dos", "b", "c")

    assert (workspace.path / "dos").read_bytes() == b"a\r\nc\r\n"


def test_what_is_too_large_or_no_text_is_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 100)
    (workspace.path / "big").write_text("x" * 101)
    (workspace.path / "raw").write_bytes(b"a\xff\x00")

    with pytest.raises(UsageError, match="101 bytes"):
        workspace.read("big")
    with pytest.raises(UsageError, match="no UTF-8 text"):
        workspace.read("raw")
    with pytest.raises(UsageError, match="101 bytes"):
        workspace.write("new", "x" * 101)
    with pytest.raises(InvalidText, match="surrogate"):
        workspace.write("new", "\ud800")
    assert not (workspace.path / "new").exists()


def test_listing_and_searching_are_bounded_and_pass_over_caches(workspace: Workspace) -> None:
    for name in ("__pycache__/a.pyc", ".git/config", "node_modules/x.js", "lib/b.py"):
        (workspace.path / name).parent.mkdir(exist_ok=True)
        (workspace.path / name).write_text("two\n" * 5)

    assert workspace.list_files().paths == ("lib/b.py", "src/a.py")
    assert workspace.list_files(limit=1).complete is False
    assert workspace.search("two", "src") == [Match("src/a.py", 2, "two")]
    assert len(workspace.search("two", limit=3)) == 3
