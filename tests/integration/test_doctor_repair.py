"""Repair keeps every intact record, sets the rest aside, deletes nothing, and can be stopped and run again."""

import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.cli.main import main
from onecontext.doctor.branches_mended import DOCTOR
from onecontext.doctor.examine import examine
from onecontext.doctor.finding import Done
from onecontext.doctor.repair import repair
from onecontext.errors import LockTimeout, NewerFormat
from onecontext.memory import recording
from onecontext.store import locks
from onecontext.store.layout import Layout
from tests.support.damage import (
    DAMAGES,
    HISTORY,
    LOG,
    META,
    STEPS,
    appended,
    explode,
    flipped,
    pack_of,
    put,
    snapshot,
    story,
    tip_of,
    truncated,
    written,
)
from tests.support.memory import git

NOW = datetime.now(UTC) + timedelta(hours=1)
PERSON = ("-c", "user.name=x", "-c", "user.email=x@x")
# Steps that had no milestone and whose only file was damaged: what of them is left is in the quarantine.
PENDING_LOST = {name for name in DAMAGES if name.startswith(("log ", "linked log"))}


def mended(memory: Path) -> list[Done]:
    did: list[Done] = []
    repair(memory, NOW, did.append)
    return did


def fsck(memory: Path) -> None:
    git(memory, "fsck", "--strict", "--no-dangling")


def texts(folder: Path, branch: str) -> list[str]:
    memory = Memory.open(folder, branch=branch)
    return [m.contribution for m in memory.milestones()] + sorted(step.observation for step in memory.steps())


@pytest.mark.parametrize("name", DAMAGES)
def test_after_repair_all_is_there_and_sound_and_a_second_one_does_nothing(tmp_path: Path, name: str) -> None:
    damage, _ = DAMAGES[name]
    memory = story(tmp_path)
    before = {branch: texts(tmp_path, branch) for branch in ("main", "idea")}
    damage(memory)

    did = mended(memory)

    assert [finding for finding in examine(memory, NOW) if finding.severity == "fail"] == []
    assert mended(memory) == []
    fsck(memory)
    if name not in PENDING_LOST and name != "a milestone changed":
        assert {branch: texts(tmp_path, branch) for branch in before} == before
    assert did or name in ("log damaged in the middle", "a milestone changed")
    Memory.open(tmp_path).commit("after the repair")
    Memory.open(tmp_path).switch("idea").commit("and there")
    fsck(memory)


@pytest.mark.parametrize("name", DAMAGES)
def test_what_was_damaged_lies_in_the_quarantine(tmp_path: Path, name: str) -> None:
    damage, _ = DAMAGES[name]
    memory = story(tmp_path)
    damage(memory)
    before = snapshot(memory)

    mended(memory)

    after = snapshot(memory)
    kept = {content for path, (_, content) in after.items() if "/quarantine/" in path}
    for path, (mode, content) in before.items():
        if after.get(path) != (mode, content) and content and not hints(path):
            assert content in kept, path


def hints(path: str) -> bool:
    """Say whether a file only tells where things are, and is written with every milestone and refresh."""
    return path.endswith(("/index", "onecontext-shown", "/settled", "/info/exclude")) and not path.endswith("x/index")


@pytest.mark.parametrize("name", ["pack missing", "ref empty", "HEAD missing", "milestones of NUL bytes", "log torn"])
def test_repair_may_be_stopped_after_any_part_and_run_again(tmp_path: Path, name: str) -> None:
    damage, _ = DAMAGES[name]
    memory = story(tmp_path / "whole")
    damage(memory)
    parts = len(mended(memory))
    wanted = texts(tmp_path / "whole", "main")

    for stop in range(parts):
        folder = tmp_path / str(stop)
        again = story(folder)
        damage(again)
        said = iter(range(stop))
        with pytest.raises(StopIteration):
            repair(again, NOW, lambda _, said=said: next(said))
        mended(again)

        assert examine(again, NOW) == []
        assert texts(folder, "main") == wanted
        fsck(again)


