"""``--at``: the past as it was, read from git without a change; and pages that stay what they are."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import UnknownBranch, UnknownRevision, UsageError
from onecontext.memory import recording
from onecontext.recall.past import parse_time
from tests.support.memory import check, git


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(tmp_path: Path, clock: Clock) -> Memory:
    """One milestone at noon of each of the first four days of January."""
    memory = Memory.init(tmp_path, agent="ann", purpose="a till", clock=clock)
    for day in range(1, 5):
        clock.time = datetime(2026, 1, day, 12, tzinfo=UTC)
        memory.write_main(f"# Day {day}\n")
        memory.step(f"s{day}")
        memory.commit(f"c{day}", purpose=f"p{day}")
    return memory


def noon(day: int) -> datetime:
    return datetime(2026, 1, day, 12, tzinfo=UTC)


def stamps(memory: Memory) -> dict[Path, tuple[int, bytes]]:
    paths = [path for path in memory.path.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}


def contributions(memory: Memory, at: datetime) -> list[str]:
    return [milestone.contribution for milestone in memory.milestones(at=at) if milestone.contribution[0] == "c"]


def test_each_time_has_what_was_committed_by_then(memory: Memory) -> None:
    for day in range(1, 5):
        expected = [f"c{earlier}" for earlier in range(day, 0, -1)]
        assert contributions(memory, noon(day)) == expected
        assert contributions(memory, noon(day) + timedelta(hours=23)) == expected
        assert [step.observation for step in memory.steps(at=noon(day))] == [f"s{d}" for d in range(day, 0, -1)]
        assert memory.show("main", at=noon(day)).contribution == f"c{day}"
        text = memory.context(at=noon(day)).text
        assert f"p{day}" in text
        assert f"# Day {day}" in text
        assert f"p{day + 1}" not in text


def test_the_context_of_the_newest_time_is_the_context_of_now(memory: Memory) -> None:
    branch = memory.create_branch("b")

    for options in ({}, {"log": True}, {"metadata": "purpose"}, {"branch": "main"}, {"commit": "main"}):
        then, now = (memory.context(at=at, **options) for at in (noon(9), None))  # type: ignore[arg-type]
        assert [piece.text for piece in then.pieces] == [piece.text for piece in now.pieces]
        assert (then.next, then.text == now.text) == (now.next, then.next is None)
    assert "b" in branch.context(at=noon(9)).text


def test_nothing_is_changed_by_looking(memory: Memory) -> None:
    memory.step("pending")
    before = stamps(memory)

    memory.milestones(at=noon(2))
    memory.context(at=noon(2))
    memory.diff("main", "main@2026-01-04", at=noon(2))
    memory.graph(at=noon(2))

    assert stamps(memory) == before
    check(memory.path)


def test_diff_and_graph_of_the_past(memory: Memory, clock: Clock) -> None:
    memory.create_branch("b")
    first = memory.milestones()[-1]

    assert "+# Day 4" in memory.diff("main@2026-01-03", "main")
    assert "+# Day 2" in memory.diff(first.id, "main", at=noon(2))
    assert "Day 3" not in memory.diff(first.id, "main", at=noon(2))
    rows = [row.commit for row in memory.graph(at=noon(3)) if row.commit]
    assert rows[0].refs == ("main",)
    assert max(row.at for row in rows) == noon(3)


def test_a_rollback_is_a_change_like_any_other(memory: Memory, clock: Clock) -> None:
    clock.time = noon(6)
    memory.rollback("main@2026-01-02")

    assert contributions(memory, noon(4)) == ["c4", "c3", "c2", "c1"]
    assert contributions(memory, noon(6)) == ["c2", "c1"]


def test_a_merged_branch_was_not_there_before_the_merge(memory: Memory, clock: Clock) -> None:
    branch = memory.create_branch("b")
    clock.time = noon(5)
    branch.commit("c of b")
    clock.time = noon(7)
    memory.merge("b")

    assert "c of b" not in contributions(memory, noon(6))
    assert "c of b" in contributions(memory, noon(7))
    assert contributions(branch, noon(5)) == ["c of b"]


def test_what_was_not_there_yet_is_said(memory: Memory, clock: Clock) -> None:
    newest = memory.milestones()[0]
    clock.time = noon(5)
    memory.create_branch("b")
    memory.tag("v4", newest.id)

    for asked in ("v4", newest.id, newest.id[:6], "b"):
        with pytest.raises(UnknownRevision):
            memory.show(asked, at=noon(2))
    with pytest.raises(UnknownRevision, match="had not begun"):
        memory.milestones(at=noon(1) - timedelta(days=1))
    with pytest.raises(UnknownRevision, match="had not begun"):
        memory.context(branch="b", at=noon(3))
    assert "## Other branches" not in memory.context(at=noon(3)).text
    with pytest.raises(UnknownBranch):
        memory.show("none@2026-01-02")
    with pytest.raises(UsageError, match="has no zone"):
        memory.milestones(at=datetime(2026, 1, 2))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-02", datetime(2026, 1, 2, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-01-02T10:00", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("2026-01-02T10:00:00Z", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("2026-01-02 10:00+02:00", datetime(2026, 1, 2, 10, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_times_are_iso_8601_and_a_date_is_its_end(text: str, meant: datetime) -> None:
    assert parse_time(text) == meant


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "9999-12-31T23:59-12:00", "1", "-rf"])
def test_other_words_are_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        parse_time(text)


def test_pages_follow_each_other_and_stay_though_more_is_written(memory: Memory) -> None:
    everything = memory.milestones()
    first = memory.milestones(limit=3)
    memory.commit("c5")

    second = memory.milestones(limit=3, before=first[-1].id)
    third = memory.milestones(before=second[-1].id)

    assert first + second + third == everything
    steps = memory.steps()
    assert memory.steps(before=steps[1].id) == steps[2:]
    assert memory.steps(before=steps[-1].id) == []
    for unknown in ("ffffffff", "", "../x"):
        with pytest.raises(UnknownRevision):
            memory.milestones(before=unknown)


def test_packed_history_tells_the_same(memory: Memory) -> None:
    git(memory.path, "gc", "-q", "--prune=now")

    assert contributions(memory, noon(2)) == ["c2", "c1"]


def test_who_only_watches_sees_what_git_has_and_writes_nothing(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "IDLE_S", 3600.0)
    memory.commit("on record")
    ahead = memory.layout.ahead("main").read_bytes()

    watched = [row.commit.subject for row in memory.graph(settle=False) if row.commit]

    assert "on record" not in watched
    assert memory.layout.ahead("main").read_bytes() == ahead != b""
    assert "on record" in [row.commit.subject for row in memory.graph() if row.commit]
