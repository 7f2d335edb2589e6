"""What is collected and what is not: names in texts of every kind, the grace period, and two processes at once."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from onecontext import Memory
from onecontext.errors import Damaged, UnknownVariable, UsageError
from onecontext.store.files import open_to_read
from onecontext.variables.variables import begin
from teams.protocol.team import Team
from tests.support.memory import new_memory

OLD_S = 2 * 24 * 3600


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def folder_of(memory: Memory) -> Path:
    return memory.path / ".git" / "onecontext" / "ctx"


def age(memory: Memory, id_: str) -> None:
    then = time.time() - OLD_S
    os.utime(folder_of(memory) / id_, (then, then))


def old(memory: Memory, text: str) -> str:
    """Put a value that was last used two days ago, and return its id."""
    id_ = memory.variables.put(text).id
    age(memory, id_)
    return id_


def ids(memory: Memory) -> set[str]:
    return {kept.id for kept in memory.variables.list()}


def test_what_nothing_names_is_taken_away_when_its_time_is_over(memory: Memory) -> None:
    unnamed, young = old(memory, "unnamed"), memory.variables.put("young").id

    tried = memory.variables.collect(dry_run=True)
    assert ids(memory) == {unnamed, young}
    done = memory.variables.collect()

    assert [kept.id for kept in done.removed] == [kept.id for kept in tried.removed] == [unnamed]
    assert (done.kept, done.size_bytes) == (1, len("unnamed"))
    assert ids(memory) == {young}


def _in_a_step(memory: Memory, handle: str) -> None:
    memory.step(observation=f"its output is {handle}")


def _in_a_milestone(memory: Memory, handle: str) -> None:
    memory.commit(f"the log is {handle}")
    memory.flush()


def _on_record(memory: Memory, handle: str) -> None:
    memory.commit(f"the log is {handle}, and git does not have it yet")


def _in_a_pin(memory: Memory, handle: str) -> None:
    memory.pin(f"look at {handle}")


def _in_another_branch(memory: Memory, handle: str) -> None:
    memory.create_branch("other").commit(f"see {handle}")


def _in_a_deleted_branch(memory: Memory, handle: str) -> None:
    other = memory.create_branch("other")
    other.commit(f"see {handle}")
    memory.merge("other")
    memory.delete_branch("other")


def _rolled_back(memory: Memory, handle: str) -> None:
    before = memory.commit("before").id
    memory.commit(f"see {handle}")
    memory.rollback(before)


def _in_the_roadmap_by_hand(memory: Memory, handle: str) -> None:
    (memory.path / "main.md").write_text(f"# Plan\nread {handle}\n")


def _in_a_journal(memory: Memory, handle: str) -> None:
    team = Team.create("fix", root=memory.path)
    team.journal.append("agent.state", {"state": "tool", "detail": f"x{handle}x"})


def _in_a_message(memory: Memory, handle: str) -> None:
    team = Team.create("fix", root=memory.path)
    team.join("ann")
    team.send("ann", f"read ({handle})", sender="team-lead")


def _in_an_answer_that_is_kept(memory: Memory, handle: str) -> None:
    folder = memory.path / ".git" / "onecontext" / "answers"
    folder.mkdir()
    (folder / ("0" * 64)).write_text(f'{{"text": "it is in {handle}"}}')


NAMING = [
    *(_in_a_step, _in_a_milestone, _on_record, _in_a_pin, _in_another_branch, _in_a_deleted_branch, _rolled_back),
    *(_in_the_roadmap_by_hand, _in_a_journal, _in_a_message, _in_an_answer_that_is_kept),
]


@pytest.mark.parametrize("digits", [64, 12, 6])
@pytest.mark.parametrize("name", NAMING)
def test_what_somebody_may_still_follow_stays(memory: Memory, name: Callable[[Memory, str], None], digits: int) -> None:
    named, unnamed = old(memory, "named"), old(memory, "unnamed")

    name(memory, f"ctx:{named[:digits]}")
    done = memory.variables.collect()

    assert [kept.id for kept in done.removed] == [unnamed]
    assert memory.variables.slice(named).text == "named"


def test_a_name_that_begins_in_one_block_of_a_long_file_and_ends_in_the_next_counts(memory: Memory) -> None:
    named = old(memory, "named")
    for before in ((1 << 20) - 40, (1 << 20) - 4, (1 << 20) - 1):
        age(memory, named)
        (memory.path / "main.md").write_text("x" * before + f"ctx:{named}\n")

        assert memory.variables.collect().removed == ()


def test_what_was_read_or_put_again_is_young_again(memory: Memory) -> None:
    read, put = old(memory, "read"), old(memory, "put")

    memory.variables.head(read, characters=1)
    memory.variables.put("put")

    assert memory.variables.collect().removed == ()
    assert ids(memory) == {read, put}


def test_what_was_read_within_the_shortest_grace_period_stays(memory: Memory) -> None:
    id_ = memory.variables.put("read again and again").id
    then = time.time() - 600
    os.utime(folder_of(memory) / id_, (then, then))

    assert memory.variables.head(id_).text == "read again and again"

    assert memory.variables.collect(grace_s=60).removed == ()


def test_who_opens_a_value_while_it_is_collected_is_told_that_it_is_gone(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = old(memory, "too late")

    def collected_meanwhile(path: Path) -> BinaryIO:
        file = open_to_read(path)
        assert [kept.id for kept in memory.variables.collect().removed] == [id_]
        return file

    monkeypatch.setattr("onecontext.variables.place.open_to_read", collected_meanwhile)
    with pytest.raises(UnknownVariable, match="collected just now"):
        memory.variables.head(id_)


def test_nothing_is_taken_away_where_not_everything_can_be_read(memory: Memory) -> None:
    unnamed = old(memory, "unnamed")
    memory.commit("a milestone")
    memory.flush()
    (pack,) = list((memory.path / ".git" / "objects" / "pack").glob("*.pack"))[:1]
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:40])

    with pytest.raises(Damaged):
        memory.variables.collect()

    assert ids(memory) == {unnamed}


def test_links_and_pipes_among_the_texts_are_neither_followed_nor_waited_for(memory: Memory, tmp_path: Path) -> None:
    unnamed = old(memory, "unnamed")
    (tmp_path / "elsewhere").write_text(f"ctx:{unnamed}")
    team = Team.create("fix", root=memory.path)
    (team.folder / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(team.folder / "pipe")

    assert [kept.id for kept in memory.variables.collect().removed] == [unnamed]


def test_a_grace_period_that_endangers_what_is_at_work_is_refused(memory: Memory) -> None:
    for seconds in (-1, 0, 59):
        with pytest.raises(UsageError, match="grace period"):
            memory.variables.collect(grace_s=seconds)


def test_a_file_that_a_killed_writer_left_goes_and_one_that_is_written_stays(memory: Memory) -> None:
    left = folder_of(memory) / ".0123456789abcdef.tmp"
    with begin(memory.variables) as draft:
        draft.feed(b"half of it")
        left.write_bytes(b"half")
        for path in folder_of(memory).iterdir():
            age(memory, path.name)

        memory.variables.collect()

        assert not left.exists()
        assert draft.finish().characters == len("half of it")


PUTTING = """
import os, sys, time
from onecontext import Memory
variables, then = Memory.open(sys.argv[1]).variables, time.time() - 172800
folder = os.path.join(sys.argv[1], ".git", "onecontext", "ctx")
for n in range(150):
    kept = variables.put(f"text {n % 5}")
    # Its handle is in somebody's hands now, and in no text.
    assert variables.head(kept.handle).text == f"text {n % 5}"
    os.utime(os.path.join(folder, kept.id), (then, then))
"""


def test_a_value_that_is_put_while_another_process_collects_is_there(memory: Memory) -> None:
    putting = subprocess.Popen([sys.executable, "-c", PUTTING, str(memory.path)], stderr=subprocess.PIPE, text=True)
    collected = 0
    while putting.poll() is None:
        collected += len(memory.variables.collect().removed)

    assert putting.returncode == 0, putting.stderr.read() if putting.stderr else ""
    assert putting.stderr is not None
    putting.stderr.close()
    assert collected > 0


def test_the_age_is_looked_at_once_more_before_anything_is_taken_away(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onecontext.variables import collecting

    unnamed = old(memory, "unnamed")

    def put_meanwhile(layout: object) -> set[str]:
        memory.variables.put("unnamed")
        return set()

    monkeypatch.setattr(collecting, "named", put_meanwhile)

    assert memory.variables.collect().removed == ()
    assert ids(memory) == {unnamed}
