"""Search over a real memory: what is found, what is not any more, and an index that may be in any state."""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.doctor.examine import examine
from onecontext.doctor.repair import repair
from onecontext.errors import InvalidName, UnknownBranch, UsageError
from onecontext.recall.search import search
from onecontext.recall.search.connections import close_waiting
from tests.support.memory import START, check, git, new_memory
from tests.support.searching import database, folder, found, texts


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path)


def test_steps_milestones_the_roadmap_and_the_metadata_are_found(memory: Memory) -> None:
    memory.step("the drawer sticks", "grease it", "bought lithium grease")
    memory.commit("The drawer opens.", task="drawer-1")
    memory.pin("never oil")

    assert [(hit.kind, hit.text) for hit in found(memory, "lithium")] == [
        ("step", "Observation: the drawer sticks\nThought: grease it\nAction: bought lithium grease")
    ]
    assert [hit.kind for hit in found(memory, "drawer opens", kind="milestone")] == ["milestone"]
    assert [hit.kind for hit in found(memory, "drawer-1", kind="milestone")] == ["milestone"]
    assert [hit.id for hit in found(memory, "till", kind="main")] == ["main.md#Goal"]
    assert [hit.id for hit in found(memory, "oil", kind="metadata")] == ["metadata#pinned"]


def test_a_hit_tells_where_it_is_from(memory: Memory) -> None:
    step = memory.step("the drawer sticks")
    milestone = memory.commit("It opens.")

    (hit,) = found(memory, "drawer")
    other, summed_up = found(memory, "opens")

    assert (hit.id, hit.branch, hit.agent, hit.at, hit.session) == (step.id, "main", "ann", step.at, "")
    assert summed_up.id == step.id
    assert (other.id, other.how_to_get) == (milestone.id, f"onecontext show {milestone.id}")


def test_a_pending_step_is_found_before_and_after_its_milestone_once(memory: Memory) -> None:
    memory.step("the drawer sticks")
    before = texts(memory, "drawer")
    memory.commit("done")

    assert before == texts(memory, "drawer") == ["Observation: the drawer sticks"]


def test_what_a_rollback_took_out_of_sight_is_not_found_and_comes_back_with_it(memory: Memory) -> None:
    memory.commit("The drawer opens.")
    base = memory.show("main").commit
    memory.commit("The drawer is red.")
    assert len(found(memory, "drawer", kind="milestone")) == 2
    followed = database(memory)

    done = memory.rollback(str(base))
    after = texts(memory, "drawer", kind="milestone")
    memory.rollback(done.before)

    assert after == ["The drawer opens."]
    assert len(found(memory, "drawer", kind="milestone")) == 2
    assert database(memory) == followed


def test_a_deleted_branch_is_not_found_and_a_restored_one_is(memory: Memory) -> None:
    other = memory.create_branch("other")
    other.commit("The drawer opens.")
    assert texts(memory, "drawer", kind="milestone") == ["The drawer opens."]
    followed = database(memory)

    memory.delete_branch("other")
    gone = texts(memory, "drawer", kind="milestone")
    memory.restore_branch("other")

    assert gone == []
    assert texts(memory, "drawer", kind="milestone") == ["The drawer opens."]
    assert database(memory) == followed


def test_a_merged_record_is_found_once_and_on_each_branch_that_tells_it(memory: Memory) -> None:
    other = memory.create_branch("other")
    other.step("the drawer sticks")
    other.commit("It opens.")
    alone = texts(memory, "drawer", branch="main")

    memory.merge("other")

    assert alone == []
    assert [hit.branch for hit in found(memory, "drawer", kind="step")] == ["other"]
    assert len(found(memory, "drawer", branch="main", kind="step")) == 1
    assert len(found(memory, "drawer", branch="other", kind="step")) == 1


def test_filters_narrow_what_is_found(memory: Memory) -> None:
    memory.step("the drawer sticks")
    other = Memory.open(memory.path.parent, agent="bob")
    late = other.step("the drawer is stuck")

    assert texts(memory, "drawer", agent="bob") == ["Observation: the drawer is stuck"]
    assert texts(memory, "drawer", agent="nobody") == []
    assert texts(memory, "drawer", since=late.at) == ["Observation: the drawer is stuck"]
    assert texts(memory, "drawer", since=late.at + timedelta(seconds=1)) == []
    assert len(texts(memory, "drawer", since=START)) == 2
    assert texts(memory, "drawer", kind="milestone") == []


def test_the_roadmap_and_metadata_are_as_old_as_their_branch(memory: Memory) -> None:
    assert texts(memory, "till", since=START) == ["## Goal\n\na till", "purpose: a till"]
    assert texts(memory, "till", since=START + timedelta(days=1)) == []


