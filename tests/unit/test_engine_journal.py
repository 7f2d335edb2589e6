import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from onecontext.errors import Conflict, Damaged, NewerFormat, UsageError
from teams.engine.event import Draft
from teams.engine.journal import Journal
from tests.support.crew import HandClock


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "onecontext", team="crew", clock=HandClock(), new_id=lambda: "id")


def test_what_is_appended_is_read_back_equal(journal: Journal) -> None:
    written = [
        journal.append("tick", {"text": "a\nb\u2028c\ud800", "n": [1, None, True]}, task="1", epoch=2),
        journal.append("tock", {}, mission="m", attempt=1, agent="ann", cause="id"),
    ]

    assert list(journal.read()) == written
    assert [event.seq for event in written] == [1, 2]


def test_a_line_is_what_the_format_says(journal: Journal) -> None:
    journal.append("tick", {"a": 1}, task="7")

    assert journal.path.read_bytes() == (
        b'{"v":1,"seq":1,"id":"id","at":"2026-01-01T00:00:00.000000Z","type":"tick","team":"crew","task":"7",'
        b'"data":{"a":1},"crc":"' + _crc(journal) + b'"}\n'
    )


def test_time_is_kept_in_utc(tmp_path: Path) -> None:
    east = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    journal = Journal(tmp_path, team="crew", clock=lambda: east)

    assert journal.append("tick", {}).at == datetime(2026, 1, 1, tzinfo=UTC)


def test_reading_since_a_number_leaves_out_what_is_known(journal: Journal) -> None:
    for number in range(5):
        journal.append("tick", {"n": number})

    assert [event.data["n"] for event in journal.read(since=3)] == [3, 4]


def test_secrets_never_reach_the_journal(journal: Journal) -> None:
    secret = "ghp_" + "A1b2C3d4E5f6" * 3
    event = journal.append("tick", {"deep": [{"text": f"token {secret}"}]})

    assert secret.encode() not in journal.path.read_bytes()
    assert secret not in str(event.data)


@pytest.mark.parametrize("kept", [1, 20, -2])
def test_a_torn_tail_is_passed_over_by_readers_and_moved_aside_by_the_next_writer(journal: Journal, kept: int) -> None:
    journal.append("tick", {"n": 1})
    whole = journal.path.read_bytes()
    journal.append("tick", {"n": 2})
    torn = journal.path.read_bytes()[len(whole) :][:kept]
    journal.path.write_bytes(whole + torn)

    assert [event.data["n"] for event in journal.read()] == [1]
    assert journal.torn_bytes() == len(torn)
    assert journal.append("tick", {"n": 3}).seq == 2
    assert [event.data["n"] for event in journal.read()] == [1, 3]
    assert [path.read_bytes() for path in (journal.folder / "journal.torn").iterdir()] == [torn]
    assert journal.torn_bytes() == 0


def test_a_journal_that_is_only_a_torn_line_begins_anew(journal: Journal) -> None:
    journal.folder.mkdir()
    journal.path.write_bytes(b'{"v":1,"se')

    assert journal.append("tick", {}).seq == 1
    assert [event.seq for event in journal.read()] == [1]


def test_a_damaged_line_is_refused_by_line_and_byte(journal: Journal) -> None:
    for number in range(3):
        journal.append("tick", {"n": number})
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(lines[0] + lines[1].replace(b'"n":1', b'"n":7') + lines[2])

    reader = journal.read()
    assert next(reader).seq == 1
    with pytest.raises(Damaged, match=f"line 2 at byte {len(lines[0])}"):
        next(reader)


def test_a_damaged_last_line_stops_writers_too_and_changes_nothing(journal: Journal) -> None:
    journal.append("tick", {"n": 1})
    bad = journal.path.read_bytes().replace(b'"n":1', b'"n":7')
    journal.path.write_bytes(bad)

    with pytest.raises(Damaged):
        journal.append("tick", {"n": 2})

    assert journal.path.read_bytes() == bad


def test_a_line_that_was_taken_out_is_noticed(journal: Journal) -> None:
    for number in range(3):
        journal.append("tick", {"n": number})
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(lines[0] + lines[2])

    with pytest.raises(Damaged, match="number 3"):
        list(journal.read())


def test_a_newer_line_is_refused_without_writing(journal: Journal) -> None:
    journal.append("tick", {})
    newer = journal.path.read_bytes() + b'{"v":2,"seq":2}\n'
    journal.path.write_bytes(newer)

    with pytest.raises(NewerFormat):
        list(journal.read())
    with pytest.raises(NewerFormat):
        journal.append("tick", {})
    assert journal.path.read_bytes() == newer


def test_a_tail_gives_each_event_once(journal: Journal) -> None:
    tail = journal.tail()
    assert tail.poll() == []

    first = journal.append("tick", {"n": 1})
    assert tail.poll() == [first]
    assert tail.poll() == []
    with journal.path.open("ab") as file:
        file.write(b'{"v":1')
    assert tail.poll() == []
    assert tail.torn_bytes == 6
    second = journal.append("tick", {"n": 2})
    assert tail.poll() == [second]


def test_a_tail_gives_what_precedes_the_damage_and_then_the_damage(journal: Journal) -> None:
    tail = journal.tail()
    journal.append("tick", {})
    with journal.path.open("ab") as file:
        file.write(b"rubbish\n")

    assert len(tail.poll()) == 1
    with pytest.raises(Damaged):
        tail.poll()


