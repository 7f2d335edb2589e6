"""The name of a task's memory branch: always a name, and no two tasks have the same."""

import pytest

from onecontext.names import is_name
from teams.mission.notebook import branch_of

LONG = "make-the-totals-of-the-cart-exact-to-the-cent-also-with-discount"


@pytest.mark.parametrize("key", ["a", "k" * 48, "k" * 49, LONG, f"{'k' * 38}---{'k' * 20}"])
def test_any_key_of_a_task_gives_a_name(key: str) -> None:
    assert is_name(key)
    assert is_name(branch_of("fix-the-cart-1a2b3c", key))


def test_a_key_that_fits_stands_there_whole() -> None:
    assert branch_of("fix-the-cart-1a2b3c", "k" * 48) == f"{'k' * 48}.1a2b3c"


def test_two_keys_that_begin_alike_have_two_branches() -> None:
    names = {branch_of("m-1a2b3c", LONG[:-1] + end) for end in "xyz"}

    assert len(names) == 3