def test_bad_questions_are_told_in_a_sentence(memory: Memory) -> None:
    with pytest.raises(UsageError, match="no word"):
        found(memory, " ; ")
    with pytest.raises(UnknownBranch, match="there are main"):
        found(memory, "a", branch="nope")
    with pytest.raises(InvalidName):
        found(memory, "a", agent="../x")
    with pytest.raises(UsageError, match="below 0"):
        search(memory.layout, "a", k=-1)
    with pytest.raises(UsageError, match="no kind"):
        search(memory.layout, "a", kind="stepp")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no zone"):
        search(memory.layout, "a", since=START.replace(tzinfo=None))
    assert search(memory.layout, "till", k=0) == []


def test_a_record_edited_by_hand_is_found_as_it_stands_and_once(memory: Memory) -> None:
    memory.commit("The drawer opens.")
    memory.flush()
    shown = memory.path / "branches/main/commit.md"
    shown.write_text(shown.read_text().replace("drawer opens", "drawer is gone"))
    memory.commit("Another one.")

    assert texts(memory, "drawer", kind="milestone")[0] in ("The drawer is gone.", "The drawer opens.")
    assert len(found(memory, "drawer", kind="milestone")) == 1
    assert texts(memory, "gone", kind="milestone") == ["The drawer is gone."]


def garbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100 : len(content) : 3] = b"\xa5" * len(content[100 : len(content) : 3])
    path.write_bytes(content)


def test_an_index_is_read_again_and_not_made_again(memory: Memory) -> None:
    memory.step("the drawer sticks")
    found(memory, "drawer")
    name = database(memory)

    memory.commit("done")
    found(memory, "drawer")

    assert database(memory) == name


def test_a_search_of_an_index_that_is_up_to_date_opens_no_git(memory: Memory, tmp_path: Path) -> None:
    memory.step("the drawer sticks")
    memory.commit("The drawer opens.")
    before = [hit.text for hit in found(memory, "drawer till")]
    code = (
        "import sys; from onecontext import Memory; m = Memory.open('.');"
        "print(len(m.search('drawer till').hits), 'pygit2' in sys.modules)"
    )

    time.sleep(0.05)  # so that the log's time of change proves something
    found(memory, "drawer till")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.split() == [str(len(before)), "False"]


def test_what_stands_uncommitted_in_a_work_tree_is_not_taken_for_what_was_indexed(memory: Memory) -> None:
    memory.step("the drawer sticks")
    memory.commit("The drawer opens.")
    before = found(memory, "drawer till")

    for path in (*memory.path.glob("branches/main/*/**/*.md"), memory.path / "main.md"):
        path.write_text(path.read_text().replace("drawer", "cellar").replace("till", "mill"))

    assert found(memory, "drawer till") == before


