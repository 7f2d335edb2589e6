"""What is said of work stands in the user's own history, for ever: no secret may."""

from pathlib import Path

import pytest

from onecontext.store.project import Project
from teams.mission.opening import new_mission_name
from tests.support.missions import git, make_repository, onecontext, plan, says, verdict, work, write_script

KEY = "sk-" + "ant-api03-" + "Zx9Qw7Er5T" * 8 + "-AA"
CAPITALS = "AKIA" + "QR7TZ2XW5YK3MN8P"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n", "b.txt": "?\n"})


def test_a_commit_and_a_merge_say_no_secret(repository: Path, tmp_path: Path) -> None:
    project = Project.find(repository)
    project.clone_to(tmp_path / "copy", project.head_commit)
    (tmp_path / "copy" / "b.txt").write_text("yes\n")

    made = project.snapshot(
        tmp_path / "copy", f"used {KEY}", author="worker-1", parent=project.head_commit, ref="refs/onecontext/m/a/1"
    )
    assert made is not None
    merged = project.merge("onecontext/m", made, f"Merge what used {KEY}", author="validator-1")

    told = git(repository, "log", "--format=%B", merged.commit)
    assert KEY not in told
    assert told.count("[redacted:") == 2


def test_a_worker_that_tells_a_key_leaves_it_in_no_commit_and_no_name(repository: Path) -> None:
    one = plan(
        [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}],
        [{"key": "a", "subject": f"Use {KEY}", "assertions": ["VAL-A-001"]}],
    )
    worker = work("a", ("run", {"command": f"echo {KEY}; echo yes > a.txt"}))
    worker["turns"][-1]["call"][0]["args"]["summary"] = f"did it with {KEY}"

    ran = onecontext(
        repository, "run", f"Use {CAPITALS}", "--model", write_script(repository.parent, [one, worker, verdict()])
    )

    assert ran.code == 0, ran.stderr
    assert KEY not in git(repository, "log", "--all", "--format=%B")
    assert CAPITALS.lower() not in git(repository, "for-each-ref").lower()
    assert CAPITALS.lower() not in (ran.stdout + ran.stderr).lower()


def test_a_mission_is_not_called_after_a_secret() -> None:
    assert CAPITALS.lower() not in new_mission_name(f"Use {CAPITALS} to log in")
