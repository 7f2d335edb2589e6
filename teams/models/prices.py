"""What litellm's price list says of a model. The list is handed in: nothing here imports litellm."""

import logging
from functools import cache
from typing import Any


def entry_of(litellm: Any, route: str) -> dict[str, Any]:
    """Return what the price list has of a model, nothing when it is not there."""
    provider, _, bare = route.partition("/")
    entry = litellm.model_cost.get(route)
    if entry is None and str(litellm.model_cost.get(bare, {}).get("litellm_provider", "")) == provider:
        entry = litellm.model_cost[bare]
    return dict(entry or {})


def dearest(entry: dict[str, Any], name: str, *others: str) -> float | None:
    """Return the highest of the prices that begin with ``name`` or ``others``: long prompts, priority cost more.

    None: there is none of that very ``name``.
    """
    if entry.get(name) is None:
        return None
    begin = (name, *others)
    return max(float(value) for key, value in entry.items() if key.startswith(begin) and isinstance(value, int | float))


def cost_usd(litellm: Any, route: str, usage: Any) -> float | None:
    """Return what ``usage`` costs; None when the price list has no price.

    litellm's own functions answer 0 for a model that is not in the list but whose provider is: so the list is asked.
    """
    entry = entry_of(litellm, route)
    if usage is None or entry.get("input_cost_per_token") is None:
        return None
    try:
        cost_in, cost_out = litellm.cost_per_token(model=route, usage_object=usage)
    except Exception as error:  # noqa: BLE001  # it raises plain Exception for a price it cannot work out
        # The answer is there and stays: its cost is unknown, and shown so.
        tell_once(f"the price list could not say what an answer of {route} costs", type(error).__name__)
        return None
    return float(cost_in) + float(cost_out)


@cache
def tell_once(what: str, why: str) -> None:
    """Write into the log what went wrong without harm to an answer; once, however many calls it concerns."""
    logging.getLogger(__name__).warning("%s (%s)", what, why)
