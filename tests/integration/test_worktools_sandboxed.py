"""A worker's tools and its commands meet in one working copy, and what comes of it becomes a commit."""

import subprocess
from pathlib import Path

from onecontext.store.project import Project, remove_copy
from teams.agent.worktools import work_tools
from teams.guard.workspace import Workspace
from tests.support.guard import bubblewrap_or_skip

IDENTITY = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")


def test_files_and_commands_see_the_same_copy(tmp_path: Path) -> None:
    user, copy = tmp_path / "user", tmp_path / "copy"
    user.mkdir()
    (user / "sum.py").write_text("print(1 + 1)\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *IDENTITY, *arguments], cwd=user, check=True)
    project = Project.find(user)
    project.clone_to(copy, project.head_commit)
    kit = work_tools(Workspace(copy), bubblewrap_or_skip(), timeout_s=20)
    tools = {function.__name__: function for function in kit.functions}

    assert tools["run"]("python sum.py") == "exit code 0\n2\n"
    tools["edit_file"]("sum.py", "1 + 1", "2 + 2")
    tools["write_file"]("lib/new.py", "x = 1\n")
    assert tools["run"](
        "echo y >> lib/new.py; touch lib/z; python sum.py; git status --short; git log --format=%s"
    ) == ("exit code 0\n4\n M sum.py\n?? lib/\nfirst\n")
    tools["write_file"]("lib/z", "z\n")
    assert tools["run"]("echo x > .git/HEAD").startswith("exit code 1\n")
    assert tools["read_file"]("lib/new.py") == "x = 1\ny\n"
    assert [result.exit_code for result in kit.commands] == [0, 0, 1]

    made = project.snapshot(copy, "work", author="w", parent=project.head_commit, ref="refs/onecontext/m/t/1") or ""
    remove_copy(copy)

    listed = subprocess.run(["git", "ls-tree", "-r", "--name-only", made], cwd=user, capture_output=True, text=True)
    assert listed.stdout.split() == ["lib/new.py", "lib/z", "sum.py"]


def test_a_judge_finds_the_copy_read_only(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "given").write_text("x\n")
    kit = work_tools(Workspace(copy), bubblewrap_or_skip(), read_only=True)
    (run, *_) = kit.functions

    assert "Read-only file system" in run("cat given; echo y > given")
    assert (copy / "given").read_text() == "x\n"
