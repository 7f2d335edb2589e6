"""Connections to the index that wait for the next question, and changes of it that nobody brought to an end."""

import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.recall.search import connections
from onecontext.recall.search.connections import Connection, close_waiting
from onecontext.recall.search.shelf import Shelf
from tests.support.memory import new_memory
from tests.support.searching import database, found, texts

KILLED = """
import os, signal, sys
from onecontext.recall.search import feed, search
from onecontext.store.layout import Layout
from pathlib import Path

refresh = feed.Feed.refresh

def dies(self, tips):
    refresh(self, tips)
    self._db.run("COMMIT") if sys.argv[2] == "committed" else None
    os.kill(os.getpid(), signal.SIGKILL)

feed.Feed.refresh = dies
search(Layout(Path(sys.argv[1])), "drawer")
"""


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = new_memory(tmp_path)
    memory.step("the drawer sticks")
    memory.commit("It opens.")
    memory.flush()
    assert texts(memory, "drawer")
    return memory


def test_a_connection_waits_and_is_taken_again_on_the_same_file_alone(memory: Memory, tmp_path: Path) -> None:
    path = database(memory)
    close_waiting()
    first = Connection(path)
    first.give_back()

    again = Connection(path)
    other = Connection(path)

    assert again.db is first.db
    assert other.db is not first.db
    again.give_back()
    other.close()
    shutil.copy(path, tmp_path / "copy")
    (tmp_path / "copy").replace(path)
    replaced = Connection(path)
    assert replaced.db is not first.db
    replaced.close()


def test_another_process_takes_none_over(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    path = database(memory)
    first = Connection(path)
    first.give_back()
    monkeypatch.setattr(os, "getpid", lambda: 1)

    other = Connection(path)

    assert other.db is not first.db
    other.close()


def test_few_connections_wait(tmp_path: Path) -> None:
    memories = [new_memory(tmp_path / str(number)) for number in range(7)]
    for number, memory in enumerate(memories):
        memory.step(f"the drawer {number} sticks")
        assert texts(memory, "drawer") == [f"Observation: the drawer {number} sticks"]

    assert len(connections._waiting) <= 4
    assert [texts(memory, "drawer") for memory in memories] == [
        [f"Observation: the drawer {number} sticks"] for number in range(7)
    ]


def test_a_change_that_nobody_brought_to_an_end_is_not_used(memory: Memory) -> None:
    before = database(memory)
    Shelf(memory.layout).note_begin(before)
    with before.open("r+b") as file:
        file.seek(before.stat().st_size // 2)
        file.write(b"half of a change" * 100)

    assert texts(memory, "drawer") == ["Observation: the drawer sticks"]
    assert database(memory) != before
    assert not before.exists()


@pytest.mark.parametrize("when", ["committed", "before"])
def test_who_is_killed_while_changing_it_leaves_nothing_that_is_used(memory: Memory, when: str) -> None:
    memory.step("the drawer was oiled")
    memory.commit("It is quiet.")
    memory.flush()
    before = database(memory)

    died = subprocess.run([sys.executable, "-c", KILLED, str(memory.path), when], check=False, timeout=60)

    assert died.returncode == -signal.SIGKILL
    assert "changing" in (before.parent / "current").read_text()
    assert sorted(texts(memory, "drawer", kind="step")) == [
        "Observation: the drawer sticks",
        "Observation: the drawer was oiled",
    ]
    assert database(memory) != before


def test_an_error_in_the_middle_of_a_change_leaves_the_index_as_it_was(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = database(memory)
    memory.step("the drawer was oiled")
    with monkeypatch.context() as patched:

        def broken(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr("onecontext.recall.search.feed.Feed.refresh", broken)
        with pytest.raises(KeyboardInterrupt):
            found(memory, "drawer")

    assert len(texts(memory, "drawer")) == 2
    assert database(memory) == before


def test_threads_ask_and_write_at_once_and_each_is_answered(memory: Memory) -> None:
    def work(number: int) -> int:
        for at in range(8):
            memory.step(f"the drawer of {number} was opened {at} times")
            found(memory, "drawer")
        return len([text for text in texts(memory, "drawer") if f"of {number} was" in text])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [8] * 4
