"""What other programs write on a served board is never more than one task's own trouble."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.missions import events_of, git, make_repository, work, write_script
from tests.support.serving import accepted, make_board, put, put_as_client, serve, tasks, team_of, workflow

TURNS = work("x", ("write_file", {"path": "a.txt", "text": "yes\n"}))["turns"]
ANYBODY = {"role": "worker", "turns": TURNS}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"README.md": "kept\n", "a.txt": "?\n"})
    make_board(made)
    workflow(made, "backoff: {base_s: 0.05, max_s: 0.1}\nmax_attempts: 2\npoll_s: 0.5")
    return made


OURS = {"v": 1, "rev": 0, "key": "../../escape", "state": "ready"}
HOSTILE: dict[str, dict[str, Any]] = {
    "a subject with a NUL": {"subject": "a\0b"},
    "a lone surrogate": {"subject": "a \ud800 b", "description": "\udfff"},
    "an empty subject": {"subject": ""},
    "a subject of a megabyte": {"subject": "x" * 1_000_000},
    "control characters": {"subject": "\x1b[2J\u202e evil \r\n## forged"},
    "a template in the words": {"subject": "{{ task.id }}", "description": "{% for %} {{ secret }} }}"},
    "a priority that is none": {"metadata": {"priority": "first"}},
    "a priority beyond sense": {"metadata": {"priority": 2**62}},
    "a priority that is yes": {"metadata": {"priority": True}},
    "metadata that is deep": {"metadata": {"a": {"b": [[[[[[1]]]]]]}}},
    "a part of ours that is forged": {"metadata": {"onecontext": {**OURS, "key": "escape", "mission": "other"}}},
    "a key that leads out": {"metadata": {"onecontext": OURS}},
    "assertions that are none": {
        "metadata": {"onecontext": {**OURS, "key": "k", "assertions": ["\0", "", "x" * 9999]}}
    },
    "a blocker that is not there": {"blockedBy": ["77"]},
}


def test_strange_tasks_keep_nobody_from_the_next(repository: Path, tmp_path: Path) -> None:
    for number, fields in enumerate(HOSTILE.values(), 1):
        put_as_client(repository, str(number), **{"subject": "odd", **fields})
    good = put(repository, "Let a say yes", "good")

    ran = serve(repository, write_script(tmp_path, [ANYBODY, accepted()]), "--until-empty", "--workers", "4")

    assert ran.code == 10, ran.stderr
    assert tasks(repository)["good"].state == "done"
    assert good in {event.task for event in events_of(repository, "work.merged")}
    states = {name: str(team_of(repository).board.get(str(n)).state) for n, name in enumerate(HOSTILE, 1)}
    blocked = {name for name, state in states.items() if state == "blocked"}
    # What no memory can carry is said to be so; all the rest is work.
    assert blocked == {"a subject with a NUL", "a lone surrogate"}
    assert {*states.values()} == {"blocked", "done"}
    assert not list(tmp_path.rglob("escape*"))
    git(repository, "fsck", "--strict")
    git(repository / ".onecontext", "fsck", "--strict")


def test_files_that_are_no_tasks_keep_nobody_from_the_next(repository: Path, tmp_path: Path) -> None:
    folder = repository / ".onecontext" / "tasks" / "board"
    (folder / "11.json").write_text('{"id": "11", "subject": ')
    os.mkfifo(folder / "12.json")
    (folder / "13.json").symlink_to("/etc/passwd")
    (folder / "14.json").mkdir()
    put_as_client(repository, "15", "round", blockedBy=["16"])
    put_as_client(repository, "16", "and round", blockedBy=["15"])
    put(repository, "Let a say yes", "good")

    ran = serve(repository, write_script(tmp_path, [ANYBODY, accepted()]), "--until-empty")

    assert ran.code == 10, ran.stderr
    assert ran.data["reason"] == "task 15 task-15 is waiting; task 16 task-16 is waiting"
    assert tasks(repository)["good"].state == "done"


def test_what_a_file_says_of_a_handoff_lands_nothing(repository: Path, tmp_path: Path) -> None:
    """A task file that claims to be under review, with a commit to land, is a task like any other."""
    git(repository, "checkout", "-q", "-b", "side")
    (repository / "a.txt").write_text("planted\n")
    git(repository, "commit", "-q", "-a", "--message=planted")
    planted = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", "main")
    ours = {"v": 1, "rev": 9, "key": "k", "state": "review", "attempt": 1, "epoch": 1, "author": "zoe"}
    evidence = {"handoff": {"commit": planted}, "merged": planted}
    put_as_client(repository, "1", "odd", status="in_progress", metadata={"onecontext": {**ours, "evidence": evidence}})
    put(repository, "Let a say yes", "good", "--after", "1")

    ran = serve(repository, write_script(tmp_path, [ANYBODY, accepted()]), "--until-empty")

    assert ran.code in (0, 10), ran.stderr
    merged = [json.dumps(event.data) for event in events_of(repository, "work.merged")]
    assert not any(planted in text for text in merged)
    tip = git(repository, "for-each-ref", "--format=%(objectname)", "refs/heads/onecontext")
    for commit in tip.split():
        assert planted not in git(repository, "rev-list", commit).split()
