"""The write-ahead file as kills, disks, git and people leave it: what was acknowledged is told once."""

import errno
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onecontext import Memory
from onecontext.errors import InvalidDocument, LockTimeout, StorageError
from onecontext.memory import pending, recording
from onecontext.memory.desk import Desk
from onecontext.store import ahead, packs
from onecontext.store.locks import held
from onecontext.store.objects import Objects
from tests.support.kills import Warm
from tests.support.memory import check, git, new_memory

# A process that is killed with five milestones on record, the steps of each in the log, and a pending step.
LEFT = """
import os
from onecontext.memory import recording
recording.IDLE_S = 1000.0
memory = Memory.open(path, branch=os.environ.get("ON") or None)
for n in range(5):
    memory.step(f"saw {number + n}")
    ack(memory.commit(f"did {number + n}").commit)
memory.step(f"pending {number}")
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with Warm(tmp_path_factory.mktemp("reports")) as server:
        yield server


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Memory:
    # Nothing of this process puts anything into git behind a test's back.
    monkeypatch.setattr(recording, "IDLE_S", 1000.0)
    made = new_memory(tmp_path)
    made.commit("first")
    made.flush()
    return made


def _left(warm: Warm, memory: Memory, number: int = 0, *, branch: str = "main") -> list[str]:
    """Leave five milestones in the write-ahead file, and return the commits that they were promised to be."""
    work = LEFT.replace('os.environ.get("ON") or None', repr(branch))
    promised = [words[0] for words in warm.run(work, memory.path, number).acknowledged]
    assert len(promised) == 5
    assert not ahead.is_empty(memory.layout, branch)
    return promised


def _own(memory: Memory, branch: str = "main") -> list[str]:
    found = [m.contribution for m in memory.on(branch).milestones() if m.branch == branch]
    return [text for text in found[::-1] if text != "first"]


def _seen(memory: Memory, branch: str = "main") -> list[str]:
    return [step.observation for step in memory.on(branch).steps() if step.branch == branch][::-1]


DID = [f"did {n}" for n in range(5)]
SAW = [*(f"saw {n}" for n in range(5)), "pending 0"]


def _told_once(memory: Memory, did: list[str] = DID, saw: list[str] = SAW) -> None:
    assert _own(memory) == did
    assert _seen(memory) == saw
    assert ahead.is_empty(memory.layout, "main")
    memory.step("after")
    memory.commit("after")
    assert _own(memory) == [*did, "after"]
    assert _seen(memory) == [*saw, "after"]
    check(memory.path)


def test_what_was_promised_is_what_git_gets(memory: Memory, warm: Warm) -> None:
    promised = _left(warm, memory)

    assert git(memory.path, "log", "--format=%H", "--reverse", "-5", "main").split() == promised
    _told_once(memory)


@pytest.mark.parametrize("torn", [b"0badc0de {", b"x" * 5000, b"\0" * 4096, b"00000000 \n", b"\n", b"\xff\xfe\r\n\r"])
def test_a_torn_end_is_passed_over(memory: Memory, warm: Warm, torn: bytes) -> None:
    _left(warm, memory)
    with memory.layout.ahead("main").open("ab") as file:
        file.write(torn)

    _told_once(memory)

    kept = list(memory.layout.quarantine.glob("main-ahead-*")) if memory.layout.quarantine.exists() else []
    assert [path.read_bytes() for path in kept] == ([torn] if torn.strip(b"\0") else [])


def test_a_torn_end_that_comes_while_a_process_goes_on_is_passed_over(memory: Memory) -> None:
    memory.commit("did 0")
    with memory.layout.ahead("main").open("ab") as file:
        file.write(b"torn by another writer, which died")

    milestone = memory.commit("did 1")

    recording._kept.clear()
    assert memory.show(milestone.id).commit == milestone.commit
    assert _own(memory) == ["did 0", "did 1"]


@pytest.mark.parametrize("line", range(5))
def test_a_garbled_line_costs_itself_and_its_steps_stay_pending(memory: Memory, warm: Warm, line: int) -> None:
    _left(warm, memory)
    path = memory.layout.ahead("main")
    lines = path.read_bytes().splitlines(keepends=True)
    garbled = lines[line][:40] + b"!" + lines[line][41:]
    path.write_bytes(b"".join([*lines[:line], garbled, *lines[line + 1 :]]))

    assert _own(memory) == [text for text in DID if text != f"did {line}"]
    assert sorted(_seen(memory)) == sorted(SAW)
    assert garbled in [kept.read_bytes() for kept in memory.layout.quarantine.glob("main-ahead-*")]
    memory.commit("after")
    assert sorted(_seen(memory)) == sorted(SAW)
    check(memory.path)


def test_a_milestone_larger_than_other_files_may_be_is_read_again(memory: Memory, warm: Warm) -> None:
    large = """
