"""A mission takes away, at its end, the values that nothing names any more."""

import os
from pathlib import Path

from onecontext import Memory
from tests.support.missions import events_of, make_repository, onecontext, plan, says, verdict, work, write_script

SCRIPT = [
    plan(
        [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}],
        [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}],
    ),
    work("a", ("run", {"command": "seq 10000; echo yes > a.txt"})),
    verdict(),
]


def test_at_its_end_a_mission_collects_what_is_old_and_nothing_names(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "?\n"})
    memory = Memory.init(repository)
    left, named = memory.variables.put("left"), memory.variables.put("named")
    memory.commit(f"see {named.handle}")
    for kept in (left, named):
        os.utime(memory.path / ".git" / "onecontext" / "ctx" / kept.id, (1, 1))

    ran = onecontext(repository, "run", "Say yes", "--model", write_script(tmp_path, SCRIPT))

    assert ran.code == 0, ran.stderr
    printed = memory.variables.put("".join(f"{n}\n" for n in range(1, 10_001)))
    assert {kept.id for kept in memory.variables.list()} == {named.id, printed.id}
    assert events_of(repository, "team.trouble") == []


def test_what_cannot_be_collected_is_told_and_the_mission_is_done_all_the_same(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "?\n"})
    memory = Memory.init(repository)
    folder = memory.path / ".git" / "onecontext" / "ctx"
    # Commands of this mission print little, so that nobody needs the folder before its end.
    script = [SCRIPT[0], work("a", ("run", {"command": "echo yes > a.txt"})), verdict()]
    folder.symlink_to(tmp_path)

    ran = onecontext(repository, "run", "Say yes", "--model", write_script(tmp_path, script), "--json")

    assert ran.code == 0, ran.stderr
    assert ran.data["ending"] == "done"
    (trouble,) = events_of(repository, "team.trouble")
    assert trouble.data["doing"] == "collect values"
    assert "not followed" in trouble.data["reason"]
