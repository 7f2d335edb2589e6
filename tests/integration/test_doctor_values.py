"""The doctor and context variables: a changed one is named and set aside, the others are left alone."""

import os
from datetime import UTC, datetime
from pathlib import Path

from onecontext.doctor.examine import examine
from onecontext.doctor.finding import Done
from onecontext.doctor.repair import repair
from tests.support.memory import new_memory

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_a_changed_value_is_named_and_set_aside_and_the_others_stay(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    whole, changed = memory.variables.put("whole"), memory.variables.put("as it was")
    name = f".git/onecontext/ctx/{changed.id}"
    (memory.path / name).write_text("another text")
    done: list[Done] = []

    (finding,) = examine(memory.path, NOW)
    repair(memory.path, NOW, done.append)

    assert (finding.file, finding.severity) == (name, "fail")
    assert [one.file for one in done] == [name]
    assert (memory.path / done[0].kept).read_text() == "another text"
    assert [kept.id for kept in memory.variables.list()] == [whole.id]
    assert examine(memory.path, NOW) == []


def test_links_and_pipes_in_the_place_of_values_do_not_hold_the_doctor(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    kept = memory.variables.put("whole")
    folder = memory.path / ".git" / "onecontext" / "ctx"
    os.mkfifo(folder / ("0" * 64))
    (folder / ("1" * 64)).symlink_to(tmp_path)

    assert all(finding.file != f".git/onecontext/ctx/{kept.id}" for finding in examine(memory.path, NOW))
