"""When a query asks about: dates as people write them, and what lies behind 'yesterday'."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onecontext.recall.search.dates import asked_period

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)  # a Saturday


def holds(query: str, day: str) -> bool:
    """Say whether noon of ``day`` is a time that the query asks about."""
    period = asked_period(query, NOW)
    assert period is not None, query
    return period(datetime.fromisoformat(f"{day}T12:00:00+00:00"))


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("what failed on 2026-03-05", ["2026-03-05", "2026-03-08"], ["2026-03-04", "2026-03-09", "2025-03-05"]),
        ("what failed on 5 March 2026", ["2026-03-05"], ["2026-03-04", "2025-03-05"]),
        ("what failed on March 5th", ["2026-03-05", "2019-03-06"], ["2026-05-03"]),
        ("the 5th of March, 2026", ["2026-03-05"], ["2026-04-05"]),
        ("notes of Sept 9", ["2026-09-09"], ["2026-10-09"]),
        ("what happened in 2026-03", ["2026-03-01", "2026-03-31"], ["2026-04-01"]),
        ("what happened in march", ["2026-03-31", "2024-03-01"], ["2026-04-01"]),
        ("decisions of May 2025", ["2025-05-31"], ["2026-05-31"]),
        ("plans in June and July", ["2026-06-01", "2026-07-31"], ["2026-08-01"]),
        ("what was decided in 2025", ["2025-01-01"], ["2026-01-01"]),
        ("what broke yesterday", ["2026-11-20"], ["2026-11-21", "2026-11-19"]),
        ("today's failures", ["2026-11-21"], ["2026-11-20"]),
        ("this week", ["2026-11-16", "2026-11-21"], ["2026-11-15"]),
        ("last week", ["2026-11-09", "2026-11-15"], ["2026-11-16", "2026-11-08"]),
        ("last month", ["2026-10-01", "2026-10-31"], ["2026-11-01", "2026-09-30"]),
        ("last year", ["2025-01-01", "2025-12-31"], ["2026-01-01"]),
        ("three days ago", ["2026-11-18"], ["2026-11-16", "2026-11-21"]),
        ("2 weeks ago", ["2026-11-07", "2026-11-05"], ["2026-11-14"]),
    ],
)
def test_a_time_is_read_as_it_is_written(query: str, inside: list[str], outside: list[str]) -> None:
    assert [day for day in inside if not holds(query, day)] == []
    assert [day for day in outside if holds(query, day)] == []


@pytest.mark.parametrize(
    "query",
    [
        "may the parser march on",
        "version 2026.3.1",
        "port 2024",
        "what did ann decide",
        "99 problems ago",
        "release-2026-03-05-rc1",
        "",
    ],
)
def test_what_names_no_time_is_of_any_time(query: str) -> None:
    assert asked_period(query, NOW) is None


def test_a_day_that_does_not_exist_is_never() -> None:
    assert not holds("31 February 2026", "2026-02-28")


@given(st.text(alphabet="0123456789 -abdefgjlmnoprsuvwyAFJMNOSD", max_size=60), st.datetimes(timezones=st.just(UTC)))
def test_any_query_and_any_time_get_an_answer(query: str, at: datetime) -> None:
    period = asked_period(query, NOW)

    assert period is None or period(at) in (True, False)


def test_a_query_of_ten_thousand_dates_is_read_in_a_moment() -> None:
    period = asked_period("31 December 1999, in may 2000 ago " * 100_000, NOW)

    assert period is not None
    assert period(datetime(1999, 12, 31, tzinfo=UTC) + timedelta(days=1))
