"""``onecontext resume --workers N --max-attempts M``: from then on, and for the next resume, too."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onecontext.errors import Damaged
from teams.engine.event import Event
from teams.mission.history import History, read_history
from tests.support.missions import (
    events_of,
    make_repository,
    onecontext,
    plan,
    says,
    start_onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.yes import NO_B, TWO, YES_A

STARTED = {
    "goal": "Say yes",
    "branch": "onecontext/m",
    "base": "0" * 40,
    "model": "m",
    "workers": 3,
    "sandbox": "none",
    "max_attempts": 1,
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(
        tmp_path / "repository", {"a.txt": "?\n", "b.txt": "?\n", "onecontext.toml": "[run]\npivots = 0\n"}
    )


def resumed(*data: dict[str, object]) -> History | None:
    """Return what a journal tells in which the mission was resumed with each of ``data``."""
    told = [("mission.started", STARTED), *(("mission.resumed", {"reason": "", **one}) for one in data)]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return read_history(
        Event(seq, f"{seq:032x}", at, type_, "team", said, mission="m")
        for seq, (type_, said) in enumerate(told, start=1)
    )


def test_so_many_work_from_then_on_and_the_next_resume_remembers(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [TWO, work("first", YES_A), work("second", NO_B), verdict()])
    run = onecontext(repository, "run", "Say yes twice", "--model", script, "--workers", "1", "--max-attempts", "1")
    assert run.code == 10

    assert onecontext(repository, "resume", "--workers", "3").code == 10
    assert onecontext(repository, "resume").code == 10

    assert [event.data["workers"] for event in events_of(repository, "mission.started", "mission.resumed")] == [1, 3, 3]
    joined = {event.data["name"] for event in events_of(repository, "member.joined")}
    assert {"worker-1", "worker-2", "worker-3"} <= joined
    assert "worker-4" not in joined


def test_a_number_below_one_is_refused_and_nothing_is_recorded(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [TWO, work("first", YES_A), work("second", NO_B), verdict()])
    onecontext(repository, "run", "Say yes twice", "--model", script, "--max-attempts", "1")
    before = events_of(repository)[-1].seq

    refused = onecontext(repository, "resume", "--workers", "0")

    assert refused.code == 2
    assert "--workers and --max-attempts count from 1" in refused.stderr
    assert events_of(repository)[-1].seq == before


def test_a_mission_that_runs_is_not_told_how_many_work(repository: Path, tmp_path: Path) -> None:
    slow = work("first", ("run", {"command": "sleep 20; echo yes > a.txt"}))
    one = plan(
        [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}],
        [{"key": "first", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}],
    )
    script = write_script(tmp_path, [one, slow, verdict()])
    process = start_onecontext(repository, "run", "Say yes", "--model", script)
    try:
        while not any(
            "mission.started" in path.read_text()
            for path in repository.glob(".onecontext/teams/*/onecontext/journal.jsonl")
        ):
            assert process.poll() is None
            time.sleep(0.01)
        told = onecontext(repository, "resume", "--workers", "2")
    finally:
        process.terminate()
        process.wait()

    assert told.code == 4
    assert "--workers cannot be told to it" in told.stderr


def test_the_journal_says_how_many_work_and_how_many_ever_did() -> None:
    history = resumed({"workers": 5}, {"workers": 1}, {})

    assert history is not None
    assert (history.workers, history.most_workers) == (1, 5)


def test_attempts_that_were_allowed_stay_allowed_at_the_next_resume(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [TWO, work("first", YES_A), work("second", NO_B), verdict()])
    assert onecontext(repository, "run", "Say yes twice", "--model", script, "--max-attempts", "1").code == 10

    assert onecontext(repository, "resume", "--max-attempts", "2").code == 10
    assert onecontext(repository, "resume").code == 10

    told = events_of(repository, "mission.started", "mission.resumed")
    assert [event.data["max_attempts"] for event in told] == [1, 2, 2]


def test_what_an_older_version_did_not_say_is_as_before() -> None:
    history = resumed({"max_attempts": 4}, {})

    assert history is not None
    assert (history.max_attempts, history.workers) == (4, 3)


@pytest.mark.parametrize("workers", [0, -1, "3", None, 1.5, True])
def test_a_number_that_is_none_is_damage_with_the_event_named(workers: object) -> None:
    with pytest.raises(Damaged, match=r"event 2 of the journal is no mission\.resumed"):
        resumed({"workers": workers})
