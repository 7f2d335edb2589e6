"""``onecontext monitor --plain`` and ``--json --follow`` as real processes: pipes, signals, ends, and odd journals."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from teams.engine.journal import Journal
from tests.tui.story import Story
from tests.tui.till import crossed, middle, whole
from tui.plain.words import event_line, summary_lines
from tui.projection.state import Monitor
from tui.sources.folder import JOURNAL

PATIENCE_S = 40.0
SIGNS = re.compile("[\x00-\x09\x0b-\x1f─-╿✓×▸■▲‖‣◆●◐→]")


class Ran:
    """A process whose output is read line by line."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.lines: list[str] = []
        self._rest = b""

    def until(self, there: Callable[[list[str]], bool]) -> list[str]:
        end = time.monotonic() + PATIENCE_S
        assert self.process.stdout is not None
        while not there(self.lines):
            assert time.monotonic() < end, f"it was never told; told was {self.lines}"
            if select.select([self.process.stdout], [], [], 0.5)[0]:
                block = os.read(self.process.stdout.fileno(), 65_536)
                assert block or there(self.lines), f"it ended; told was {self.lines}"
                *lines, self._rest = (self._rest + block).split(b"\n")
                self.lines += [line.decode() for line in lines]
        return self.lines

    def code(self) -> int:
        return self.process.wait(PATIENCE_S)


@contextmanager
def monitor(cwd: Path, *arguments: str) -> Iterator[Ran]:
    command = [sys.executable, "-m", "onecontext", "monitor", *arguments]
    environment = {**os.environ, "TZ": "UTC"}
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        try:
            yield Ran(process)
        finally:
            process.kill()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    return tmp_path


def journal(project: Path) -> Journal:
    return Journal(project / ".onecontext" / "teams" / "till-1" / "onecontext", team="till-1")


def ended(lines: list[str]) -> bool:
    return any("a person" in line for line in lines)


def test_a_run_is_told_from_now_on_after_a_summary_and_ends_with_the_code_of_the_mission(project: Path) -> None:
    with monitor(project, "--plain", "--until-ended") as ran:
        first = list(ran.until(lambda lines: any(line.startswith("ATTENTION open") for line in lines[-1:])))
        journal(project).append("task.blocked", {"reason": "no disk", "to": "blocked"}, agent="worker-2", task="2")
        ran.until(lambda lines: any("no disk" in line for line in lines))
        journal(project).append("mission.ended", {"ending": "blocked", "reason": "nothing left to do"}, agent="lead")
        told = ran.until(lambda lines: sum("summary at" in line for line in lines) == 2 and "ended" in lines[-1])
        code = ran.code()

    assert re.match(r"summary at \d\d:\d\d:\d\d, 43 events$", first[0])
    assert "team till-1, mission working for" in first[1]
    assert "3 tasks: 1 done, 1 running, 1 waiting; 1 of 3 checks hold" in first
    line = next(line for line in told if "no disk" in line)
    assert re.match(r"ATTENTION \d\d:\d\d:\d\d worker-2 blocked #2 fix-offers: no disk$", line)
    assert any(re.match(r"ATTENTION \d\d:\d\d:\d\d lead mission blocked: nothing left to do$", line) for line in told)
    assert "claims #1" not in "\n".join(told)
    assert code == 10


def test_a_mission_that_is_over_ends_it_at_once(tmp_path: Path) -> None:
    whole().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)

    with monitor(tmp_path, "--plain", "--until-ended") as ran:
        lines = ran.until(ended)
        code = ran.code()

    assert code == 0
    assert "team till-1, mission done after 0:54" in lines[1]


def test_a_signal_asks_for_a_summary_and_so_does_time(project: Path) -> None:
    with monitor(project, "--plain") as ran:
        ran.until(ended)
        ran.process.send_signal(signal.SIGUSR1)
        ran.until(lambda lines: sum("summary at" in line for line in lines) == 2)
    with monitor(project, "--plain", "--every", "0.3") as ran:
        ran.until(lambda lines: sum("summary at" in line for line in lines) >= 3)


def test_an_interrupt_ends_it_without_a_word(project: Path) -> None:
    with monitor(project, "--plain") as ran:
        ran.until(ended)
        ran.process.send_signal(signal.SIGINT)
        code = ran.code()
        assert ran.process.stderr is not None
        said = ran.process.stderr.read()

    assert (code, said) == (130, b"")


def test_a_reader_that_went_away_ends_it_without_a_word(project: Path) -> None:
    with monitor(project, "--plain") as ran:
        ran.until(ended)
        assert ran.process.stdout is not None
        ran.process.stdout.close()
        journal(project).append("message.sent", {"from": "ann", "to": "bob", "text": "anybody there?"}, agent="ann")
        code = ran.code()
        assert ran.process.stderr is not None
        said = ran.process.stderr.read()

    assert (code, said) == (141, b"")


