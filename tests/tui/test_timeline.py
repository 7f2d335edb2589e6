"""Where a recording is looked at and how it is played, without threads, files or a clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest

from onecontext.errors import UsageError
from tests.tui.till import crossed, whole
from tui.projection import targets
from tui.projection.checkpoints import Checkpoints
from tui.projection.marks import Marks
from tui.projection.playhead import EDGE, FASTER, GO, LONGEST_PAUSE_S, MARK, PLAY, SECONDS, STEP, Order, Playhead
from tui.projection.state import Monitor
from tui.projection.targets import parse
from tui.snapshot import Mark

BEGAN = datetime(2026, 3, 2, 23, 58, 30, tzinfo=UTC)


class Told:
    """A run whose events are so many seconds apart."""

    def __init__(self, gaps_s: Sequence[float] = (1.0,) * 9, *, complete: bool = True) -> None:
        self._times = [BEGAN.timestamp()]
        for gap_s in gaps_s:
            self._times.append(self._times[-1] + gap_s)
        self.complete = complete

    @property
    def count(self) -> int:
        return len(self._times)

    def time_s(self, seq: int) -> float:
        return self._times[seq - 1]

    def seq_at(self, time_s: float) -> int:
        return sum(at <= time_s for at in self._times)


def played(head: Playhead, run: Told, *times_s: float) -> list[int]:
    """Return the event that is shown at each of these times."""
    seen = []
    for now_s in times_s:
        head.advance(run, now_s)
        seen.append(head.seq)
    return seen


def marks_of(events: Sequence[object]) -> tuple[Mark, ...]:
    marks, monitor = Marks(), Monitor()
    for event in events:
        monitor.apply(event)  # type: ignore[arg-type]
        marks.take(event, monitor.newest_attention)  # type: ignore[arg-type]
    return marks.picture()


def test_events_come_as_far_apart_as_they_were_at_the_speed_that_is_wanted() -> None:
    assert played(Playhead(), Told(), 0.0, 0.9, 1.0, 2.5, 4.0) == [1, 1, 2, 3, 5]
    assert played(Playhead(speed=4), Told(), 0.0, 0.25, 1.0) == [1, 2, 5]
    assert played(Playhead(speed=0.25), Told(), 0.0, 3.9, 4.0) == [1, 1, 2]
    assert played(Playhead(speed=0), Told(), 0.0) == [10]


def test_a_night_without_events_takes_four_seconds() -> None:
    head, run = Playhead(), Told([1.0, 30_000.0, 1.0])

    assert played(head, run, 0.0, 1.0, 1.0 + LONGEST_PAUSE_S - 0.1, 1.0 + LONGEST_PAUSE_S) == [1, 2, 2, 3]
    assert head.wait_s(run, 1.0 + LONGEST_PAUSE_S) == pytest.approx(1.0)


def test_a_screen_that_was_held_up_makes_up_for_no_more_than_a_second() -> None:
    run = Told([1.0] * 99)

    assert played(Playhead(), run, 0.0, 60.0, 60.5, 61.5) == [1, 4, 4, 5]


def test_a_step_pauses_and_stays_within_the_run() -> None:
    head, run = Playhead(), Told()
    head.advance(run, 0.0)

    head.obey(Order(STEP, 3), run, ())
    assert (head.seq, head.playing, head.wait_s(run, 0.0)) == (4, False, None)
    head.obey(Order(STEP, -20), run, ())
    assert head.seq == 1
    head.obey(Order(STEP, 200), run, ())
    assert head.seq == 10


def test_play_at_the_end_begins_again() -> None:
    head, run = Playhead(playing=False, goal=targets.Target("", targets.end)), Told()
    head.advance(run, 0.0)
    assert head.seq == 10

    head.obey(Order(PLAY), run, ())

    assert (head.seq, head.playing) == (1, True)


def test_the_marks_are_gone_to_in_both_directions_and_there_is_an_end_to_them() -> None:
    marks, run = (Mark(2, "milestone", ""), Mark(7, "rejected", "")), Told()
    head = Playhead()
    head.advance(run, 0.0)

    seen = []
    for by in (1, 1, 1, -1, -1):
        head.obey(Order(MARK, by), run, marks)
        seen.append(head.seq)

    assert seen == [2, 7, 7, 2, 2]


def test_a_minute_of_the_run_is_the_event_a_minute_away_and_always_another_one() -> None:
    run = Told([20.0] * 6 + [600.0] + [1.0])
    head = Playhead(playing=False)
    head.advance(run, 0.0)

    seen = []
    for by in (60, 60, 60, -60, -60, -60):
        head.obey(Order(SECONDS, by), run, ())
        seen.append(head.seq)

    # From event 7 on nothing happens for ten minutes.
    assert seen == [4, 7, 8, 7, 4, 1]


def test_speeds_go_from_a_quarter_to_at_once_and_no_further() -> None:
    head, run = Playhead(), Told()

    seen = []
    for _ in range(9):
        head.obey(Order(FASTER, 1), run, ())
        seen.append(head.speed)
    assert seen == [2, 4, 8, 16, 32, 64, 0, 0, 0]
    for _ in range(12):
        head.obey(Order(FASTER, -1), run, ())
    assert head.speed == 0.25
    odd = Playhead(speed=3)
    odd.obey(Order(FASTER, 1), run, ())
    assert odd.speed == 4
    odd = Playhead(speed=3)
    odd.obey(Order(FASTER, -1), run, ())
    assert odd.speed == 2


def test_a_jump_leaves_it_playing_as_it_was_and_a_place_not_read_yet_is_waited_for() -> None:
    run = Told(complete=False)
    head = Playhead()
    head.obey(Order(EDGE, 1), run, ())
    head.advance(run, 0.0)
    assert (head.seq, head.goal is None) == (0, False)

    run.complete = True
    head.advance(run, 0.1)

    assert (head.seq, head.playing, head.goal) == (10, True, None)
    head.obey(Order(GO, to=parse("50%", zone=UTC)), run, ())
    head.advance(run, 0.2)
    assert (head.seq, head.playing) == (5, True)


@pytest.mark.parametrize(
    ("text", "seq"),
    [
        ("7", 7),
        ("#7", 7),
        ("0", 1),
        ("99", 10),
        ("0%", 1),
        ("30 %", 3),
        ("100%", 10),
        ("23:58", 1),
        ("23:58:34", 5),
        ("23:00", 1),
        ("2026-03-02T23:58:36Z", 7),
        ("2026-03-03T00:58:36+01:00", 7),
        ("2026-03-02 23:58:36", 7),
        ("2020-01-01", 1),
    ],
)
def test_a_place_is_an_event_a_share_or_a_time(text: str, seq: int) -> None:
    assert parse(text, zone=UTC).place(Told()) == seq


def test_a_time_of_day_is_that_of_the_next_day_when_the_run_is_there_then_and_is_read_in_its_zone() -> None:
    over_midnight = Told([60.0] * 9)

    assert parse("00:02", zone=UTC).place(over_midnight) == 4
    assert parse("01:02", zone=timezone(timedelta(hours=1))).place(over_midnight) == 4


def test_a_time_that_may_still_come_while_it_is_read_is_not_known_yet() -> None:
    assert parse("23:59:59", zone=UTC).place(Told(complete=False)) is None
    assert parse("23:58:35", zone=UTC).place(Told(complete=False)) == 6
    assert parse("00:30", zone=UTC).place(Told(complete=False)) is None
    assert parse("50%", zone=UTC).place(Told(complete=False)) is None
    assert parse("4", zone=UTC).place(Told(complete=False)) == 4
    assert parse("11", zone=UTC).place(Told(complete=False)) is None


@pytest.mark.parametrize("text", ["", "soon", "25:00", "12:61", "-3", "5 %%", "1e400", "٣", "9999-99-99", "1:2:3:4"])
def test_what_is_no_place_is_said_with_what_one_is(text: str) -> None:
    with pytest.raises(UsageError, match="is no place in a recording") as caught:
        parse(text, zone=UTC)

    assert "a time of day (14:02" in caught.value.hint


def test_endings_rejections_milestones_and_what_needed_a_person_are_marked_once_each() -> None:
    kinds = [mark.kind for mark in marks_of(whole().events)]

    assert kinds.count("rejected") == sum(event.data.get("verdict") == "rejected" for event in whole().events)
    assert kinds.count("milestone") == sum(event.type == "memory.committed" for event in whole().events)
    assert kinds[-1] == "done"
    assert "needs a person" in {mark.kind for mark in marks_of(crossed().events)}
    numbers = [mark.seq for mark in marks_of(crossed().events)]
    assert numbers == sorted(set(numbers))


def test_checkpoints_are_few_and_even_however_many_there_were() -> None:
    kept: Checkpoints[int] = Checkpoints(most=8, every=10)

    for seq in range(1, 5_001):
        if kept.wanted(seq):
            kept.keep(seq, seq)

    assert len(kept) <= 8
    assert kept.before(9) is None
    for seq in (700, 2_500, 4_999, 5_000):
        found = kept.before(seq)
        assert found is not None
        assert found[0] == found[1]
        assert 0 <= seq - found[0] < kept.every