def test_a_record_changed_in_the_middle_stays_and_is_shown_as_edited(tmp_path: Path) -> None:
    memory = story(tmp_path)
    flipped(LOG, b"pending one")(memory)

    mended(memory)

    steps = {step.observation: step.edited for step in Memory.open(tmp_path).steps()}
    assert steps["qending one"] is True
    assert steps["pending two"] is False


def test_whole_records_around_garbage_stay(tmp_path: Path) -> None:
    memory = story(tmp_path)
    content = (memory / LOG).read_bytes()
    second = content.index(b"<!-- oc1", 10)
    put(memory / LOG, b"\0" * 50 + b"\n" + content[:second] + b"\xff\0\xfe\n" * 9 + content[second:] + b"<!-- oc1 {")

    mended(memory)

    steps = [step for step in Memory.open(tmp_path).steps() if step.observation.startswith("pending")]
    assert [(step.observation, step.edited) for step in steps] == [("pending two", False), ("pending one", False)]
    assert (memory / LOG).read_bytes() == content


def test_metadata_that_was_committed_broken_comes_from_the_branchs_own_history(tmp_path: Path) -> None:
    memory = story(tmp_path)
    appended(META, b"team: blue\n")(memory)
    with Memory.open(tmp_path) as opened:
        opened.commit("a person added a key")
    truncated(META)(memory)
    git(memory, *PERSON, "commit", "-qam", "by hand")

    mended(memory)

    assert b"team: blue" in (memory / META).read_bytes()
    assert git(memory, "log", "-1", "--format=%an").strip() == DOCTOR
    assert git(memory, "status", "--porcelain", META) == ""


def test_good_metadata_of_the_work_tree_goes_before_older_ones(tmp_path: Path) -> None:
    memory = story(tmp_path)
    good = (memory / META).read_bytes()
    put(memory / META, b"\0\0")
    git(memory, *PERSON, "commit", "-qam", "by hand")
    put(memory / META, good + b"team: red\n")

    mended(memory)

    assert git(memory, "show", f"HEAD:{META}").encode() == good + b"team: red\n"


def test_history_that_somebody_committed_away_comes_back(tmp_path: Path) -> None:
    memory = story(tmp_path)
    git(memory, "rm", "-q", STEPS)
    git(memory, *PERSON, "commit", "-qm", "by hand")

    mended(memory)

    assert "saw 1" in [step.observation for step in Memory.open(tmp_path).steps()]
    assert examine(memory, NOW) == []


def test_what_a_rollback_took_back_does_not_come_back(tmp_path: Path) -> None:
    memory = story(tmp_path)
    handle = Memory.open(tmp_path)
    handle.rollback(str(handle.show(handle.milestones()[1].id).commit))
    put(memory / HISTORY, b"")

    mended(memory)

    assert [m.contribution for m in handle.milestones()] == ["milestone 1", "milestone 0"]


def test_milestones_cut_off_in_a_commit_by_hand_come_back(tmp_path: Path) -> None:
    memory = story(tmp_path)
    truncated(HISTORY)(memory)
    git(memory, *PERSON, "commit", "-qam", "by hand")

    mended(memory)

    found = [(m.contribution, m.edited) for m in Memory.open(tmp_path).milestones()]
    assert sorted(found) == [(f"milestone {n}", False) for n in range(3)]


def test_an_older_packed_value_does_not_count_for_an_empty_ref(tmp_path: Path) -> None:
    memory = story(tmp_path)
    git(memory, "pack-refs", "--all")
    with Memory.open(tmp_path) as opened:
        opened.commit("newer")
    tip = tip_of(memory)
    put(memory / ".git/refs/heads/main", b"")

    mended(memory)

    assert tip_of(memory) == tip