def test_a_recording_is_told_to_its_end_without_a_sign_that_stands_for_a_word(tmp_path: Path) -> None:
    crossed().write(tmp_path / "run.jsonl")

    with monitor(tmp_path, "--plain", "--replay", "run.jsonl", "--speed", "0") as ran:
        lines = ran.until(ended)
        code = ran.code()

    assert code == 0
    assert "09:00:16 worker-1 claims #1 fix-prices" in lines
    assert "09:00:29 worker-1 to orchestrator: fix-prices is ready" in lines
    assert [line for line in lines if SIGNS.search(line)] == []
    assert sum(line.startswith("ATTENTION") for line in lines) >= 5


def test_a_recording_begins_where_it_should_and_one_without_an_ending_is_told_by_the_code(tmp_path: Path) -> None:
    middle().write(tmp_path / "run.jsonl")

    with monitor(tmp_path, "--plain", "--replay", "run.jsonl", "--speed", "0", "--at", "40", "--until-ended") as ran:
        lines = ran.until(lambda lines: sum("summary at" in line for line in lines) == 2 and "rejected" in lines[-1])
        code = ran.code()

    assert lines[0] == "summary at 09:00:40, 40 events"
    assert not any("claims #1" in line for line in lines)
    assert code == 1


def test_a_damaged_recording_is_told_up_to_there_and_the_damage_too(tmp_path: Path) -> None:
    path = whole().write(tmp_path / "run.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:20], b"garbage\n", *lines[20:]]))

    with monitor(tmp_path, "--plain", "--replay", "run.jsonl", "--speed", "0") as ran:
        told = ran.until(lambda lines: any("a person" in line for line in lines))
        code = ran.code()

    assert code == 5
    assert any(line.startswith("ATTENTION the journal is damaged: run.jsonl line 21") for line in told)
    assert "09:00:18 worker-2 claims #2 fix-offers" in told


def test_a_folder_that_is_empty_deleted_and_filled_again_is_waited_for_and_nothing_is_written(tmp_path: Path) -> None:
    with monitor(tmp_path, "--plain") as ran:
        assert ran.until(ended)[1] == "no team yet"
        assert [*tmp_path.iterdir()] == []
        path = middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
        ran.until(lambda lines: any("claims #1 fix-prices" in line for line in lines))
        path.unlink()
        ran.until(lambda lines: any(line.startswith("ATTENTION the journal") for line in lines))
        assert ran.process.poll() is None


def test_json_follows_with_a_document_for_each_change(project: Path) -> None:
    with monitor(project, "--json", "--follow", "--until-ended") as ran:
        ran.until(lambda lines: len(lines) >= 1)
        journal(project).append("mission.ended", {"ending": "done", "reason": ""}, agent="lead")
        lines = ran.until(lambda lines: '"ending": "done"' in lines[-1])
        code = ran.code()

    documents = [json.loads(line)["data"] for line in lines]
    assert (documents[0]["mission"]["ending"], documents[-1]["mission"]["ending"]) == (None, "done")
    assert documents[-1]["totals"]["events"] == 44
    assert all(before != after for before, after in pairwise(documents))
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plain", "--json"], "--plain is for people"),
        (["--follow"], "--follow goes with --json"),
        (["--plain", "--once"], "--once is one picture"),
        (["--every", "3"], "--every goes with --plain"),
        (["--until-ended"], "--until-ended goes with"),
        (["--plain", "--every", "0"], "--every"),
        (["--replay", "x", "--speed", "-1"], "--speed"),
        (["--at", "soon", "--once"], "is no place in a recording"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path: Path, arguments: list[str], words: str) -> None:
    with monitor(tmp_path, *arguments) as ran:
        assert ran.code() == 2
        assert ran.process.stderr is not None
        assert ran.process.stdout is not None
        assert words in ran.process.stderr.read().decode() + ran.process.stdout.read().decode()


def test_what_agents_write_is_one_harmless_line() -> None:
    story = Story()
    event = story.tell("task.blocked", "a\x1b[2J", "1", reason="no\n\x1b]0;x\x07 ATTENTION \u202e", to="blocked")
    monitor = Monitor()
    monitor.apply(event)

    lines = [event_line(event, "#1", monitor.newest_attention, zone=None) or ""]
    now = monitor.snapshot().last_event_at
    assert now is not None
    lines += summary_lines(monitor.snapshot(), now=now, zone=None)

    assert lines[0].startswith("ATTENTION ")
    assert not any("\n" in line or "\x1b" in line or "\u202e" in line for line in lines)
