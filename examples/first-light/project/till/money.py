"""Money as whole cents: read from text, written as text."""


def parse_price(text: str) -> int:
    """Return the cents in a price such as ``"4.35"`` or ``"12"``."""
    return int(float(text) * 100)


def format_price(cents: int) -> str:
    """Return cents as text with two decimals, such as ``4.35``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"
