"""Wherever a recording is looked at, in whatever order, it is what taking in all events up to there gives."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teams.engine.event import Event
from teams.engine.line import encode
from tests.tui.story import START
from tests.tui.till import crossed, whole
from tui.projection.checkpoints import Checkpoints
from tui.projection.copying import copied
from tui.projection.state import HANDLED, TOLD_ONLY, Monitor
from tui.sources import recording
from tui.sources.reader import Reader
from tui.sources.recording import Recording

NAMES = st.sampled_from(["", "ann", "bob", "1", "2", "needs_input", "done", "running", "rejected", "a.py"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "metadata", "key"]), inner),
    max_leaves=4,
)
NAMED = (
    "task state to name reason text msg_id call tool ok verdict cost_usd contract budget model tokens_in lasting "
    "ending exit_code assertion commit from path"
)
FIELDS = st.sampled_from(NAMED.split())
KINDS = st.sampled_from([*sorted(HANDLED), *sorted(TOLD_ONLY), "task.unheard", "future.thing"])


@st.composite
def strange(draw: st.DrawFn, number: int) -> Event:
    """Any type of event with anything in it, as a program of another version may write it."""
    after = draw(st.integers(-30, 90))
    return Event(
        number,
        f"e-{number}",
        START + timedelta(seconds=after),
        draw(KINDS),
        "till-1",
        draw(st.dictionaries(FIELDS, VALUES, max_size=5)),
        "m-1",
        draw(st.sampled_from([None, "1", "2"])),
        agent=draw(st.sampled_from([None, "ann", "bob"])),
        cause=draw(st.sampled_from([None, f"e-{max(1, number - 2)}"])),
    )


@st.composite
def journals(draw: st.DrawFn) -> list[Event]:
    """A told run, cut anywhere, and strange events behind it."""
    told = draw(st.sampled_from([whole, crossed]))().events
    told = told[: draw(st.integers(0, len(told)))]
    return [*told, *(draw(strange(len(told) + more)) for more in range(1, draw(st.integers(1, 25)) + 1))]


def pictures(path: Path) -> list[object]:
    """The picture behind each event, the first before any, each by taking in the next event: no copies, no jumps."""
    monitor, reader = Monitor(), Reader(path)
    seen: list[object] = [monitor.snapshot()]
    while batch := reader.poll():
        for event in batch:
            monitor.apply(event)
            seen.append(monitor.snapshot())
    return seen


def crowded(path: Path) -> Recording:
    """Read with checkpoints so few and so near each other that a short journal has some, and thins them out."""
    seekable = Recording(path)
    seekable._kept = Checkpoints(most=4, every=4)
    seekable.read_all()
    return seekable


@settings(max_examples=60, deadline=None)
@given(events=journals(), data=st.data())
def test_a_jump_shows_what_playing_to_there_shows(events: list[Event], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "journal.jsonl"
        path.write_bytes(b"".join(map(encode, events)))
        patch.setattr(recording, "NEAR", 3)
        expected = pictures(path)
        seekable = crowded(path)

        for seq in data.draw(st.lists(st.integers(0, len(events)), min_size=1, max_size=12)):
            assert seekable.at(seq) == expected[seq]
        assert 0 < len(seekable._kept) <= 4 or len(events) < 4
        assert not seekable.lost


@settings(max_examples=40, deadline=None)
@given(events=journals(), cut=st.integers(0, 80))
def test_a_copy_and_what_it_is_of_go_their_own_ways(events: list[Event], cut: int) -> None:
    monitor = Monitor()
    for event in events[:cut]:
        monitor.apply(event)
    before = monitor.snapshot()

    copy = copied(monitor)
    for event in events[cut:]:
        copy.apply(event)

    assert monitor.snapshot() == before
    for event in events[cut:]:
        monitor.apply(event)
    assert monitor.snapshot() == copy.snapshot()