def test_branches_lost_with_packed_refs_come_back(tmp_path: Path) -> None:
    memory = story(tmp_path)
    before = {name: git(memory, "rev-parse", name) for name in ("main", "idea")}
    git(memory, "pack-refs", "--all")
    put(memory / ".git/packed-refs", b"\0" * 200)

    mended(memory)

    assert {name: git(memory, "rev-parse", name) for name in before} == before
    fsck(memory)


def test_a_deleted_branch_stays_deleted(tmp_path: Path) -> None:
    memory = story(tmp_path)
    Memory.open(tmp_path, branch="idea").commit("nothing pending")
    Memory.open(tmp_path).delete_branch("idea")

    assert mended(memory) == []
    assert [branch.name for branch in Memory.open(tmp_path).branches()] == ["main"]


def test_the_newest_milestone_is_made_again_under_its_own_name(tmp_path: Path) -> None:
    memory = story(tmp_path)
    tip = tip_of(memory)
    (memory / f"{pack_of(memory, tip)}.pack").unlink()

    mended(memory)

    assert tip_of(memory) == tip
    assert examine(memory, NOW) == []
    fsck(memory)


def test_every_object_of_one_pack_that_a_bit_flip_spared_is_kept(tmp_path: Path) -> None:
    memory = story(tmp_path)
    git(memory, "gc", "-q")
    (pack,) = (memory / ".git/objects/pack").glob("*.pack")
    content = pack.read_bytes()
    put(pack, content[: len(content) // 2] + b"\0\xff\0" + content[len(content) // 2 + 3 :])
    before = texts(tmp_path, "main")

    mended(memory)

    assert texts(tmp_path, "main") == before
    kept = [path for path in Layout(memory).quarantine.iterdir() if path.read_bytes() == pack_bytes(content)]
    assert kept


def pack_bytes(content: bytes) -> bytes:
    return content[: len(content) // 2] + b"\0\xff\0" + content[len(content) // 2 + 3 :]


def test_a_file_lost_in_git_and_in_all_work_trees_is_named_and_work_goes_on(tmp_path: Path) -> None:
    memory = story(tmp_path)
    blob = git(memory, "rev-parse", f"HEAD:{STEPS}").strip()
    explode(memory)
    (memory / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for path in memory.rglob(STEPS):
        put(path, b"")

    mended(memory)
    left = examine(memory, NOW)

    assert all("lost with it: the steps of milestone" in finding.mend for finding in left if finding.severity == "fail")
    assert mended(memory) == []
    observations = [step.observation for step in Memory.open(tmp_path).steps()]
    assert "saw 0" in observations
    assert "saw 2" in observations
    Memory.open(tmp_path).commit("goes on")


def test_intact_records_of_a_file_that_is_lost_in_git_are_committed_again(tmp_path: Path) -> None:
    memory = story(tmp_path)
    blob = git(memory, "rev-parse", f"HEAD:{HISTORY}").strip()
    explode(memory)
    (memory / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for path in memory.rglob(HISTORY):
        put(path, path.read_bytes().replace(b"milestone 1", b"milestone\0!", 1))
    for path in memory.rglob("branches/main/commit.md"):
        put(path, b"")

    mended(memory)

    there = {m.contribution for m in Memory.open(tmp_path).milestones() if not m.edited}
    assert {"milestone 0", "milestone 2"} <= there
    assert mended(memory) == []


def test_a_lock_that_may_be_held_is_left_alone(tmp_path: Path) -> None:
    memory = story(tmp_path)
    lock = memory / ".git/index.lock"
    lock.touch()

    repair(memory, datetime.now(UTC), lambda done: None)

    assert lock.exists()


def test_a_dead_lock_of_ours_is_moved_aside_however_young(tmp_path: Path) -> None:
    memory = story(tmp_path)
    scratch = memory / ".git/onecontext/scratch/ref-main"
    scratch.parent.mkdir(exist_ok=True)
    scratch.write_text("x\n")
    os.link(scratch, memory / ".git/refs/heads/main.lock")

    repair(memory, datetime.now(UTC), lambda done: None)

    assert not (memory / ".git/refs/heads/main.lock").exists()


def test_repair_waits_for_a_writer_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = story(tmp_path)
    put(memory / ".git/refs/heads/main", b"")
    monkeypatch.setattr("onecontext.doctor.repair.WAIT_S", 0.1)

    with locks.held(Layout(memory).lock("main")), pytest.raises(LockTimeout):
        mended(memory)

    assert (memory / ".git/refs/heads/main").read_bytes() == b""


def test_a_link_is_moved_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    memory = story(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("of somebody else")
    (memory / "main.md").unlink()
    (memory / "main.md").symlink_to(secret)

    mended(memory)

    assert secret.read_text() == "of somebody else"
    assert (memory / "main.md").read_text().startswith("# Roadmap")
    assert [path for path in Layout(memory).quarantine.iterdir() if path.is_symlink()]


def test_a_newer_memory_is_refused_without_writing(tmp_path: Path) -> None:
    memory = story(tmp_path)
    written("format", b"2\n")(memory)
    before = snapshot(memory)

    with pytest.raises(NewerFormat):
        mended(memory)

    assert snapshot(memory) == before


def test_repairing_what_is_sound_writes_nothing(tmp_path: Path) -> None:
    memory = story(tmp_path)
    before = snapshot(memory)

    assert mended(memory) == []
    assert {path: kept for path, kept in snapshot(memory).items() if "/locks" not in path} == {
        path: kept for path, kept in before.items() if "/locks" not in path
    }


def test_the_command_says_what_it_did_and_where_the_rest_lies(tmp_path: Path) -> None:
    memory = story(tmp_path)
    truncated(META)(memory)

    code, stdout, stderr = run(tmp_path, "doctor", "--repair")

    assert code == 0
    assert f"{META}: it ends after" in stderr
    assert f"what was replaced or cut lies in {memory}/.git/onecontext/quarantine" in stdout
    assert run(tmp_path, "doctor", "--repair")[1] == "nothing had to be done\n"


def test_programs_get_what_was_done(tmp_path: Path) -> None:
    memory = story(tmp_path)
    truncated(META)(memory)

    _, stdout, _ = run(tmp_path, "doctor", "--repair", "--json")
    data = json.loads(stdout)["data"]

    assert data["ok"] is True
    assert [done["file"] for done in data["repaired"]] == [META]
    assert (memory / data["repaired"][0]["kept"]).is_file()
    assert data["findings"] == []


def run(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    code = main(list(arguments), env={}, cwd=cwd, stdin=io.StringIO(), stdout=stdout, stderr=stderr)
    return code, stdout.getvalue(), stderr.getvalue()


def test_lines_of_the_write_ahead_file_that_are_not_whole_are_named_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "IDLE_S", 1000.0)
    memory = story(tmp_path)
    opened = Memory.open(tmp_path)
    opened.commit("one")
    opened.commit("two")
    name = ".git/onecontext/ahead/main"
    one, two = (memory / name).read_bytes().splitlines(keepends=True)
    (memory / name).write_bytes(one + b"garbled\n" + two + b"torn")
    put(memory / ".git/onecontext/ahead/gone", one)
    monkeypatch.setattr(recording, "_kept", {})

    found = {(fault.file, fault.line) for fault in examine(memory, NOW)}
    mended(memory)

    assert {(name, 2), (name, 4), (".git/onecontext/ahead/gone", None)} <= found
    assert [m.contribution for m in Memory.open(tmp_path).milestones(limit=2)] == ["two", "one"]
    kept = b"".join(path.read_bytes() for path in (memory / ".git/onecontext/quarantine").iterdir() if path.is_file())
    assert b"garbled" in kept
    assert b"torn" in kept
    assert examine(memory, NOW) == []
