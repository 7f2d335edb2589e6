import pytest

from till.money import format_price, parse_price


@pytest.mark.parametrize(("text", "cents"), [("12", 1200), ("4.35", 435), ("0.29", 29), ("19.99", 1999), ("1.1", 110)])
def test_a_price_is_read_to_the_cent(text: str, cents: int) -> None:
    assert parse_price(text) == cents


@pytest.mark.parametrize(("cents", "text"), [(0, "0.00"), (5, "0.05"), (435, "4.35"), (-120, "-1.20")])
def test_cents_are_written_with_two_decimals(cents: int, text: str) -> None:
    assert format_price(cents) == text
