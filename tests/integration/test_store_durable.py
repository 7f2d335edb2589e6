"""How many files and fsyncs a memory takes, and what each durability promises."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import InvalidText, UsageError
from onecontext.memory import recording
from onecontext.records import MAX_TEXT_BYTES
from onecontext.store import ahead, tidying
from tests.support.memory import check, git, new_memory

WRITE = """
import sys
from onecontext import Memory
memory = Memory.open(sys.argv[1])
for n in range(int(sys.argv[2])):
    memory.step(f"saw {n}")
    memory.commit(f"did {n}")
"""


def _fsyncs(folder: Path, times: int) -> int:
    """Return how often a process that writes ``times`` steps and milestones calls fsync(2)."""
    report = folder / "strace"
    trace = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(report)]
    subprocess.run([*trace, sys.executable, "-c", WRITE, str(folder), str(times)], check=True)
    return report.read_text().count("sync(")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(("durability", "expected"), [("step", 2), ("commit", 1), ("none", 0)])
def test_a_step_and_a_milestone_take_so_many_fsyncs(tmp_path: Path, durability: str, expected: int) -> None:
    Memory.init(tmp_path, durability=durability).commit("first")
    _fsyncs(tmp_path, 1)

    two, six = _fsyncs(tmp_path, 2), _fsyncs(tmp_path, 6)

    assert (six - two) / 4 == expected


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_what_a_ref_names_is_synced_before_the_ref_is_moved(tmp_path: Path) -> None:
    Memory.init(tmp_path).commit("first")
    report = tmp_path / "strace"
    trace = ["strace", "-f", "-qq", "-y", "-e", "trace=fsync,rename", "-o", str(report)]

    subprocess.run([*trace, sys.executable, "-c", WRITE, str(tmp_path), "3"], check=True)

    synced: set[str] = set()
    moved = 0
    for line in report.read_text().splitlines():
        if found := re.search(r"fsync\(\d+<(.*)>\)", line):
            synced.add(found[1])
        elif found := re.search(r'rename\("(.*)", "(.*)"\)', line):
            old, new = found.groups()
            if "/objects/pack/" in new:
                assert old in synced, f"{new} was named before it was synced"
                synced.discard(str(Path(new).parent))
            elif "/refs/heads/" in new:
                assert str(tmp_path / ".onecontext/.git/objects/pack") in synced, (
                    "the ref moved before its pack was named"
                )
                assert any("/scratch/.ref-main" in path for path in synced), "the ref's own bytes were not synced"
                moved += 1
    assert moved >= 1


def test_a_memory_keeps_its_durability_and_a_handle_may_ask_for_another(tmp_path: Path) -> None:
    Memory.init(tmp_path, durability="commit")

    assert Memory.open(tmp_path).layout.durability == "commit"
    assert Memory.open(tmp_path, durability="step").layout.durability == "step"
    assert Memory.init(tmp_path, durability="none").layout.durability == "commit"
    assert new_memory(tmp_path / "other").layout.durability == "step"
    with pytest.raises(UsageError):
        Memory.open(tmp_path, durability="always")


@pytest.mark.parametrize("durability", ["commit", "none"])
def test_every_durability_outlives_its_process(tmp_path: Path, durability: str) -> None:
    Memory.init(tmp_path, durability=durability)

    subprocess.run([sys.executable, "-c", WRITE, str(tmp_path), "3"], check=True)

    memory = Memory.open(tmp_path)
    assert [step.observation for step in memory.steps()] == ["saw 2", "saw 1", "saw 0"]
    check(memory.path)


def test_the_number_of_packs_does_not_grow_with_history(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    for n in range(2 * tidying.TOGETHER + 5):
        memory.step(f"saw {n}")
        memory.commit(f"did {n}")
        memory.flush()

    packs = list((memory.path / ".git/objects/pack").glob("*.pack"))

    assert len(packs) < tidying.TOGETHER
    assert git(memory.path, "count-objects").startswith("0 objects")
    assert git(memory.path, "rev-list", "--count", "main").strip() == str(2 * tidying.TOGETHER + 6)
    check(memory.path)


def test_milestones_go_on_beside_git_gc_and_without_the_list_of_packs(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    for n in range(3 * tidying.TOGETHER):
        if n == tidying.TOGETHER // 2:
            git(memory.path, "gc", "-q", "--prune=now")
        if n == tidying.TOGETHER * 2:
            memory.layout.pack_list("main").write_bytes(b"\xff 0\n0 pack-../../config\nnothing\n")
        memory.commit(f"did {n}")
        memory.flush()

    assert len(memory.milestones()) == 3 * tidying.TOGETHER
    check(memory.path)


def test_a_pack_that_cannot_be_read_does_not_keep_milestones_from_being_made(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    for n in range(4):
        memory.commit(f"did {n}")
        memory.flush()
    listed = memory.layout.pack_list("main")
    first = listed.read_text().split()[1]
    pack = memory.path / ".git/objects/pack" / f"{first}.pack"
    pack.chmod(0o644)
    pack.write_bytes(b"torn")

    for n in range(tidying.TOGETHER):
        memory.commit(f"went on {n}")
        memory.flush()

    assert len(memory.milestones()) == tidying.TOGETHER + 4
    assert pack.read_bytes() == b"torn"


def test_steps_that_another_handle_made_durable_are_durable_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "IDLE_S", 1000.0)
    Memory.init(tmp_path).step("fsynced")
    careless = Memory.open(tmp_path, durability="none")

    careless.commit("with it")
    careless.commit("alone")

    records, _ = ahead.read(careless.layout, "main")
    assert [record.durable for record in records] == [True, False]


def test_a_text_that_is_too_large_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    large = "é" * (MAX_TEXT_BYTES // 2) + "x"

    for call in (memory.step, memory.commit, memory.write_main):
        with pytest.raises(InvalidText, match="more than the 16,777,216 of a record"):
            call(large)

    assert memory.step(large[:-1]).observation == large[:-1]
    assert memory.steps()[0].observation == large[:-1]
