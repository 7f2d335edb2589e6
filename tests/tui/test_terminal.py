"""The monitor on a real terminal: its sizes and kinds, the signals that reach it, and how it leaves."""

import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.waiting import until
from tests.tui.live import COMMAND, environment, monitor
from tests.tui.till import middle, whole
from tui.sources.folder import JOURNAL

WORDS = "fix-offers"
LEAVES = b"\x1b[?1049l"
"""Back to the screen that the shell had."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    return tmp_path


def test_q_leaves_the_terminal_as_it_was(project: Path) -> None:
    with monitor(project) as terminal:
        terminal.wait_for(WORDS)
        assert not terminal.is_as_it_was()
        terminal.type("q")

        assert terminal.wait() == 0
        until(lambda: LEAVES in terminal.raw)
        assert terminal.is_as_it_was()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_leaves_the_terminal_as_it_was(project: Path, number: signal.Signals) -> None:
    with monitor(project) as terminal:
        terminal.wait_for(WORDS)
        terminal.process.send_signal(number)

        assert terminal.wait() == 128 + number
        until(lambda: LEAVES in terminal.raw)
        assert terminal.is_as_it_was()
        assert "Traceback" not in terminal.text()


def test_a_lost_connection_ends_it(project: Path) -> None:
    with monitor(project) as terminal:
        terminal.wait_for(WORDS)
        terminal.hang_up()

        terminal.wait(within_s=30)


def test_it_can_be_stopped_and_comes_back(project: Path) -> None:
    with monitor(project) as terminal:
        terminal.wait_for(WORDS)
        terminal.process.send_signal(signal.SIGTSTP)
        until(lambda: terminal.state == "T")
        assert terminal.is_as_it_was()
        seen = terminal.written_bytes

        terminal.process.send_signal(signal.SIGCONT)

        terminal.wait_for(WORDS, since_bytes=seen)
        terminal.type("q")
        assert terminal.wait() == 0


def test_ctrl_z_gives_the_terminal_to_the_shell_and_all_of_it_is_drawn_again(tmp_path: Path) -> None:
    whole().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    with monitor(tmp_path) as terminal:
        terminal.wait_for(WORDS)
        for _ in range(2):
            terminal.type("\x1a")
            until(lambda: terminal.state == "T")
            assert terminal.is_as_it_was()
            seen = terminal.written_bytes
            terminal.process.send_signal(signal.SIGCONT)
            terminal.wait_for(WORDS, since_bytes=seen)
        terminal.type("q")
        assert terminal.wait() == 0


def test_ctrl_l_draws_again_what_another_program_wrote_over(project: Path) -> None:
    with monitor(project) as terminal:
        seen = 0
        for key, words in (("", WORDS), ("?", "Watching a team of agents")):
            terminal.type(key)
            terminal.wait_for(words, since_bytes=seen)
            seen = terminal.written_bytes
            terminal.type("\x0c")
            terminal.wait_for(words, since_bytes=seen)
        terminal.type("qq")
        assert terminal.wait() == 0


def test_it_follows_the_size_of_the_terminal_down_to_nothing_and_up(project: Path) -> None:
    with monitor(project) as terminal:
        terminal.wait_for(WORDS)
        for size in ((20, 5), (1, 1), (500, 200), (3, 60), (80, 24)):
            seen = terminal.written_bytes
            terminal.resize(*size)
            until(lambda seen=seen: terminal.written_bytes > seen)  # type: ignore[misc]
            terminal.type("1234567890")

        terminal.wait_for(WORDS, since_bytes=seen)
        terminal.type("q")
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.text()


@pytest.mark.parametrize("size", [(20, 5), (500, 200)])
def test_it_starts_at_any_size(project: Path, size: tuple[int, int]) -> None:
    with monitor(project, size=size) as terminal:
        terminal.wait_for("working")
        terminal.type("q")
        assert terminal.wait() == 0


def test_nothing_is_said_of_a_team_before_its_journal_was_looked_at(project: Path) -> None:
    with monitor(project) as terminal:
        terminal.wait_for(WORDS)
        before = terminal.text().partition(WORDS)[0]
        terminal.type("q")
        assert terminal.wait() == 0

    # It says that it reads, or on a busy machine nothing: the picture was there first.
    assert "No team has written" not in before
    assert "no team yet" not in before
    assert "nothing needs you" not in before


def test_on_a_narrow_terminal_the_first_picture_is_a_narrow_one(project: Path) -> None:
    with monitor(project, size=(80, 24)) as terminal:
        terminal.wait_for(WORDS)
        terminal.wait_for("3 log")
        terminal.type("q")
        assert terminal.wait() == 0

    assert "4 memory" not in terminal.text()


def test_without_colours_there_are_words_and_no_colours(project: Path) -> None:
    with monitor(project, NO_COLOR="1") as terminal:
        terminal.wait_for(WORDS)
        terminal.type("q")
        terminal.wait()

    colours = {
        part for code in re.findall(rb"\x1b\[([\d;]+)m", terminal.raw) for part in re.findall(rb"38;2;[\d;]+", code)
    }
    assert all(len(set(colour.split(b";")[2:5])) == 1 for colour in colours), colours  # shades of grey


def test_a_terminal_that_can_do_nothing_gets_a_picture_or_a_sentence(project: Path) -> None:
    with monitor(project, TERM="dumb") as terminal:
        terminal.wait_for(WORDS)
        terminal.type("q")
        assert terminal.wait() == 0


def test_without_a_terminal_it_says_what_to_do(project: Path) -> None:
    ran = subprocess.run(
        COMMAND, cwd=project, env=environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )

    assert ran.returncode == 2
    assert "needs a terminal" in ran.stderr
    assert "--once" in ran.stderr


def test_where_the_screen_would_be_drawn_into_a_file_it_says_so_there(project: Path) -> None:
    argv = ["bash", "-c", f"{shlex.join(COMMAND)} 2>said"]
    with Terminal(argv, cwd=project, env=environment()) as terminal:
        assert terminal.wait() == 2

    assert "the screen is drawn on stderr, which goes elsewhere" in (project / "said").read_text()


def test_an_empty_folder_is_a_screen_that_waits(tmp_path: Path) -> None:
    with monitor(tmp_path) as terminal:
        terminal.wait_for("No team has written a journal")
        middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
        terminal.wait_for(WORDS)
