"""The branch of a served board goes on from what its user commits, once that has all of the board's work."""

from pathlib import Path

import pytest

from tests.support.missions import git, make_repository, work, write_script
from tests.support.serving import make_board, put, serve, workflow

INTEGRATION = "onecontext/board/_integration"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"a.txt": "?\n", "b.txt": "?\n"})
    make_board(made)
    workflow(made, "backoff: {base_s: 0.05, max_s: 0.2}\npoll_s: 0.2\nreview: false\nchecks: [grep -rq yes .]\n")
    return made


def lets_say_yes(repository: Path, tmp_path: Path, *files: str) -> None:
    """Have a task of the board done for each of the files."""
    conversations = [work(file[0], ("write_file", {"path": file, "text": "yes\n"})) for file in files]
    for file in files:
        put(repository, f"Let {file} say yes", file[0])
    ran = serve(repository, write_script(tmp_path, conversations), "--until-empty")
    assert ran.code == 0, ran.stderr


def commits(repository: Path, file: str) -> str:
    (repository / file).write_text("mine\n")
    git(repository, "add", file)
    git(repository, "commit", "--quiet", f"--message={file}")
    return git(repository, "rev-parse", "HEAD")


def test_after_the_work_was_merged_the_next_task_begins_with_what_was_committed_since(
    repository: Path, tmp_path: Path
) -> None:
    lets_say_yes(repository, tmp_path, "a.txt")
    git(repository, "merge", "--quiet", INTEGRATION)
    mine = commits(repository, "mine.txt")

    lets_say_yes(repository, tmp_path, "b.txt")

    assert git(repository, "merge-base", INTEGRATION, "main") == mine
    assert git(repository, "show", f"{INTEGRATION}:mine.txt") == "mine"
    assert git(repository, "show", f"{INTEGRATION}:b.txt") == "yes"
    assert git(repository, "rev-parse", "main") == mine, "the user's own branch is where it was"


def test_work_that_was_not_merged_is_not_mixed_with_what_was_committed_elsewhere(
    repository: Path, tmp_path: Path
) -> None:
    lets_say_yes(repository, tmp_path, "a.txt")
    landed = git(repository, "rev-parse", INTEGRATION)
    commits(repository, "mine.txt")

    lets_say_yes(repository, tmp_path, "b.txt")

    assert git(repository, "rev-parse", f"{INTEGRATION}^1") == landed
    assert "mine.txt" not in git(repository, "ls-tree", "--name-only", INTEGRATION).split()


def test_an_older_commit_that_is_checked_out_takes_nothing_back(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    lets_say_yes(repository, tmp_path, "a.txt")
    git(repository, "merge", "--quiet", INTEGRATION)
    git(repository, "checkout", "--quiet", first)

    lets_say_yes(repository, tmp_path, "b.txt")

    assert git(repository, "show", f"{INTEGRATION}:a.txt") == "yes"
