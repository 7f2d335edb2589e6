"""Real files as recordings: what is read of them, what is said of those that are none, and what changes meanwhile."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onecontext.api import Memory
from onecontext.errors import Damaged, OneContextError, UsageError
from tests.tui.story import START, Story
from tests.tui.till import middle, whole
from tui.projection.state import Monitor
from tui.sources.past import PastGraph
from tui.sources.recording import opened


def after(count: int) -> object:
    monitor = Monitor()
    for event in whole().events[:count]:
        monitor.apply(event)
    return monitor.snapshot()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return whole().write(tmp_path / "run.jsonl")


def test_a_damaged_line_ends_it_and_what_stands_before_is_shown(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:30], b'{"v":1, garbage}\n', *lines[31:]]))

    recording = opened(path)
    recording.read_all()

    assert recording.count == 30
    assert recording.complete
    assert "run.jsonl line 31" in recording.trouble
    assert (recording.marks[-1].seq, recording.marks[-1].kind) == (30, "damaged")
    assert recording.at(30) == after(30)
    assert recording.at(12) == after(12)
    assert recording.lost == ""


def test_a_line_that_does_not_end_is_left_out_and_read_when_it_does(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:20]) + lines[20][:40])
    recording = opened(path)
    recording.read_all()
    assert (recording.count, recording.complete, recording.trouble) == (20, True, "")

    path.write_bytes(b"".join(lines[:25]))
    recording.read_all()

    assert recording.count == 25
    assert recording.at(25) == after(25)


def test_a_recording_that_is_deleted_or_replaced_while_it_is_looked_at_says_so(path: Path, tmp_path: Path) -> None:
    recording = opened(path)
    recording.read_all()
    recording.at(40)

    path.rename(tmp_path / "elsewhere")
    recording.at(10)
    assert "is gone" in recording.lost

    middle().write(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[5:]))
    recording.at(20)
    assert "damaged" in recording.lost
    (tmp_path / "elsewhere").replace(path)
    assert recording.at(20) == after(20)
    assert recording.lost == ""


def no_file(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def packed(path: Path) -> None:
    subprocess.run(["gzip", str(path)], check=True)
    path.with_suffix(".jsonl.gz").rename(path)


def ten_gigabytes_of_nothing(path: Path) -> None:
    path.write_bytes(b"")
    os.truncate(path, 10_000_000_000)


def garbage(path: Path) -> None:
    path.write_bytes(b"\x00\x01\n")


def one_torn_line(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (no_file, UsageError, "there is no journal"),
        (folder, UsageError, "is a folder"),
        (fifo, UsageError, "is no file, but a pipe or a device"),
        (device, UsageError, "is no file, but a pipe or a device"),
        (empty, UsageError, "is empty"),
        (packed, UsageError, "is packed with gzip"),
        (ten_gigabytes_of_nothing, Damaged, "line 1 at byte 0 does not end within 16 MB"),
        (garbage, Damaged, "line 1 at byte 0"),
        (one_torn_line, Damaged, "holds no event"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_no_recording_is_said_in_a_sentence(
    path: Path, make: object, error: type[OneContextError], words: str
) -> None:
    make(path)  # type: ignore[operator]

    with pytest.raises(error, match=words) as caught:
        opened(path)

    assert "\n" not in caught.value.message


def test_clocks_that_disagree_give_times_that_only_rise(tmp_path: Path) -> None:
    story = Story()
    for gap_s in (5.0, 10.0, -300.0, 2.0, 400.0):
        story.tell("message.sent", "ann", after_s=gap_s, text="x")
    recording = opened(story.write(tmp_path / "clocks.jsonl"))

    seconds = [recording.time_s(seq) - START.timestamp() for seq in range(1, 6)]

    assert seconds == [5.0, 15.0, 15.0, 15.0, 117.0]
    assert recording.seq_at(START.timestamp() + 20) == 4
    assert recording.seq_at(START.timestamp()) == 0


def test_the_graph_of_the_past_leaves_out_what_was_committed_later(tmp_path: Path) -> None:
    with Memory.init(tmp_path, agent="ann") as memory:
        for number in range(3):
            memory.commit(f"learned {number}")
    graph = PastGraph(memory.path)
    times = sorted(row.commit.at for row in Memory.open(memory.path).graph(limit=50) if row.commit)

    def learned(lines: object) -> list[str]:
        return [line.subject for line in lines if line.id and "learned" in line.subject]  # type: ignore[attr-defined]

    assert graph.at(START) == ()
    assert "learned 2" in learned(graph.at(times[-1]))[0]
    assert len(learned(graph.at(times[-1]))) == 3
    with memory:
        memory.commit("learned 3")
    assert len(learned(graph.at(datetime.now(UTC)))) == 4
    assert PastGraph(None).at(times[0]) == ()
