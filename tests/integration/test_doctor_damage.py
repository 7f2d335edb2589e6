"""Damage is named with its file and line, changes nothing, and meets every command as one clear error at most."""

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.cli import doctor
from onecontext.cli.main import main
from onecontext.doctor.examine import examine
from onecontext.errors import Damaged, LockTimeout, NewerFormat
from tests.support.damage import (
    DAMAGES,
    LOG,
    META,
    STEPS,
    appended,
    explode,
    flipped,
    put,
    snapshot,
    story,
    tip_of,
    truncated,
)
from tests.support.memory import git, new_memory

NOW = datetime.now(UTC) + timedelta(hours=1)
COMMANDS: list[Callable[[Path], object]] = [
    lambda path: Memory.open(path).milestones(),
    lambda path: Memory.open(path).steps(),
    lambda path: Memory.open(path).context(),
    lambda path: Memory.open(path).context(branch="idea"),
    lambda path: Memory.open(path).show("main"),
    lambda path: Memory.open(path).branches(),
    lambda path: Memory.open(path).graph(),
    lambda path: Memory.open(path).read_main(),
    lambda path: Memory.open(path).step("o", "t", "a"),
    lambda path: Memory.open(path).commit("done"),
    lambda path: Memory.open(path, branch="idea").commit("done there"),
    lambda path: Memory.open(path).switch("idea"),
]


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_named_with_its_place_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    damage, where = DAMAGES[name]
    memory = story(tmp_path)
    damage(memory)
    before = snapshot(memory)

    found = examine(memory, NOW)

    assert [finding for finding in found if finding.where.startswith(where)], found
    assert snapshot(memory) == before


def refused(command: Callable[[Path], object], path: Path) -> Damaged | LockTimeout | None:
    try:
        command(path)
    except (Damaged, LockTimeout) as error:
        return error
    return None


@pytest.mark.parametrize("name", DAMAGES)
def test_every_command_works_or_says_what_is_damaged(tmp_path: Path, name: str) -> None:
    damage, _ = DAMAGES[name]
    damage(story(tmp_path))

    for command in COMMANDS:
        error = refused(command, tmp_path)
        assert error is None or isinstance(error, LockTimeout) or "onecontext doctor --repair" in error.hint, error


@pytest.mark.parametrize(
    "name",
    ["metadata empty", "roadmap binary", "milestones emptied", "milestones truncated", "milestones of NUL bytes"],
)
def test_damage_is_not_taken_in_as_an_edit_by_a_person(tmp_path: Path, name: str) -> None:
    memory = story(tmp_path)
    tip = tip_of(memory)
    DAMAGES[name][0](memory)

    with pytest.raises(Damaged, match="nothing was written"):
        Memory.open(tmp_path).commit("done")

    assert tip_of(memory) == tip


def test_a_sound_memory_has_no_finding(tmp_path: Path) -> None:
    memory = story(tmp_path)

    assert examine(memory, NOW) == []


def test_a_sound_memory_has_none_after_gc_pack_refs_and_a_switch(tmp_path: Path) -> None:
    memory = story(tmp_path)
    git(memory, "gc", "-q")
    Memory.open(tmp_path).switch("idea")
    Memory.open(tmp_path).merge("main")

    assert examine(memory, NOW) == []


def test_a_clone_has_no_finding(tmp_path: Path) -> None:
    memory = story(tmp_path / "one")
    (tmp_path / "two").mkdir()
    git(memory, "clone", "-q", "--no-local", str(memory), str(tmp_path / "two" / ".onecontext"))

    assert examine(tmp_path / "two" / ".onecontext", NOW) == []


def test_an_edit_by_hand_is_no_finding(tmp_path: Path) -> None:
    memory = story(tmp_path)
    appended("main.md", b"\nA word by a person.\n")(memory)
    appended(META, b"team: blue\n")(memory)

    assert examine(memory, NOW) == []


def test_the_line_is_the_one_of_the_record(tmp_path: Path) -> None:
    memory = story(tmp_path)
    flipped(LOG, b"pending two")(memory)
    lines = (memory / LOG).read_text().split("\n")

    (finding,) = examine(memory, NOW)

    assert finding.line is not None
    assert lines[finding.line - 1].startswith("<!-- oc1")
    assert finding.severity == "warn"