DAMAGE = {
    "gone": lambda memory: shutil.rmtree(folder(memory)),
    "truncated": lambda memory: os.truncate(database(memory), 5000),
    "empty": lambda memory: os.truncate(database(memory), 0),
    "garbled": lambda memory: garbled(database(memory)),
    "no pointer": lambda memory: (folder(memory) / "current").unlink(),
    "a pointer to nothing": lambda memory: (folder(memory) / "current").write_text("0123456789abcdef 1 2 3\n"),
    "a pointer elsewhere": lambda memory: (folder(memory) / "current").write_text("../../x\n"),
    "a file that is no database": lambda memory: database(memory).write_text("hello" * 5000),
    "a FIFO": lambda memory: (database(memory).unlink(), os.mkfifo(database(memory))),
    "a FIFO for a pointer": lambda memory: (
        (folder(memory) / "current").unlink(),
        os.mkfifo(folder(memory) / "current"),
    ),
    "a folder": lambda memory: (database(memory).unlink(), database(memory).mkdir()),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_index_is_made_anew(memory: Memory, what: str) -> None:
    for at in range(300):
        memory.step(f"the drawer number {at} sticks")
    memory.commit("The drawer opens.")
    before = found(memory, "drawer number")

    DAMAGE[what](memory)

    assert found(memory, "drawer number") == before
    assert found(memory, "drawer number") == before
    assert database(memory).is_file()
    check(memory.path)


def test_one_byte_that_sqlite_would_not_miss_is_seen_by_the_files_time(memory: Memory) -> None:
    for at in range(60):
        memory.step(f"the drawer number {at} sticks")
    memory.commit("The drawer opens.")
    before = found(memory, "drawer number")
    size = database(memory).stat().st_size

    for at in range(100, size, size // 25):
        time.sleep(0.02)  # a tick of the clock that files have
        name = database(memory)
        content = bytearray(name.read_bytes())
        content[at] ^= 0x55
        name.write_bytes(content)

        assert found(memory, "drawer number") == before
        assert database(memory) != name


@pytest.mark.parametrize("name", ["search", "search/current", "db"])
def test_a_symlink_in_its_place_is_not_followed(memory: Memory, tmp_path: Path, name: str) -> None:
    memory.step("the drawer sticks")
    before = found(memory, "drawer")
    victim = tmp_path / "victim"
    victim.mkdir() if name == "search" else victim.write_text("precious")
    path = database(memory) if name == "db" else folder(memory).parent / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.symlink_to(victim)

    assert found(memory, "drawer") == before
    assert found(memory, "drawer") == before

    assert list(victim.iterdir()) == [] if name == "search" else victim.read_text() == "precious"


@pytest.mark.parametrize("name", ["schema.VERSION", "database.boot_id"])
def test_an_index_of_another_version_or_run_of_the_machine_is_made_anew(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    memory.step("the drawer sticks")
    with monkeypatch.context() as patch:
        patch.setattr(f"onecontext.recall.search.{name}", 0 if name.endswith("VERSION") else lambda: "another")
        before = found(memory, "drawer")
        old = database(memory)

    assert found(memory, "drawer") == before
    assert database(memory) != old
    assert not old.exists()


@pytest.mark.parametrize("indexed", [True, False], ids=["with an index", "without one"])
def test_a_memory_that_cannot_be_written_is_searched_in_memory(tmp_path: Path, indexed: bool) -> None:
    (tmp_path / "disk").mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(tmp_path / "disk")])
    if mounted.returncode:
        pytest.skip("only root mounts a file system")
    try:
        memory = new_memory(tmp_path / "disk")
        if indexed:
            texts(memory, "drawer")
        memory.step("the drawer sticks")
        memory.commit("It opens.")
        memory.flush()
        if indexed:
            texts(memory, "drawer")
        close_waiting()
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "disk")], check=True)

        assert texts(memory, "drawer") == ["Observation: the drawer sticks"]
    finally:
        subprocess.run(["umount", "-l", str(tmp_path / "disk")], check=True)


def test_a_clone_has_no_index_and_makes_its_own(memory: Memory, tmp_path: Path) -> None:
    memory.step("the drawer sticks")
    memory.commit("It opens.")
    found(memory, "drawer")

    git(memory.path, "clone", "-q", str(memory.path), str(tmp_path / "clone/.onecontext"))
    clone = Memory.open(tmp_path / "clone")

    assert not folder(clone).exists()
    assert texts(clone, "drawer") == ["Observation: the drawer sticks"]


def test_the_doctor_finds_nothing_odd_in_an_index_and_moves_aside_what_is(memory: Memory) -> None:
    memory.step("the drawer sticks")
    memory.commit("It opens.")
    before = found(memory, "drawer")
    now = datetime.now(UTC)
    healthy = examine(memory.path, now)

    os.mkfifo(folder(memory) / "0123456789abcdef.db")
    odd = [finding.where for finding in examine(memory.path, now)]
    repair(memory.path, now, lambda done: None)

    assert healthy == []
    assert odd == [".git/onecontext/search/0123456789abcdef.db"]
    assert examine(memory.path, now) == []
    assert found(memory, "drawer") == before


REFRESH = """
import sys
from onecontext import Memory
from onecontext.recall.search import search
memory = Memory.open(sys.argv[1])
print("ready", flush=True)
for n in range(int(sys.argv[2])):
    memory.step(f"drawer {n} of {sys.argv[3]}")
    memory.commit(f"milestone {n} of {sys.argv[3]}")
    hits = search(memory.layout, f"drawer of {sys.argv[3]}", k=10000, kind="step")
    own = [hit.id for hit in hits if f"of {sys.argv[3]}" in hit.text]
    assert len(own) == len(set(own)) == n + 1, (len(own), n)
"""


def start(memory: Memory, rounds: int, name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", REFRESH, str(memory.path.parent), str(rounds), name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def test_several_processes_write_and_search_at_once_and_none_is_refused(memory: Memory) -> None:
    running = [start(memory, 15, name) for name in ("red", "green", "blue")]

    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said

    for name in ("red", "green", "blue"):
        assert len([text for text in texts(memory, f"drawer of {name}", kind="step") if f"of {name}" in text]) == 15


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_a_kill_in_the_middle_leaves_an_index_that_finds_everything(memory: Memory, after_s: float) -> None:
    process = start(memory, 200, "red")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(after_s + 0.2)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    steps = {step.id for step in memory.steps()}
    assert steps
    assert {hit.id for hit in found(memory, "drawer", kind="step")} == steps
    shutil.rmtree(folder(memory))
    assert {hit.id for hit in found(memory, "drawer", kind="step")} == steps