import os
memory = Memory.open(path)
for n in range(5): memory.step("\\u4e00" * 4_000_000)
memory.commit("large"); memory.commit("next")
ack("done")
os.kill(os.getpid(), 9)
"""
    work = "from onecontext.memory import recording\nrecording.BATCH_BYTES = 1 << 40\n" + large
    assert warm.run(work, memory.path).acknowledged == [["done"]]
    assert memory.layout.ahead("main").stat().st_size > 64 * 1024 * 1024

    assert _own(memory) == ["large", "next"]
    assert [len(step.observation) for step in memory.steps()] == [4_000_000] * 5


def test_a_file_whose_milestones_git_has_already_is_only_emptied(memory: Memory, warm: Warm) -> None:
    _left(warm, memory)
    content = memory.layout.ahead("main").read_bytes()
    assert _own(memory) == DID
    tip = memory.layout.tip("main")

    memory.layout.ahead("main").write_bytes(content)

    assert _own(memory) == DID
    assert memory.layout.tip("main") == tip
    _told_once(memory)


def test_a_file_whose_milestones_git_has_under_other_names_is_only_emptied(memory: Memory, warm: Warm) -> None:
    promised = _left(warm, memory)
    content = memory.layout.ahead("main").read_bytes()
    (memory.path / "main.md").write_text("# Mine\n")
    assert _own(memory) == DID
    assert memory.layout.tip("main") not in promised

    for _ in range(2):
        memory.layout.ahead("main").write_bytes(content)
        assert _own(memory) == DID
    assert git(memory.path, "show", "main:main.md") == "# Mine\n"
    _told_once(memory)


def test_a_commit_by_hand_meanwhile_is_kept_and_built_on(memory: Memory, warm: Warm) -> None:
    _left(warm, memory)
    (memory.path / "main.md").write_text("# By hand\n")
    by_hand = ["git", "-C", str(memory.path), "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qam", "by hand"]
    subprocess.run(by_hand, check=True)

    assert _own(memory) == DID
    assert "by hand" in git(memory.path, "log", "--format=%s", "main").splitlines()
    assert git(memory.path, "show", "main:main.md") == "# By hand\n"
    _told_once(memory)


def test_a_commit_by_hand_while_a_process_has_milestones_at_hand_is_kept(memory: Memory) -> None:
    memory.step("saw 0")
    memory.commit("did 0")
    by_hand = ["git", "-C", str(memory.path), "-c", "user.name=p", "-c", "user.email=p@x"]
    subprocess.run([*by_hand, "commit", "-q", "--allow-empty", "-m", "by hand"], check=True)
    memory.commit("did 1")

    assert _own(memory) == ["did 0", "did 1"]
    assert _seen(memory) == ["saw 0"]
    assert "by hand" in git(memory.path, "log", "--format=%s", "main").splitlines()
    check(memory.path)


@pytest.mark.parametrize("name", ["commit.md", "commit/0000.md"])
def test_a_milestone_edited_by_hand_while_others_are_ahead_is_kept(memory: Memory, warm: Warm, name: str) -> None:
    _left(warm, memory)
    path = memory.path / "branches/main" / name
    path.write_text(path.read_text().replace("Contribution:** first", "Contribution:** first, improved"))

    assert "first, improved" in path.read_text()
    found = [m.contribution for m in memory.milestones()][::-1]
    assert found[1:] == DID
    assert "first, improved" in git(memory.path, "log", "-p", "--format=", "main")
    memory.commit("after")
    assert "first, improved" in path.read_text()
    check(memory.path)


@pytest.mark.parametrize("longer", [True, False])
def test_a_step_edited_by_hand_after_its_milestone_was_put_on_record_is_kept(
    memory: Memory, warm: Warm, *, longer: bool
) -> None:
    _left(warm, memory)
    new = "SAW 2, improved" if longer else "SAW 2"
    log = memory.path / "branches/main/log.md"
    log.write_text(log.read_text().replace("saw 2", new))

    assert _own(memory) == DID
    steps = memory.steps()[::-1]
    assert [step.observation for step in steps] == [new if text == "saw 2" else text for text in SAW]
    assert [step.observation for step in steps if step.edited] == [new]
    memory.commit("after")
    assert [step.observation for step in memory.steps() if step.edited] == [new]
    check(memory.path)


@pytest.mark.parametrize("longer", [True, False])
def test_a_step_edited_by_hand_while_its_process_goes_on_is_kept(memory: Memory, *, longer: bool) -> None:
    new = "SAW 1, improved" if longer else "SAW 1"
    for n in range(3):
        memory.step(f"saw {n}")
        memory.commit(f"did {n}")
    log = memory.path / "branches/main/log.md"
    log.write_text(log.read_text().replace("saw 1", new))

    memory.commit("did 3")
    memory.flush()

    assert [step.observation for step in memory.steps() if step.edited] == [new]
    assert sorted(_seen(memory)) == sorted(["saw 0", new, "saw 2"])
    assert _own(memory) == ["did 0", "did 1", "did 2", "did 3"]
    check(memory.path)


def test_an_edit_made_while_its_process_puts_others_into_git_is_seen(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.commit("did 0")
    real = Desk.publish

    def edited(desk: Desk, *args: Any, **named: Any) -> None:
        real(desk, *args, **named)
        (memory.path / "main.md").write_text("# Mine\n")

    with monkeypatch.context() as patch:
        patch.setattr(Desk, "publish", edited)
        memory.flush()
    time.sleep(0.1)
    memory.commit("did 1")

    assert git(memory.path, "show", "main:main.md") == "# Mine\n"
    assert _own(memory) == ["did 0", "did 1"]
    check(memory.path)


def test_a_note_behind_the_last_step_while_milestones_are_ahead_is_kept(memory: Memory, warm: Warm) -> None:
    _left(warm, memory)
    log = memory.path / "branches/main/log.md"
    with log.open("a") as file:
        file.write("a note of mine\n")

    assert _own(memory) == DID
    assert "a note of mine" in log.read_text()
    _told_once(memory)
    kept = [path.read_text() for path in memory.layout.quarantine.glob("main-log-*")]
    history = git(memory.path, "log", "-p", "--format=", "main")
    assert any("a note of mine" in text for text in [*kept, history, log.read_text()])


def test_a_log_taken_away_by_hand_takes_only_pending_steps(memory: Memory, warm: Warm) -> None:
    _left(warm, memory)
    (memory.path / "branches/main/log.md").unlink()

    assert _seen(memory) == SAW[:-1]
    assert _own(memory) == DID
    _told_once(memory, saw=SAW[:-1])


def test_metadata_edited_while_milestones_are_ahead_are_taken_in(memory: Memory, warm: Warm) -> None:
    _left(warm, memory)
    path = memory.path / "branches/main/metadata.yaml"
    path.write_text(path.read_text() + "team: blue\n")

    assert _own(memory) == DID
    assert memory.context(metadata="team").pieces[0].text == "team: blue"
    assert git(memory.path, "log", "--author=human", "--format=%s").strip() == "edited by hand: metadata.yaml"
    _told_once(memory)


def test_metadata_garbled_while_milestones_are_ahead_stop_nothing_that_was_acknowledged(
    memory: Memory, warm: Warm
) -> None:
    _left(warm, memory)
    path = memory.path / "branches/main/metadata.yaml"
    good = path.read_text()
    path.write_text("a: [")

    with pytest.raises(InvalidDocument):
        memory.milestones()
    assert git(memory.path, "rev-list", "--count", "main").strip() == "7"
    with pytest.raises(InvalidDocument):
        memory.commit("refused")
    assert path.read_text() == "a: ["
    path.write_text(good)
    _told_once(memory)


def test_a_branch_taken_away_by_git_and_put_back_tells_all(memory: Memory, warm: Warm) -> None:
    memory.create_branch("b").commit("first")
    memory.on("b").flush()
    tip = memory.layout.tip("b")
    _left(warm, memory, branch="b")
    subprocess.run(["git", "-C", str(memory.path), "update-ref", "-d", "refs/heads/b"], check=True)

    assert "b" not in [branch.name for branch in memory.branches()]
    assert _own(memory) == []
    subprocess.run(["git", "-C", str(memory.path), "update-ref", "refs/heads/b", str(tip)], check=True)

    assert _own(memory, "b") == DID
    assert _seen(memory, "b") == SAW
    check(memory.path)


def test_a_branch_started_anew_under_a_name_that_git_took_away_begins_empty(memory: Memory, warm: Warm) -> None:
    memory.create_branch("b")
    _left(warm, memory, branch="b")
    content = memory.layout.ahead("b").read_bytes()
    subprocess.run(["git", "-C", str(memory.path), "update-ref", "-d", "refs/heads/b"], check=True)

    again = memory.create_branch("b")

    assert _own(memory, again.branch) == []
    assert content in [path.read_bytes() for path in memory.layout.quarantine.glob("b-ahead-*")]
    again.step("new")
    again.commit("new")
    assert _own(memory, "b") == ["new"]
    check(memory.path)


def test_two_handles_of_one_process_with_different_durability_share_a_branch(memory: Memory) -> None:
    handles = [Memory.open(memory.path, durability=level) for level in ("step", "commit", "none")]
    promised = []
    for n in range(12):
        handles[n % 3].step(f"saw {n}")
        promised.append(handles[(n + 1) % 3].commit(f"did {n}").commit)
        if n % 5 == 4:
            handles[n % 3].flush()

    _told_once(memory, [f"did {n}" for n in range(12)], [f"saw {n}" for n in range(12)])
    assert git(memory.path, "log", "--format=%H", "--reverse", "main").split()[2:-1] == promised


@pytest.mark.parametrize("at_hand", [True, False])
def test_a_handle_that_syncs_nothing_syncs_what_another_was_promised(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, *, at_hand: bool
) -> None:
    lazy = Memory.open(memory.path, durability="none")
    lazy.commit("did 0")
    Memory.open(memory.path, durability="step").commit("did 1")
    Memory.open(memory.path, durability="step").step("pending, durable")
    lazy.commit("did 2")
    Memory.open(memory.path, durability="step").step("durable, too")
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        real(descriptor)

    if not at_hand:
        recording._kept.clear()
    monkeypatch.setattr(os, "fsync", fsync)
    lazy.flush()

    for part in ("objects/pack", "refs/heads", "/ahead/main", "/branches/main"):
        assert any(part in path for path in synced), part
    assert _own(memory) == ["did 0", "did 1", "did 2"]


ALTERNATE = """
memory = Memory.open(path)
from onecontext.memory import background
for n in range(12):
    memory.step(f"saw {number}.{n}")
    milestone = memory.commit(f"did {number}.{n}")
    ack(milestone.commit)
    if n % 4 == number % 4: memory.flush()