def test_a_file_that_is_damaged_as_committed_is_named_with_its_branch(tmp_path: Path) -> None:
    memory = story(tmp_path)
    truncated(META)(memory)
    git(memory, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "by hand")

    found = examine(memory, NOW)

    assert f"main:{META}" in {finding.file for finding in found}


def test_a_history_file_that_somebody_committed_away_is_named(tmp_path: Path) -> None:
    memory = story(tmp_path)
    git(memory, "rm", "-q", STEPS)
    git(memory, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "by hand")

    found = examine(memory, NOW)

    assert {f"main:{STEPS}", "main:branches/main/log/0000"} <= {finding.file for finding in found}


def test_a_young_lock_may_be_held_and_an_old_one_is_left_over(tmp_path: Path) -> None:
    lock = story(tmp_path) / ".git" / "index.lock"
    lock.touch()
    born = datetime.fromtimestamp(lock.stat().st_mtime, UTC)

    (young,) = examine(lock.parents[1], born + timedelta(seconds=5))
    (old,) = examine(lock.parents[1], born + timedelta(minutes=11))

    assert (young.severity, old.severity) == ("warn", "fail")


def test_a_lock_of_a_writer_of_ours_is_known(tmp_path: Path) -> None:
    memory = story(tmp_path)
    scratch = memory / ".git/onecontext/scratch/ref-main"
    scratch.parent.mkdir(exist_ok=True)
    scratch.write_text("x\n")
    os.link(scratch, memory / ".git/refs/heads/main.lock")

    (finding,) = examine(memory, NOW)

    assert "a writer of ours" in finding.what


def test_a_lost_file_of_history_says_whose_steps_are_lost(tmp_path: Path) -> None:
    memory = story(tmp_path)
    record = Memory.open(tmp_path).milestones()[1].id
    blob = git(memory, "rev-parse", f"HEAD:{STEPS}").strip()
    explode(memory)
    (memory / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for path in memory.rglob(STEPS):  # another branch's work tree has it too
        put(path, b"")

    found = examine(memory, NOW)

    assert any(f"the steps of milestone {record} on 'main'" in finding.mend for finding in found), found


def test_a_newer_memory_is_not_judged(tmp_path: Path) -> None:
    memory = story(tmp_path)
    (memory / "format").write_text("2\n")

    with pytest.raises(NewerFormat):
        examine(memory, NOW)


def test_no_mend_names_a_command_that_destroys(tmp_path: Path) -> None:
    for number, (damage, _) in enumerate(DAMAGES.values()):
        memory = story(tmp_path / str(number))
        damage(memory)
        for finding in examine(memory, NOW):
            assert not [word for word in ("rm ", "reset", "checkout", "clean ", "prune") if word in finding.mend]


def run(cwd: Path, *arguments: str) -> tuple[int, str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    code = main(list(arguments), env={}, cwd=cwd, stdin=io.StringIO(), stdout=stdout, stderr=stderr)
    return code, stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def memory_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SOURCES", ("onecontext.doctor.memory",))


@pytest.mark.usefixtures("memory_alone")
def test_the_command_line_names_file_and_line(tmp_path: Path) -> None:
    memory = story(tmp_path)
    truncated(META)(memory)

    code, text, _ = run(tmp_path, "doctor")

    assert code == 1
    assert f"fail  {META}:3  it ends after" in text


@pytest.mark.usefixtures("memory_alone")
def test_programs_get_the_same_fields(tmp_path: Path) -> None:
    memory = story(tmp_path)
    truncated(META)(memory)

    _, text, _ = run(tmp_path, "doctor", "--json")
    (finding,) = json.loads(text)["data"]["findings"]

    assert set(finding) == {"what", "file", "line", "severity", "mend"}
    assert (finding["file"], finding["line"], finding["severity"]) == (META, 3, "fail")


@pytest.mark.usefixtures("memory_alone")
def test_a_sound_memory_is_said_to_be_so(tmp_path: Path) -> None:
    new_memory(tmp_path)

    code, text, _ = run(tmp_path, "doctor")

    assert code == 0
    assert "ok    memory files" in text


@pytest.mark.usefixtures("memory_alone")
def test_a_memory_without_head_is_found_and_examined(tmp_path: Path) -> None:
    memory = story(tmp_path)
    (memory / ".git" / "HEAD").unlink()

    code, text, _ = run(tmp_path, "doctor")

    assert code == 1
    assert ".git/HEAD  HEAD is missing" in text
