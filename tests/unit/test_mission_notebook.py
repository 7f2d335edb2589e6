"""The name of a task's memory branch: always a name, and no two tasks have the same."""

from pathlib import Path
from typing import Any

import pytest

from onecontext import Memory
from onecontext.names import is_name
from teams.mission.notebook import Notebook, branch_of
from teams.protocol.board.task import Task

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


def test_a_worker_is_told_what_matters_for_the_task_and_not_for_the_commands_of_its_brief(tmp_path: Path) -> None:
    memory = Memory.init(tmp_path, agent="ann")
    memory.step("the drawer opens by a pulse of 120 ms")
    for number in range(40):
        memory.step(f"{number} passed", action="python -m pytest -q tests/test_till.py")
        memory.commit(f"Test run {number} of the till is green.")
    fields = {"id": "1", "subject": "Open the drawer", "description": "From the menu.", "status": "in_progress"}
    site: Any = None  # nothing is told to a journal here
    notebook = Notebook(site, Task.model_validate({**fields, "blocks": [], "blockedBy": []}), memory)
    brief = "Task 1: Open the drawer\n\n- VAL-TILL-001: tests pass\n  python -m pytest -q tests/test_till.py"

    told = str(notebook.context(budget=300, for_=brief))

    assert "pulse of 120 ms" in told
    assert told == str(notebook.context(budget=300, for_="anything else"))
    assert told != str(notebook.context(budget=300))