"""


@pytest.mark.parametrize("processes", [2, 8])
def test_processes_take_turns_on_one_branch_and_catch_up(memory: Memory, warm: Warm, processes: int) -> None:
    children = [warm.start(ALTERNATE, memory.path, number) for number in range(processes)]
    promised = {words[0] for child in children for words in child.ended().acknowledged}

    own, seen = _own(memory), _seen(memory)
    assert sorted(own) == sorted(f"did {p}.{n}" for p in range(processes) for n in range(12))
    assert sorted(seen) == sorted(f"saw {p}.{n}" for p in range(processes) for n in range(12))
    for process in range(processes):
        assert [text for text in own if text.startswith(f"did {process}.")] == [f"did {process}.{n}" for n in range(12)]
    assert [step.n for step in memory.steps()][::-1] == list(range(1, 12 * processes + 1))
    assert set(git(memory.path, "log", "--format=%H", "main").split()) >= promised
    assert len(promised) == 12 * processes
    check(memory.path)


FORKED = """
import os
memory = Memory.open(path)
memory.step(f"before {number}"); memory.commit(f"before {number}")
child = os.fork()
who = "parent" if child else "child"
for n in range(6):
    memory.step(f"{who} {number}.{n}"); memory.commit(f"{who} {number}.{n}")
    if n == 3: memory.flush()
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_a_process_that_forked_and_its_child_both_go_on(memory: Memory, warm: Warm) -> None:
    for number in range(3):
        warm.run(FORKED, memory.path, number)

    names = [f"{who} {k}.{n}" for who in ("parent", "child") for k in range(3) for n in range(6)]
    assert sorted(_own(memory)) == sorted([*names, *(f"before {k}" for k in range(3))])
    assert sorted(_seen(memory)) == sorted([*names, *(f"before {k}" for k in range(3))])
    check(memory.path)


