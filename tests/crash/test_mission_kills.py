"""SIGKILL during a mission of twelve tasks, after a sample of its records and after those where most is at stake, then
``resume``: it finishes, nothing finished runs again, nothing is said, remembered, judged or merged twice.

``python bench/mission_kills.py`` kills it after every one of its some five hundred records.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mission_kills import SENT, Warm, kill_and_resume

SAMPLED = range(19, 490, 67)
AT_STAKE = [
    ("message.sent", SENT, 1),
    ("task.submitted", "", 5),
    ("task.rejected", "", 1),
    ("verdict.given", "", 6),
    ("work.merged", "", 7),
    ("task.completed", "", 12),
    ("mission.ended", "", 1),
]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with Warm(tmp_path_factory.mktemp("warm")) as one:
        yield one


@pytest.mark.parametrize("last", SAMPLED)
def test_killed_after_a_record_it_finishes_and_does_nothing_twice(warm: Warm, tmp_path: Path, last: int) -> None:
    came = kill_and_resume(warm, tmp_path, dies_at=last)

    assert came.how == "resumed"
    assert came.problems == []


@pytest.mark.parametrize("after", AT_STAKE, ids=[f"{type_}-{number}" for type_, _, number in AT_STAKE])
def test_killed_where_most_is_at_stake_it_does_nothing_twice(
    warm: Warm, tmp_path: Path, after: tuple[str, str, int]
) -> None:
    came = kill_and_resume(warm, tmp_path, dies_after=after)

    assert came.how == ("over" if after[0] == "mission.ended" else "resumed")
    assert came.problems == []
