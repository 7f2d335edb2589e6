"""Rests: how long, how they grow, and what ends them."""

import itertools
from pathlib import Path

import pytest

from teams.protocol.team import Team
from teams.serving.backoff import rest_s
from teams.serving.chronicle import DELAYED, Chronicle
from teams.serving.workflow import BackOff
from tests.support.crew import HandClock

PLAIN = BackOff(base_s=10, max_s=300, jitter=0)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 10), (2, 20), (3, 40), (5, 160), (6, 300), (7, 300), (10_000, 300)]
)
def test_a_rest_is_twice_as_long_each_time_up_to_the_most(failures: int, seconds: float) -> None:
    assert rest_s(PLAIN, failures, random=lambda: 0.0) == seconds


def test_chance_takes_off_a_share_and_never_adds() -> None:
    backoff = BackOff(base_s=10, max_s=300, jitter=0.5)

    assert rest_s(backoff, 1, random=lambda: 0.0) == 10
    assert rest_s(backoff, 1, random=lambda: 1.0) == 5
    assert rest_s(backoff, 9, random=lambda: 0.5) == 225


def test_what_the_other_side_asks_for_is_kept() -> None:
    assert rest_s(PLAIN, 1, random=lambda: 0.0, least_s=1000) == 1000
    assert rest_s(PLAIN, 4, random=lambda: 0.0, least_s=1) == 80


@pytest.fixture
def team(tmp_path: Path) -> Team:
    numbers = itertools.count()
    clock = HandClock()
    return Team.create("board", root=tmp_path, cwd=tmp_path, clock=clock, new_id=lambda: f"id-{next(numbers)}")


def delay(team: Team, task: str, *, failures: int = 1, rejected: bool = False) -> None:
    data = {"until": "2026-01-01T01:00:00+00:00", "seconds": 1, "failures": failures, "rejected": rejected}
    team.journal.append(DELAYED, {**data, "reason": "x"}, mission="board-1", task=task, attempt=2)


def test_a_rest_is_read_from_the_journal_by_whoever_comes_after(team: Team) -> None:
    task = team.board.create("a", key="a")
    delay(team, task.id, failures=3)
    delay(team, "77", failures=1, rejected=True)

    for chronicle in (Chronicle(team.journal, mission="board-1"), Chronicle(team.journal, mission="board-2")):
        chronicle.catch_up()
        rest = chronicle.rest(task.id)
        if chronicle._mission == "board-2":
            assert rest is None
            continue
        assert rest is not None
        assert (rest.until.hour, rest.attempt, rest.rejected) == (1, 2, False)
        assert chronicle.failures(task.id) == 3
        assert chronicle.failures("77") == 0


def test_a_person_who_wants_it_tried_again_ends_the_rest(team: Team) -> None:
    task = team.board.create("a", key="a")
    chronicle = Chronicle(team.journal, mission="board-1")
    delay(team, task.id, failures=3)
    team.board.block(task.id, "enough")
    chronicle.catch_up()
    assert chronicle.rest(task.id) is not None

    team.board.unblock(task.id, by="human")
    chronicle.catch_up()

    assert chronicle.rest(task.id) is None
    assert chronicle.failures(task.id) == 0


def test_work_that_was_handed_over_begins_the_count_anew(team: Team) -> None:
    task = team.board.create("a", key="a")
    chronicle = Chronicle(team.journal, mission="board-1")
    delay(team, task.id, failures=3)
    claimed = team.board.claim(task.id, "bob", lease_s=60)
    chronicle.catch_up()
    assert chronicle.failures(task.id) == 3

    team.board.submit(task.id, "bob", claimed.epoch, {})
    chronicle.catch_up()

    assert chronicle.failures(task.id) == 0
