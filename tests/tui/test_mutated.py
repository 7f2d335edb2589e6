"""What went wrong in a journal is a line on the screen: never a traceback, never a hang. The same for the same seed."""

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from onecontext.errors import Damaged, UsageError
from teams.engine.event import Event
from teams.engine.line import decode, encode
from teams.protocol.heartbeat import Heartbeats, Life, Pulse
from teams.protocol.team import Team
from tests.tui.mutating import mutated, spoilt
from tests.tui.shop import post, shop
from tests.tui.story import Story
from tests.tui.till import crossed, whole
from tui.clocks import newest_event
from tui.frame import frame
from tui.plain.words import event_line, summary_lines
from tui.projection.copying import copied
from tui.projection.state import Monitor
from tui.rows.approvals import Asked
from tui.rows.cost import budget_rows, parts_of, plot_rows
from tui.rows.detail import detail_of, plain_of, rows_of
from tui.rows.spans import spans_width
from tui.rows.threads import queues, threads
from tui.snapshot import Snapshot
from tui.sources import reader as reader_module
from tui.sources.folder import Place
from tui.sources.follow import Follower
from tui.sources.player import still as still_at
from tui.sources.reader import Reader
from tui.sources.recording import opened
from tui.words import clock

STORIES = (shop, whole, crossed)
SEEDS = 60
ZONE = timezone(timedelta(hours=-9, minutes=-30))


def taken_in(events: list[Event]) -> Snapshot:
    """Return the picture after all of ``events``, each told and drawn as the monitor does."""
    monitor = Monitor()
    for event in events:
        monitor.apply(event)
        event_line(event, "name", None, zone=ZONE)
    return copied(monitor).snapshot()


def draw_everything(snapshot: Snapshot, cells: int) -> None:
    """Draw every row and every page there is of ``snapshot``."""
    now = newest_event(snapshot)
    frame(snapshot, cells, now=now, zone=ZONE)
    summary_lines(snapshot, now=now, zone=ZONE)
    things = (*snapshot.tasks, *snapshot.agents, *snapshot.messages, *snapshot.attention, *snapshot.log)
    told = (*map(Asked, snapshot.requests), *threads(snapshot.messages), *snapshot.memory, *snapshot.changes)
    for thing in (*things, *told):
        _, paragraphs = detail_of(thing, snapshot, ZONE)
        for row in rows_of(paragraphs, cells):
            assert spans_width(row) <= max(cells, 20)
        plain_of(thing, snapshot, ZONE)
    queues(snapshot.messages)
    budget_rows(snapshot, cells, now=now)
    plot_rows(snapshot.spending.points, cells, 4)
    for way in ("agent", "task", "model"):
        parts_of(snapshot.spending, way)


def as_kept(events: list[Event]) -> list[Event]:
    """Return those of ``events`` that a journal can hold, as they are read from it."""
    kept: list[Event] = []
    for event in events:
        try:
            line = encode(replace(event, seq=len(kept) + 1))
            kept.append(decode(line[:-1], place=str))
        except (ValueError, TypeError, Damaged):
            continue  # nothing that a program wrote, nor that is read
    return kept


@pytest.mark.parametrize("story", STORIES)
def test_no_value_in_an_event_is_a_reason_to_stop(story: Callable[[], Story]) -> None:
    events = story().events
    for seed in range(SEEDS):
        told = as_kept(mutated(events, random.Random(seed)))
        assert len(told) > len(events) // 2
        try:
            draw_everything(taken_in(told), 40 + seed)
        except Exception as error:
            raise AssertionError(f"seed {seed} of {story.__name__}") from error


def test_no_bytes_in_a_journal_are_a_reason_to_stop(tmp_path: Path) -> None:
    path = whole().write(tmp_path / "journal.jsonl")
    journal = path.read_bytes()
    count = len(whole().events)
    for seed in range(SEEDS):
        path.write_bytes(spoilt(journal, random.Random(seed)))
        reader = Reader(path)
        events = reader.poll()
        assert reader.poll() == [], "what is damaged or not whole is not gone past"
        assert len(events) <= count
        draw_everything(taken_in(events), 80)
        try:
            recording = opened(path)
        except (Damaged, UsageError):
            assert not events
            continue
        recording.read_all()
        assert recording.count == len(events)
        draw_everything(still_at(recording, recording.count), 80)


def test_a_line_without_an_end_is_told_and_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "LONGEST_LINE_BYTES", 100_000)
    path = whole().write(tmp_path / "journal.jsonl")
    with path.open("ab") as file:
        file.write(b"x" * 300_000)
    reader = Reader(path)

    assert len(reader.poll()) == len(whole().events)
    assert "the journal is damaged: journal.jsonl line" in reader.trouble
    assert "does not end within" in reader.trouble


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("hours", [-12, 14])
def test_a_clock_that_is_wrong_by_an_age_is_told_in_any_zone(year: int, hours: int) -> None:
    at = datetime(year, 1, 1, 3, 4, 5, tzinfo=UTC) if year == 1 else datetime(year, 12, 31, 23, 4, 5, tzinfo=UTC)

    assert re.fullmatch(r"[\d:]{8}", clock(at, timezone(timedelta(hours=hours))))


@pytest.mark.parametrize("expires", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "soon", ""])
def test_an_expiry_that_is_no_time_is_none(expires: str) -> None:
    story = shop()
    asked = {"type": "permission_request", "request_id": "r", "tool_name": "Bash", "expires_at": expires, "input": {}}
    post(story, 90, "alice", "team-lead", json.dumps(asked), form="permission_request", read=False)

    (request,) = [one for one in taken_in(story.events).requests if one.kind == "permission"]

    assert request.expires_at is None


def test_a_beat_of_a_year_that_no_calendar_has_is_no_reason_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = Team.create("till-1", root=tmp_path / ".onecontext", cwd=tmp_path)
    team.join("ann")
    # Few file systems hold such a time: what one that does would tell.
    impossible = Pulse(Life.ALIVE, 9e11, 1)
    monkeypatch.setattr(Heartbeats, "pulses", lambda _, names: dict.fromkeys(names, impossible))

    snapshot = Follower(Place(team.root, team.name), None).step()

    assert snapshot.hearts["ann"].beaten_at == datetime(3000, 1, 1, tzinfo=UTC)


def test_a_fault_of_ours_is_told_and_the_rest_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / ".onecontext"
    whole().write(root / "teams" / "till-1" / "onecontext" / "journal.jsonl")
    apply = Monitor.apply

    def faulty(monitor: Monitor, event: Event) -> None:
        if event.seq == 9:
            raise ZeroDivisionError("none of these")
        apply(monitor, event)

    monkeypatch.setattr(Monitor, "apply", faulty)
    seen: list[Snapshot] = []
    follower = Follower(Place(root, "till-1"), None)
    follower.start(seen.append)
    deadline = time.monotonic() + 20
    while not seen and time.monotonic() < deadline:
        time.sleep(0.02)
    follower.close()

    assert seen[-1].trouble.startswith("event 9 (")
    assert "a fault of this program: ZeroDivisionError('none of these')" in seen[-1].trouble
    assert seen[-1].totals.events == len(whole().events) - 1
