"""Amounts of money as people are told them.

Rule 1: what nobody knows is called unknown, not zero.
"""


def dollars(cost_usd: float) -> str:
    """Return $0.0042, $1.23, $1,234: as many digits as still say something."""
    if cost_usd and cost_usd < 0.1:
        return f"${cost_usd:.4f}"
    return f"${cost_usd:,.2f}" if cost_usd < 1000 else f"${cost_usd:,.0f}"


def cost(known_usd: float | None, *, calls: int, unpriced: int) -> str:
    """Return what so many calls cost: a dash without calls, ``unknown`` without prices, ``≥`` when some have none.

    Args:
        known_usd: what the calls with a price cost; None or 0 when there are none.
        unpriced: how many of them have no price.
    """
    if not calls:
        return "–"
    if known_usd is None or (unpriced and not known_usd):
        return "unknown"
    return ("≥ " if unpriced else "") + dollars(known_usd)
