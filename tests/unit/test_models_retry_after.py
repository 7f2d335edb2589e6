"""What a server says of when to come back is a header that anybody may write."""

import math

import pytest

from onecontext.errors import ModelUnavailable
from teams.models.faults import translated
from teams.models.retry import LONGEST_WAIT_S, wait_s


class Busy(Exception):
    status_code = 429

    def __init__(self, retry_after: str) -> None:
        super().__init__("slow down")
        self.response = type("Response", (), {"headers": {"retry-after": retry_after}})


def said(retry_after: str) -> float | None:
    error = translated(Busy(retry_after), model="m", key=None)
    assert isinstance(error, ModelUnavailable)
    return error.retry_after_s


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("20", 20.0),
        ("0.5", 0.5),
        ("-5", 0.0),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),  # a zone that says nothing: RFC 5322, 3.3
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_the_header_is_a_time_or_nothing(header: str, seconds: float | None) -> None:
    assert said(header) == seconds


def test_whatever_it_is_the_wait_is_one_that_can_be_waited() -> None:
    for header in ("nan", "inf", "-1", "1e300", "20", "Wed, 21 Oct 2015 07:28:00 -0000"):
        error = translated(Busy(header), model="m", key=None)
        assert 0 <= wait_s(error, 3) <= LONGEST_WAIT_S
        assert math.isfinite(wait_s(error, 3))