def test_threads_with_handles_of_their_own_land_in_one_order(memory: Memory) -> None:
    promised: list[str | None] = []

    def work(number: int) -> None:
        handle = Memory.open(memory.path, durability=("step", "none")[number % 2])
        for n in range(8):
            handle.step(f"saw {number}.{n}")
            promised.append(handle.commit(f"did {number}.{n}").commit)
            if n % 3 == number % 3:
                handle.milestones(limit=2)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(_own(memory)) == sorted(f"did {number}.{n}" for number in range(4) for n in range(8))
    assert sorted(_seen(memory)) == sorted(f"saw {number}.{n}" for number in range(4) for n in range(8))
    assert set(git(memory.path, "log", "--format=%H", "main").split()) >= set(promised)
    check(memory.path)


@pytest.mark.parametrize("where", ["pack", "index", "log"])
def test_a_disk_that_is_full_while_git_is_to_get_them_loses_nothing(
    memory: Memory, warm: Warm, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    _left(warm, memory)
    full = OSError(errno.ENOSPC, "No space left on device")

    def fails(*args: object, **named: object) -> None:
        raise full

    with monkeypatch.context() as patch:
        if where == "pack":
            patch.setattr(packs, "open_new", fails)
            assert len(memory.milestones()) == 6  # as it will be
            with pytest.raises(StorageError):
                memory.flush()
            assert not ahead.is_empty(memory.layout, "main")
        elif where == "index":
            patch.setattr("onecontext.store.indexes.refresh", fails)
            with pytest.raises((OSError, StorageError), match="No space"):
                memory.milestones()
            assert git(memory.path, "rev-list", "--count", "main").strip() == "7"
        else:
            patch.setattr(pending, "drop", fails)
            with pytest.raises((OSError, StorageError), match="No space"):
                memory.milestones()

    _told_once(memory)


def test_a_disk_that_is_full_at_the_append_refuses_the_milestone_and_no_more(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.step("saw 0")
    memory.commit("did 0")
    memory.step("saw 1")
    real = os.write

    def half(descriptor: int, content: bytes) -> int:
        if b'"commit":' not in bytes(content):
            return real(descriptor, content)
        real(descriptor, bytes(content)[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises((OSError, StorageError), match="No space"):
            memory.commit("refused")

    memory.commit("did 1")
    _told_once(memory, ["did 0", "did 1"], ["saw 0", "saw 1"])


def test_an_index_that_git_holds_meanwhile_stops_nothing(memory: Memory, warm: Warm) -> None:
    _left(warm, memory)
    lock = memory.path / ".git/index.lock"
    lock.write_bytes(b"")

    assert _own(memory) == DID
    assert git(memory.path, "rev-list", "--count", "main").strip() == "7"
    memory.commit("did 5")
    lock.unlink()
    _told_once(memory, [*DID, "did 5"])


def test_a_ref_that_git_holds_meanwhile_stops_git_only(memory: Memory, warm: Warm) -> None:
    memory.commit("did 0")
    memory.flush()
    ref, lock = (memory.path / ".git/refs/heads" / name for name in ("main", "main.lock"))
    before = ref.read_text()
    lock.write_bytes(b"")
    memory.step("saw 0")
    promised = memory.commit("did 1").commit
    with pytest.raises(LockTimeout, match="own lock"):
        memory.flush()
    assert ref.read_text() == before
    lock.unlink()

    memory.flush()
    assert ref.read_text().strip() == promised != before.strip()
    _told_once(memory, ["did 0", "did 1"], ["saw 0"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes read-only folders")
def test_read_only_objects_keep_them_on_record(memory: Memory, warm: Warm) -> None:
    _left(warm, memory)
    folder = memory.path / ".git/objects/pack"
    folder.chmod(0o500)
    try:
        with pytest.raises(StorageError):
            memory.milestones()
    finally:
        folder.chmod(0o700)

    _told_once(memory)


def test_what_is_on_record_is_read_where_it_cannot_be_put_into_git(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.step("before")
    memory.commit("in git")
    memory.flush()
    memory.step("with it")
    made = memory.commit("on record")
    memory.step("pending")

    def full(*_: object, **__: object) -> None:
        raise StorageError("No space left on device")

    monkeypatch.setattr(Objects, "write", full)
    monkeypatch.setattr(recording, "_kept", {})

    assert memory.milestones()[0] == made
    assert [step.observation for step in memory.steps()] == ["pending", "with it", "before"]
    assert "on record" in memory.context().text
    assert memory.layout.ahead("main").read_bytes()
    with pytest.raises(StorageError):
        memory.flush()
    monkeypatch.undo()
    assert [step.observation for step in memory.steps()] == ["pending", "with it", "before"]
    assert memory.milestones()[0] == made
    check(memory.path)


def test_a_stopped_writer_keeps_nobody_from_reading(memory: Memory) -> None:
    made = memory.commit("on record")

    with held(memory.layout.lock("main")):
        assert memory.milestones(limit=1) == [made]

    assert memory.milestones(limit=1) == [made]
