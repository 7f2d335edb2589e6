"""A word and its record stay together, whoever is killed in between, and whatever lies in the file's place."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from onecontext.errors import Conflict
from teams.engine.journal import Journal
from teams.mission.control.halt import Halt, Heed, Order

KILLED = """
import os, signal, sys
from pathlib import Path
from teams.engine.journal import Journal
from teams.mission.control.halt import Halt
journal = Journal(Path(sys.argv[1]), team="t")
def killed(*_, guard, **__):
    guard()
    os.kill(os.getpid(), signal.SIGKILL)
journal.append = killed
getattr(Halt(journal), sys.argv[2])(*sys.argv[3:], mission="m", by="ann")
"""
MANY = """
import sys
from pathlib import Path
from teams.engine.journal import Journal
from teams.mission.control.halt import Halt
halt = Halt(Journal(Path(sys.argv[1]), team="t"))
for number in range(40):
    halt.give("pause", mission="m", by=sys.argv[2])
    halt.lift(mission="m", by=sys.argv[2])
if sys.argv[2] == "even":
    halt.give("pause", mission="m", by="even")
"""


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path, team="t")
    journal.append("team.created", {})
    return journal


def told(journal: Journal) -> list[tuple[str, str, str]]:
    return [
        (event.type.removeprefix("mission."), str(event.data.get("word", "")), event.data["by"])
        for event in journal.read()
        if event.type in ("mission.halted", "mission.released")
    ]


def killed(journal: Journal, *arguments: str) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, str(journal.folder), *arguments], check=False)
    assert ran.returncode == -signal.SIGKILL


def test_a_word_of_a_command_that_is_taken_away_by_hand_is_told_as_gone(journal: Journal) -> None:
    halt = Halt(journal)
    heed = Heed(halt, mission="m")
    halt.give("pause", mission="m", by="ann")
    heed.look()
    halt.path.unlink()
    heed.look()
    heed.look()

    assert told(journal) == [("halted", "pause", "ann"), ("released", "", "")]


def test_a_word_whose_giver_was_killed_is_told(journal: Journal) -> None:
    killed(journal, "give", "pause")
    heed = Heed(Halt(journal), mission="m")
    assert told(journal) == []

    assert heed.look() is not None

    assert told(journal) == [("halted", "pause", "ann")]


def test_a_word_whose_taker_was_killed_is_told_as_gone(journal: Journal) -> None:
    Halt(journal).give("pause", mission="m", by="ann")
    killed(journal, "lift")

    assert Heed(Halt(journal), mission="m").look() is None

    assert told(journal) == [("halted", "pause", "ann"), ("released", "", "")]


def test_a_word_that_an_ending_obeyed_is_not_told_as_taken_back(journal: Journal) -> None:
    halt = Halt(journal)
    halt.give("stop", mission="m", by="ann")
    journal.append("mission.ended", {"ending": "stopped"}, mission="m")
    halt.path.unlink()

    Heed(halt, mission="m").look()

    assert told(journal) == [("halted", "stop", "ann")]


def test_what_the_journal_says_last_is_what_lies_there_however_many_speak(journal: Journal) -> None:
    command = [sys.executable, "-c", MANY, str(journal.folder)]
    speakers = [subprocess.Popen([*command, name]) for name in ("even", "odd", "third")]
    assert [speaker.wait(timeout=60) for speaker in speakers] == [0, 0, 0]

    last = told(journal)[-1][0]
    assert (last == "halted") == Halt(journal).path.exists()


def test_only_a_pause_is_taken_back_where_only_that_is_meant(journal: Journal) -> None:
    halt = Halt(journal)
    halt.give("stop", mission="m", by="ann")

    assert halt.lift(mission="m", by="bob", only="pause") is None

    order = halt.order()
    assert order is not None
    assert order.word == "stop"


def test_a_reason_holds_no_secret_and_nothing_that_a_terminal_obeys(journal: Journal) -> None:
    key = "sk-ant-api03-" + "A1b2" * 20
    order = Halt(journal).give("pause", mission="m", by="ann\n\x1b[2J", reason=f"{key}\udcff\x00\u202e stop")

    written = Halt(journal).path.read_text(encoding="utf-8")
    assert key not in written
    for text in (str(order), str(Halt(journal).order())):
        assert key not in text
        assert text.isprintable()
    assert told(journal) == [("halted", "pause", order.by)]


@pytest.mark.parametrize(
    "content",
    [
        r'{"word": "stop", "by": "\ud800", "reason": "\u0000\u001b[2J"}',
        '{"word": "stop", "by": ["x"], "reason": {"a": 1e400}}',
        '{"word": "stop", "reason": "' + "x" * 60_000 + '"}',
    ],
)
def test_what_a_stranger_wrote_into_it_is_told_cut_and_harmless(journal: Journal, content: str) -> None:
    Halt(journal).path.write_text(content)

    order = Heed(Halt(journal), mission="m").look()

    assert order is not None
    assert order.word == "stop"
    assert str(order).isprintable()
    assert len(str(order)) < 3000


def fifo(path: Path) -> None:
    os.mkfifo(path)


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 30)


def link(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("put", [fifo, huge, link, Path.mkdir])
def test_nothing_that_lies_in_its_place_keeps_who_looks(journal: Journal, put: Callable[[Path], None]) -> None:
    put(Halt(journal).path)
    began = time.monotonic()

    order = Heed(Halt(journal), mission="m").look()

    assert time.monotonic() - began < 1.0
    assert order is not None
    assert order.word == "pause"
    assert told(journal) == [("halted", "pause", "")]


def test_a_stop_is_not_made_a_pause_by_who_comes_second(journal: Journal) -> None:
    halt = Halt(journal)
    halt.give("pause", mission="m", by="ann")
    halt.give("stop", mission="m", by="bob", reason="enough")

    with pytest.raises(Conflict, match="the mission m is stopped by bob: enough"):
        halt.give("pause", mission="m", by="ann", reason="lunch")

    assert halt.order() == Order("stop", "bob", "enough")
    assert told(journal) == [("halted", "pause", "ann"), ("halted", "stop", "bob")]