def test_a_journal_that_became_shorter_is_noticed(journal: Journal) -> None:
    journal.append("tick", {})
    tail = journal.tail()
    tail.poll()
    os.truncate(journal.path, 0)

    with pytest.raises(Damaged, match="read of it before"):
        tail.poll()


def test_a_guard_that_raises_refuses_the_event(journal: Journal) -> None:
    def refuse() -> None:
        raise Conflict("no")

    with pytest.raises(Conflict):
        journal.append("tick", {}, guard=refuse)

    assert list(journal.read()) == []


def test_appending_reads_no_more_of_a_long_journal_than_of_a_short_one(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append("tick", {"pad": "x" * 1000})
    line = journal.path.read_bytes()
    with journal.path.open("ab") as file:
        for number in range(2, 3000):
            body = line.replace(b'"seq":1', f'"seq":{number}'.encode())
            file.write(body if number < 2999 else b"")
    # Only the last line has to agree with its checksum, because only the last line is looked at.
    body = json.loads(line) | {"seq": 2999}
    del body["crc"]
    raw = json.dumps(body, separators=(",", ":")).encode()
    from onecontext.checksum import crc32c

    with journal.path.open("ab") as file:
        file.write(raw[:-1] + f',"crc":"{crc32c(raw)}"}}\n'.encode())

    assert journal.append("tick", {}).seq == 3000


def test_a_line_longer_than_a_block_is_found_whole(journal: Journal) -> None:
    journal.append("tick", {"pad": "x" * 400_000})

    assert journal.append("tick", {}).seq == 2


def test_an_event_that_no_line_can_hold_is_refused(journal: Journal) -> None:
    with pytest.raises(UsageError):
        journal.append("tick", {"pad": "x" * 17_000_000})

    assert list(journal.read()) == []


def test_a_journal_that_is_a_symlink_is_not_followed(journal: Journal, tmp_path: Path) -> None:
    journal.folder.mkdir()
    (tmp_path / "elsewhere").write_text("")
    journal.path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Damaged, match="symlink"):
        journal.append("tick", {})
    with pytest.raises(Damaged, match="symlink"):
        list(journal.read())
    assert (tmp_path / "elsewhere").read_text() == ""


def _crc(journal: Journal) -> bytes:
    from onecontext.checksum import crc32c

    line = journal.path.read_bytes()
    return crc32c(line[: line.index(b',"crc"')] + b"}").encode()


# --- several at once, and a disk that refuses ---------------------------------------------------------------------


def test_several_events_are_appended_in_one_go_or_not_at_all(journal: Journal) -> None:
    drafts = [Draft("a", {"n": 1}, agent="ann"), Draft("b", {"key": "sk-ant-api03-" + "x1Y2" * 24})]

    events = journal.append_all(drafts)

    assert [(event.seq, event.type, event.agent) for event in events] == [(1, "a", "ann"), (2, "b", None)]
    assert list(journal.read()) == events
    assert "x1Y2" not in journal.path.read_text()
    with pytest.raises(UsageError):
        journal.append_all([Draft("fits", {}), Draft("does not", {"pad": "x" * (17 << 20)})])
    with pytest.raises(KeyError):
        journal.append_all(drafts, guard=_refuses)
    assert journal.append_all([]) == []
    assert [event.seq for event in journal.read()] == [1, 2]


def _refuses() -> None:
    raise KeyError


def test_a_line_that_the_disk_did_not_confirm_is_taken_back(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.append("tick", {"n": 1})
    before = journal.path.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _fails_once(os.fsync))
        with pytest.raises(OSError, match="Input/output") as told:
            journal.append("tick", {"n": 2})

    assert told.value.filename == str(journal.path)
    assert journal.path.read_bytes() == before
    assert journal.append("tick", {"n": 3}).seq == 2


def test_a_line_that_the_disk_did_not_confirm_stands_when_another_stands_behind_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Journal(journal.folder, team=journal.team)

    def fails(_: int) -> None:
        monkeypatch.undo()
        other.append("tick", {"n": 2})
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        journal.append("tick", {"n": 1})

    assert [event.data["n"] for event in journal.read()] == [1, 2]
    assert journal.append("tick", {"n": 3}).seq == 3


def _fails_once(fsync: Callable[[int], None]) -> Callable[[int], None]:
    failed: list[int] = []

    def once(descriptor: int) -> None:
        if failed:
            return fsync(descriptor)
        failed.append(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    return once


def test_the_lock_is_free_while_the_disk_works(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Journal(journal.folder, team=journal.team)
    real, seen = os.fsync, []

    def slow(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", real)
        seen.append(other.append("tick", {}).seq)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", slow)

    assert journal.append("tick", {}).seq == 1
    assert seen == [2]


def test_all_who_follow_are_given_each_event_once_whenever_they_come(journal: Journal) -> None:
    first: list[int] = []
    second: list[int] = []
    journal.follow(lambda event: first.append(event.seq))
    journal.append("tick", {})
    journal.append("tick", {})
    journal.catch_up()
    journal.follow(lambda event: second.append(event.seq))
    Journal(journal.folder, team=journal.team).append("tick", {})
    journal.catch_up()
    journal.catch_up()

    assert first == second == [1, 2, 3]
