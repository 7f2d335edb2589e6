"""What a customer takes to the till, read from CSV lines ``name,price,quantity``."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from till.money import parse_price


@dataclass(frozen=True)
class Line:
    name: str
    price_cents: int
    quantity: int

    @property
    def total_cents(self) -> int:
        return self.price_cents * self.quantity


def read_basket(lines: Iterable[str]) -> list[Line]:
    """Return the lines of a basket; blank ones and those that begin with ``#`` are passed over."""
    rows = csv.reader(line for line in lines if line.strip() and not line.startswith("#"))
    return [Line(name.strip(), parse_price(price), int(quantity)) for name, price, quantity in rows]


def subtotal_cents(basket: Iterable[Line]) -> int:
    return sum(line.total_cents for line in basket)
