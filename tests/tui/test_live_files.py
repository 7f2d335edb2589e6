"""The monitor as a process over files that are damaged, taken away and given back; and that it writes nothing."""

import os
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.waiting import until
from tests.tui.live import COMMAND, environment, monitor
from tests.tui.story import Story
from tests.tui.till import middle, whole
from tui.sources.folder import JOURNAL

WORDS = "fix-offers"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)


def lives_on(terminal: Terminal) -> None:
    """It answers still, and leaves in order."""
    seen = terminal.written_bytes
    terminal.type("t")
    until(lambda: terminal.written_bytes > seen + 2_000)  # all of it in other colours
    terminal.type("q")
    assert terminal.wait() == 0
    assert "Traceback" not in terminal.text()


def grows(journal: Path, story: Story) -> None:
    """Append what ``story`` has more than the journal."""
    known = journal.read_bytes().count(b"\n")
    other = story.write(journal.parent.parent / "other.jsonl")
    with journal.open("ab") as file:
        file.writelines(other.read_bytes().splitlines(keepends=True)[known:])


def test_a_folder_that_is_deleted_is_told_and_one_that_comes_back_is_shown(journal: Path, tmp_path: Path) -> None:
    root = tmp_path / ".onecontext"
    with monitor(tmp_path, "--team", "till-1") as terminal:
        terminal.wait_for(WORDS)
        shutil.rmtree(root)
        terminal.wait_for("is gone")
        seen = terminal.written_bytes

        whole().write(journal)

        terminal.wait_for("✓ done", since_bytes=seen)
        lives_on(terminal)


def test_another_file_in_its_place_is_read_anew(journal: Path, tmp_path: Path) -> None:
    with monitor(tmp_path) as terminal:
        terminal.wait_for(WORDS)
        other = whole().write(journal.with_name("other"))
        seen = terminal.written_bytes
        other.rename(journal)

        terminal.wait_for("✓ done", since_bytes=seen)
        lives_on(terminal)


def test_a_journal_that_is_cut_short_is_read_anew(journal: Path, tmp_path: Path) -> None:
    with monitor(tmp_path) as terminal:
        terminal.wait_for(WORDS)
        seen = terminal.written_bytes
        os.truncate(journal, len(b"".join(journal.read_bytes().splitlines(keepends=True)[:5])))

        terminal.wait_for("5 events", since_bytes=seen)
        lives_on(terminal)


def test_garbage_that_is_appended_is_told_and_what_stood_before_it_stays(journal: Path, tmp_path: Path) -> None:
    with monitor(tmp_path) as terminal:
        terminal.wait_for(WORDS)
        with journal.open("ab") as file:
            file.write(b"\x1b]0;hello\x07 \xff no event\n")

        terminal.wait_for("the journal is damaged")
        lives_on(terminal)
    assert b"\x1b]0;hello" not in terminal.raw


def test_half_a_line_is_waited_for(journal: Path, tmp_path: Path) -> None:
    text = whole().write(tmp_path / "whole").read_bytes()
    journal.write_bytes(text[:-30])
    with monitor(tmp_path) as terminal:
        terminal.wait_for(WORDS)
        with journal.open("ab") as file:
            file.write(text[-30:])

        terminal.wait_for("✓ done")
        lives_on(terminal)


@pytest.mark.parametrize("kind", ["pipe", "zero", "folder", "loop"])
def test_what_is_no_file_is_told_and_never_read(kind: str, journal: Path, tmp_path: Path) -> None:
    journal.unlink()
    if kind == "pipe":
        os.mkfifo(journal)
    elif kind == "folder":
        journal.mkdir()
    else:
        journal.symlink_to("/dev/zero" if kind == "zero" else journal)
    with monitor(tmp_path, "--team", "till-1") as terminal:
        terminal.wait_for("no team yet" if kind == "loop" else "cannot be read")
        lives_on(terminal)


def only_looks(line: str) -> bool:
    """Whether a call opens for reading, is the end of a call told before, or gives a folder the mode that it has.

    The last is how a watch finds out whether it is told of changes (teams/engine/watch_inotify.py).
    """
    same = re.search(r'chmod\("([^"]+)", 0(\d+)', line)
    if same:
        return stat.S_IMODE(Path(same[1]).stat().st_mode) == int(same[2], 8)
    return " resumed>" in line or bool(re.search(r"open\w*\(.*\bO_RDONLY\b(?!.*O_CREAT)", line))


def test_it_opens_nothing_for_writing_and_changes_no_name(journal: Path, tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("there is no strace")
    trace = tmp_path.parent / f"{tmp_path.name}.trace"
    calls = (
        "open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,"
    )
    calls += "symlinkat,truncate,ftruncate,chmod,fchmod,fchmodat,chown,utimensat,mknodat,setxattr"
    argv = ["strace", "-f", "-qq", "-y", "-o", str(trace), "-e", f"trace={calls}", *COMMAND]
    with Terminal(argv, cwd=tmp_path, env=environment(PYTHONDONTWRITEBYTECODE="1")) as terminal:
        terminal.wait_for(WORDS, within_s=120)
        for key in "1234567890":
            terminal.type(key + key)
        grows(journal, whole())
        terminal.wait_for("✓ done", within_s=120)
        terminal.type("q")
        assert terminal.wait(within_s=120) == 0
        until(lambda: trace.exists())

    seen = trace.read_text(errors="replace").splitlines()
    mine = [line for line in seen if str(tmp_path / ".onecontext") in line]
    assert any("openat" in line and "journal.jsonl" in line for line in mine)
    assert [line for line in mine if not only_looks(line)] == []


def test_a_signal_to_its_group_ends_it_with_its_children(journal: Path, tmp_path: Path) -> None:
    """Git and others that were asked for a view may not stay behind."""
    with monitor(tmp_path) as terminal:
        terminal.wait_for(WORDS)
        terminal.type("6")
        terminal.process.send_signal(signal.SIGTERM)
        terminal.wait()

    left = subprocess.run(["ps", "-o", "pid=", "-s", str(terminal.process.pid)], capture_output=True, text=True)
    assert left.stdout.strip() == ""
