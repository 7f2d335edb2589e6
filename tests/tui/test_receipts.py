"""A slow line: the next picture waits until the terminal at its far end says that it has drawn the last one."""

import time
from pathlib import Path

import pytest

from tests.support.terminal import WHERE
from tests.support.waiting import until
from tests.tui.live import monitor, say
from tests.tui.till import middle
from tui.sources.folder import JOURNAL
from tui.views.receipts import ASK, LEAVING_S, MISSING_S, Receipts

SSH = "192.0.2.1 50000 192.0.2.2 22"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL
    middle().write(path)
    return path


class Far:
    """A terminal at the far end, and a clock."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.now_s = 100.0
        self.receipts = Receipts(self.sent.append, clock=lambda: self.now_s)


def test_what_was_drawn_is_taken_when_the_terminal_says_so() -> None:
    far = Far()
    far.receipts.ask()
    assert far.sent == [ASK]
    far.receipts.answered()
    far.receipts.ask()
    assert not far.receipts.taken
    far.receipts.ask()
    assert far.sent == [ASK] * 2
    far.receipts.answered()
    assert far.receipts.taken


def test_a_terminal_that_never_answered_is_never_waited_for() -> None:
    far = Far()
    far.receipts.ask()
    assert far.receipts.taken
    far.receipts.ask()
    assert far.sent == [ASK]


def test_an_answer_that_is_lost_is_asked_for_again() -> None:
    far = Far()
    far.receipts.ask()
    far.receipts.answered()
    far.receipts.ask()
    far.now_s += MISSING_S + 0.1
    assert not far.receipts.taken
    assert not far.receipts.taken
    assert far.sent == [ASK] * 3
    far.receipts.answered()
    assert far.receipts.taken


def test_an_answer_is_owed_until_it_came_or_nobody_can_expect_it() -> None:
    far = Far()
    assert not far.receipts.owed
    far.receipts.ask()
    assert far.receipts.owed
    far.now_s += LEAVING_S + 0.1
    assert not far.receipts.owed
    far.receipts.answered()
    far.receipts.ask()
    assert far.receipts.owed
    far.receipts.answered()
    assert not far.receipts.owed


def test_through_ssh_the_next_picture_waits_for_the_far_terminal(journal: Path, tmp_path: Path) -> None:
    last = middle().events[-1]
    with monitor(tmp_path, SSH_CONNECTION=SSH) as terminal:
        terminal.answers_after_s = 0.0
        terminal.wait_for("fix-offers")
        terminal.type("33")
        say(journal, last, 1)
        terminal.wait_for("word number 1 of it")
        # From now on the line is slow: nothing of what is drawn arrives yet.
        terminal.answers_after_s = None
        say(journal, last, 2)
        terminal.wait_for("word number 2 of it")
        for number in range(3, 33):
            say(journal, last, number)
            time.sleep(0.05)
        assert "word number 32 of it" not in terminal.text()
        terminal.answers_after_s = 0.0
        terminal.wait_for("word number 32 of it")


def test_here_the_terminal_is_asked_nothing(journal: Path, tmp_path: Path) -> None:
    with monitor(tmp_path) as terminal:
        terminal.wait_for("fix-offers")
        say(journal, middle().events[-1], 1)
        time.sleep(1.0)
        assert WHERE not in terminal.raw


def test_who_leaves_a_slow_line_finds_no_answer_among_the_keys(journal: Path, tmp_path: Path) -> None:
    last = middle().events[-1]
    with monitor(tmp_path, SSH_CONNECTION=SSH) as terminal:
        terminal.answers_after_s = 0.0
        terminal.wait_for("fix-offers")
        until(lambda: WHERE in terminal.raw)
        terminal.answers_after_s = 0.5
        asked = terminal.raw.count(WHERE)
        say(journal, last, 1)
        until(lambda: terminal.raw.count(WHERE) > asked)
        terminal.type("q")
        assert terminal.wait() == 0
        time.sleep(0.7)

        # A terminal that nobody holds back any more shows what is typed.
        assert b"^[[1;1R" not in terminal.raw
