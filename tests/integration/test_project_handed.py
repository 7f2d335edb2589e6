"""Many working copies, one after another: loose objects are packed once, and a copy gets names of the packs."""

import shutil
import zlib
from pathlib import Path

import pytest

from onecontext.store.project import Handed, Project
from tests.support.missions import git, make_repository

COPIES = 40


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "user", {"README.md": "x\n", "src/a.py": "a = 1\n"})


@pytest.fixture
def handed(tmp_path: Path) -> Handed:
    return Handed(tmp_path / "handed")


def commit(user: Path, number: int) -> str:
    (user / f"f{number}").write_text(f"{number}\n")
    git(user, "add", "-A")
    git(user, "commit", "-qm", f"commit {number}")
    return git(user, "rev-parse", "HEAD")


def objects_of(copy: Path) -> set[str]:
    return set(git(copy, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split())


def loose_in(git_folder: Path) -> set[str]:
    return {path.parent.name + path.name for path in (git_folder / "objects").glob("??/*")}


def check(copy: Path, user: Path, tip: str) -> None:
    """Assert that ``copy`` is whole, clean, at ``tip``, and has every object of the user's."""
    assert git(copy, "fsck", "--strict", "--full") == ""
    assert git(copy, "status", "--porcelain") == ""
    assert git(copy, "rev-parse", "HEAD") == tip
    assert objects_of(copy) == objects_of(user)


def test_a_copy_gets_packs_and_no_folder_of_loose_objects(user: Path, handed: Handed, tmp_path: Path) -> None:
    tip = commit(user, 1)
    before = {path: path.read_bytes() for path in (user / ".git").rglob("*") if path.is_file()}

    Project.find(user).clone_to(tmp_path / "copy", tip, handed=handed)

    check(tmp_path / "copy", user, tip)
    assert loose_in(tmp_path / "copy/.git") == set()
    assert not list((tmp_path / "copy/.git/objects").glob("??"))
    assert {path: path.read_bytes() for path in (user / ".git").rglob("*") if path.is_file()} == before


def test_the_hundredth_copy_is_as_many_files_as_the_tenth(user: Path, handed: Handed, tmp_path: Path) -> None:
    project, files = Project.find(user), []
    for number in range(COPIES):
        tip = commit(user, number)
        copy = tmp_path / f"copy{number}"
        project.clone_to(copy, tip, handed=handed)
        files.append(sum(1 for _ in (copy / ".git/objects").rglob("*")))
        if number not in (0, COPIES - 1):
            shutil.rmtree(copy)

    assert max(files) < 2 * 16 + 4
    check(tmp_path / f"copy{COPIES - 1}", user, tip)
    # The first got packs that are one with others since, and has them still.
    assert git(tmp_path / "copy0", "fsck", "--strict") == ""


def test_a_damaged_and_a_large_object_are_handed_over_as_they_lie(user: Path, handed: Handed, tmp_path: Path) -> None:
    (user / "large").write_bytes(b"".join(bytes([n % 251]) * 3 for n in range(500_000)))
    tip = commit(user, 1)
    lost = git(user, "hash-object", "-w", "--stdin", "-t", "blob")
    (user / ".git/objects" / lost[:2] / lost[2:]).chmod(0o644)
    (user / ".git/objects" / lost[:2] / lost[2:]).write_bytes(zlib.compress(b"blob 5\0wrong"))
    large = git(user, "rev-parse", "HEAD:large")

    Project.find(user).clone_to(tmp_path / "copy", tip, handed=handed)

    assert loose_in(tmp_path / "copy/.git") == {lost, large}
    assert (tmp_path / "copy/large").read_bytes() == (user / "large").read_bytes()


def test_what_git_has_packed_since_is_let_go(
    user: Path, handed: Handed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onecontext.store.project_handed._GONE", 4)
    project = Project.find(user)
    for number in range(4):
        commit(user, number)
    project.clone_to(tmp_path / "before", project.head_commit, handed=handed)
    git(user, "gc", "-q")
    tip = commit(user, 9)

    project.clone_to(tmp_path / "after", tip, handed=handed)

    check(tmp_path / "after", user, tip)
    packs = [path.name for path in (tmp_path / "handed").glob("*.pack")]
    assert len(packs) == 1
    assert len(list((tmp_path / "after/.git/objects/pack").glob("*.pack"))) == 2


def test_the_packs_may_be_taken_away_between_two_copies(user: Path, handed: Handed, tmp_path: Path) -> None:
    project, tip = Project.find(user), commit(user, 1)
    project.clone_to(tmp_path / "one", tip, handed=handed)

    handed.drop()
    handed.drop()
    project.clone_to(tmp_path / "two", tip, handed=handed)

    for name in ("one", "two"):
        check(tmp_path / name, user, tip)
        assert loose_in(tmp_path / name / ".git") == set()


def test_what_is_written_into_a_copys_packs_does_not_reach_the_user(user: Path, handed: Handed, tmp_path: Path) -> None:
    tip = commit(user, 1)
    Project.find(user).clone_to(tmp_path / "copy", tip, handed=handed)

    for path in (tmp_path / "copy/.git/objects").rglob("*.pack"):
        path.chmod(0o644)
        path.write_bytes(b"planted")

    assert git(user, "fsck", "--strict", "--full") == ""
