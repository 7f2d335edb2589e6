"""What a user can get wrong: one clear sentence, the right exit code, no traceback, nothing lost."""

import errno
import os
from pathlib import Path

import pytest

from teams.mission.mission import Mission
from tests.support.missions import git, make_repository, onecontext, plan, write_script

GOAL = "Say yes"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


def assert_said(stderr: str, *words: str) -> None:
    assert "Traceback" not in stderr
    for word in words:
        assert word in stderr


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()

    ran = onecontext(tmp_path / "plain", "run", GOAL, "--model", "scripted:x.yaml")

    assert ran.code == 3
    assert_said(ran.stderr, "git init")
    assert list((tmp_path / "plain").iterdir()) == []


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "empty")

    ran = onecontext(tmp_path / "empty", "run", GOAL, "--model", "scripted:x.yaml")

    assert ran.code == 3
    assert_said(ran.stderr, "commit")


def test_no_model_named(repository: Path) -> None:
    ran = onecontext(repository, "run", GOAL)

    assert ran.code == 3
    assert_said(ran.stderr, "--model")


def test_an_unknown_model(repository: Path) -> None:
    ran = onecontext(repository, "run", GOAL, "--model", "nobody/knows-this")

    assert ran.code == 3
    assert_said(ran.stderr, "nobody")
    assert not (repository / ".onecontext").exists()


def test_no_key(repository: Path) -> None:
    ran = onecontext(repository, "run", GOAL, "--model", "anthropic/claude-sonnet-4-5")

    assert ran.code == 3
    assert_said(ran.stderr, "ANTHROPIC_API_KEY")
    assert not (repository / ".onecontext").exists()


def test_a_script_that_is_not_there(repository: Path) -> None:
    ran = onecontext(repository, "run", GOAL, "--model", "scripted:missing.yaml")

    assert ran.code in (2, 3)
    assert_said(ran.stderr, "missing.yaml")


def test_a_broken_script_is_named_with_its_place(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("version: 1\nconversations:\n  - role: worker\n    turns: 3\n")

    ran = onecontext(repository, "run", GOAL, "--model", f"scripted:{tmp_path / 'broken.yaml'}")

    assert ran.code == 2
    assert_said(ran.stderr, "broken.yaml", "turns")


def test_a_broken_configuration_is_named(repository: Path) -> None:
    (repository / "onecontext.toml").write_text("[run]\nworkers = many\n")

    ran = onecontext(repository, "run", GOAL, "--model", "scripted:x.yaml")

    assert ran.code == 2
    assert_said(ran.stderr, "onecontext.toml")


def test_more_workers_than_there_can_be_is_one_sentence(repository: Path) -> None:
    ran = onecontext(repository, "run", GOAL, "--model", "scripted:x.yaml", "--workers", "1000")

    assert ran.code == 2
    assert_said(ran.stderr, "workers", "64")
    assert not (repository / ".onecontext").exists()


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("[model]\nname = 'openai/x'\napi_base = 'https://example.com/v1'\n", "--api-base https://example.com/v1"),
        ("[sandbox]\ntier = 'none'\n", "--sandbox none"),
        ("[sandbox]\nreadable = ['/root/.ssh']\n", "--readable /root/.ssh"),
        ("[sandbox]\ntools = ['../elsewhere']\n", "--readable ../elsewhere"),
    ],
)
def test_what_comes_with_a_clone_cannot_give_anything_away(repository: Path, text: str, flag: str) -> None:
    (repository / "onecontext.toml").write_text(text)

    ran = onecontext(repository, "run", GOAL, "--model", "scripted:x.yaml")

    assert ran.code == 2
    assert_said(ran.stderr, "onecontext.toml", flag)
    assert not (repository / ".onecontext").exists()


def test_a_role_that_nobody_has_is_told_with_the_nearest(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [plan([], [])])
    (repository / "onecontext.toml").write_text(f"[model.roles]\nvalidater = '{script}'\n")

    ran = onecontext(repository, "run", GOAL, "--model", script)

    assert ran.code == 2
    assert_said(ran.stderr, "onecontext.toml", "there is no role 'validater'", "did you mean 'validator'?")
    assert not (repository / ".onecontext").exists()


def test_a_role_that_a_playbook_may_have_is_noted(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [plan([], [])])
    (repository / "onecontext.toml").write_text(f"[model.roles]\ncritic = '{script}'\nreader = '{script}'\n")

    ran = onecontext(repository, "run", GOAL, "--model", script)

    assert "[model] roles names critic, which is no role here" in ran.stdout + ran.stderr
    assert "names reader" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("kind", ["a FIFO", "a folder", "a symlink"])
def test_settings_that_are_no_file_are_told_for_what_they_are(repository: Path, kind: str) -> None:
    path = repository / "onecontext.toml"
    {"a FIFO": os.mkfifo, "a folder": os.mkdir, "a symlink": lambda at: at.symlink_to("/dev/zero")}[kind](path)

    ran = onecontext(repository, "run", GOAL, "--model", "scripted:x.yaml")

    assert ran.code == 2
    assert_said(ran.stderr, f"onecontext.toml is {kind}")
    assert "doctor" not in ran.stderr


def test_a_bare_repository_without_a_commit_is_told_to_be_pushed_to(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    git(tmp_path / "bare", "init", "--quiet", "--bare")

    ran = onecontext(tmp_path / "bare", "run", GOAL, "--model", "scripted:x.yaml")

    assert ran.code == 3
    assert_said(ran.stderr, "has no commit yet", "push a commit to it from a clone")
    assert "git add" not in ran.stderr


def test_an_empty_goal(repository: Path) -> None:
    assert onecontext(repository, "run", "  ", "--model", "scripted:x.yaml").code == 2


def test_no_sandbox_on_the_machine_says_how_to_get_one(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = write_script(tmp_path, [plan([], [])])
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)

    ran = onecontext(repository, "run", GOAL, "--model", script)

    assert ran.code == 3
    assert_said(ran.stderr, "bubblewrap", "--sandbox none")


def test_a_plan_that_does_not_hold_is_told_to_the_model_and_the_script_ends(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [plan([{"id": "VAL-A-001", "text": "a"}], [])])

    ran = onecontext(repository, "run", GOAL, "--model", script)

    assert ran.code == 7
    assert_said(ran.stderr, "script", "'onecontext resume' goes on")
    assert git(repository, "branch", "--list", "onecontext/*") == ""


def test_after_a_full_disk_it_says_that_resume_goes_on(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Mission, "start", full)

    ran = onecontext(repository, "run", GOAL, "--model", write_script(tmp_path, [plan([], [])]))

    assert ran.code == 6
    assert_said(ran.stderr, "No space left", "'onecontext resume' goes on")


def test_resume_without_a_mission(repository: Path) -> None:
    ran = onecontext(repository, "resume")

    assert ran.code == 3
    assert_said(ran.stderr, "onecontext")


def test_the_json_face_of_an_error_is_one_document(repository: Path) -> None:
    ran = onecontext(repository, "run", GOAL, "--json")

    assert ran.code == 3
    assert '"schema_version": 1' in ran.stdout
    assert '"exit_code": 3' in ran.stdout
