"""``python -m till BASKET.csv``: what a basket costs."""

import sys
from pathlib import Path

from till.basket import read_basket, subtotal_cents
from till.money import format_price
from till.offers import discount_cents


def main() -> None:
    basket = read_basket(Path(sys.argv[1]).read_text().splitlines())
    print(format_price(subtotal_cents(basket) - discount_cents(basket)))


main()
