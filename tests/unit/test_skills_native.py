"""Which servers are given natively: no set of them ever costs more than its schemas, and no more are than must be."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from skills.mcp.native import Priced, natives
from skills.mcp.start import Server, Start

ONCE = 74
COSTS = st.lists(st.tuples(st.integers(1, 2_000), st.integers(1, 2_000)), max_size=6)


def server(number: int, native: int, skill: int) -> Priced:
    return Priced(Server(f"s{number}", Path(f"s{number}"), Path(), Start(command=("x",))), (), native, skill)


def cost(all_: list[Priced], native: list[Priced]) -> int:
    skills = [one for one in all_ if one not in native]
    return sum(one.native for one in native) + sum(one.skill for one in skills) + (ONCE if skills else 0)


@given(COSTS)
def test_no_set_of_servers_costs_more_than_its_schemas(costs: list[tuple[int, int]]) -> None:
    priced = [server(number, *pair) for number, pair in enumerate(costs)]

    native = natives(priced, once=ONCE)

    assert cost(priced, native) <= sum(one.native for one in priced)


@given(COSTS)
def test_as_long_as_skills_save_something_all_are_skills(costs: list[tuple[int, int]]) -> None:
    priced = [server(number, *pair) for number, pair in enumerate(costs)]

    native = natives(priced, once=ONCE)

    assert (native == []) == (cost(priced, []) <= sum(one.native for one in priced) or not priced)


@given(COSTS)
def test_where_one_can_only_be_a_skill_the_tool_that_calls_is_paid_in_any_case(costs: list[tuple[int, int]]) -> None:
    priced = [server(number, *pair) for number, pair in enumerate(costs)]

    native = natives([*priced, None], once=ONCE)

    assert sum(one.skill for one in priced if one not in native) <= sum(
        one.native for one in priced if one not in native
    )
