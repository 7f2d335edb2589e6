import pytest

from till.basket import Line
from till.offers import discount_cents, three_for_two_cents


@pytest.mark.parametrize(("quantity", "off"), [(1, 0), (2, 0), (3, 100), (4, 100), (6, 200), (7, 200)])
def test_every_third_piece_is_free(quantity: int, off: int) -> None:
    assert three_for_two_cents(Line("tea", 100, quantity)) == off


def test_five_percent_from_fifty_upwards() -> None:
    assert discount_cents([Line("lamp", 5000, 1)]) == 250


def test_no_percent_below_fifty() -> None:
    assert discount_cents([Line("lamp", 4999, 1)]) == 0


def test_percent_is_taken_from_what_three_for_two_leaves() -> None:
    assert discount_cents([Line("lamp", 2000, 3)]) == 2000
