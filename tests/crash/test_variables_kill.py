"""SIGKILL before each call that changes the disk, while a value is put and while values are collected."""

import os
import time
from pathlib import Path

import pytest

from tests.support.kills import Warm
from tests.support.memory import check, new_memory

OLD_S = 2 * 24 * 3600
PUT = """
variables = Memory.open(path).variables
arm()
ack("put", variables.put("a line of a log\\n" * 5000).id)
"""
COLLECT = """
variables = Memory.open(path).variables
arm()
ack("collected", len(variables.collect().removed))
"""


def folder_of(memory: Path) -> Path:
    return memory / ".git" / "onecontext" / "ctx"


def test_a_put_that_is_killed_anywhere_leaves_a_whole_value_or_none(tmp_path: Path) -> None:
    with Warm(tmp_path) as warm:
        number, killed = 0, 0
        while True:
            memory = new_memory(tmp_path / f"put-{number}")
            ended = warm.run(PUT, memory.path, dies_at=number)
            acknowledged = [words[1] for words in ended.acknowledged]
            kept = memory.variables.list()

            assert {one.id for one in kept} >= set(acknowledged)
            for one in kept:
                assert memory.variables.count(one.id).lines == 5000
            # What is left of it is in nobody's way, and goes with the next collection.
            assert memory.variables.put("a line of a log\n" * 5000).lines == 5000
            for path in folder_of(memory.path).iterdir():
                os.utime(path, (1, 1))
            memory.variables.collect()
            assert list(folder_of(memory.path).iterdir()) == []
            check(memory.path)
            killed += ended.killed
            if not ended.killed:
                break
            number += 1
    assert killed >= 5


@pytest.mark.parametrize("values", [4])
def test_a_collection_that_is_killed_anywhere_takes_nothing_that_is_named(tmp_path: Path, values: int) -> None:
    with Warm(tmp_path) as warm:
        number, killed = 0, 0
        while True:
            memory = new_memory(tmp_path / f"collect-{number}")
            ids = [memory.variables.put(f"value {n}").id for n in range(values)]
            memory.commit(f"see ctx:{ids[0][:12]}")
            memory.flush()
            then = time.time() - OLD_S
            for id_ in ids:
                os.utime(folder_of(memory.path) / id_, (then, then))

            ended = warm.run(COLLECT, memory.path, dies_at=number)

            left = [one.id for one in memory.variables.list()]
            assert ids[0] in left
            assert [memory.variables.count(id_).lines for id_ in left] == [1] * len(left)
            if ended.acknowledged:
                assert left == [ids[0]]
            memory.variables.collect()
            # Reading made those young that were left.
            assert {one.id for one in memory.variables.list()} == set(left)
            killed += ended.killed
            if not ended.killed:
                break
            number += 1
    assert killed >= values - 1
