"""What is taken off: three for two on each line, and five percent from 50.00 upwards."""

from collections.abc import Iterable

from till.basket import Line, subtotal_cents

PERCENT_FROM_CENTS = 5000
PERCENT = 5


def three_for_two_cents(line: Line) -> int:
    """Return what is taken off a line: the price of every third piece."""
    if line.quantity == 3:
        return line.price_cents
    return 0


def discount_cents(basket: Iterable[Line]) -> int:
    """Return all that is taken off a basket: three for two first, five percent of what is left then."""
    lines = list(basket)
    pieces = sum(three_for_two_cents(line) for line in lines)
    rest = subtotal_cents(lines) - pieces
    percent = rest * PERCENT // 100 if rest > PERCENT_FROM_CENTS else 0
    return pieces + percent
