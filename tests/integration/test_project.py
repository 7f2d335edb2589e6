"""The user's repository, with the git command as referee."""

import hashlib
import os
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import pygit2
import pytest

from onecontext.errors import Conflict, InvalidText, NoRepository, StorageError, UnknownRevision, UsageError
from onecontext.store import project_ignore, project_tree
from onecontext.store.project import Project, remove_copy
from onecontext.store.project_copy import Copy

IDENTITY = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "safe.directory=*")
REF = "refs/onecontext/m1/fix/1"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def git(folder: Path, *arguments: str) -> str:
    answer = subprocess.run(["git", *IDENTITY, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def commit_all(folder: Path, message: str = "next") -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def fingerprint(folder: Path) -> dict[str, str]:
    """Everything of a repository that is the user's own: work tree, HEAD, index, config, hooks, their branches."""
    own = [folder / ".git" / name for name in ("HEAD", "index", "config", "description", "packed-refs", "ORIG_HEAD")]
    own += [path for path in folder.rglob("*") if ".git" not in path.parts]
    own += [
        path for part in ("hooks", "info", "logs/HEAD", "refs/heads/main") for path in _below(folder / ".git" / part)
    ]
    return {str(path): _digest(path) for path in own}


def _below(path: Path) -> list[Path]:
    return [path, *path.rglob("*")] if path.is_dir() else [path]


def _digest(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    content = path.read_bytes() if path.is_file() else b""
    return f"{path.exists()} {hashlib.sha256(content).hexdigest()} {path.lstat().st_mode if path.exists() else 0}"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    folder = tmp_path / "user"
    (folder / "src").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "src" / "a.py").write_text("one\ntwo\nthree\n")
    (folder / "README").write_text("hello\n")
    commit_all(folder, "first")
    return folder


@pytest.fixture
def project(user: Path) -> Project:
    return Project.find(user, clock=lambda: AT)


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Path:
    path = tmp_path / "work" / "copy"
    project.clone_to(path, project.head_commit)
    return path


def snapshot(project: Project, copy: Path, message: str = "work", ref: str = REF) -> str | None:
    return project.snapshot(copy, message, author="worker-1", parent=project.head_commit, ref=ref)


# --- finding ---------------------------------------------------------------------------------------------------------


def test_it_is_found_from_below_and_from_a_linked_worktree(user: Path, tmp_path: Path) -> None:
    git(user, "worktree", "add", "-q", str(tmp_path / "linked"))

    below, linked = Project.find(user / "src"), Project.find(tmp_path / "linked")

    assert below.path == user
    assert linked.path == tmp_path / "linked"
    assert below.head_commit == linked.head_commit == git(user, "rev-parse", "HEAD")


def test_a_bare_repository_will_do(user: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(user), "bare")
    project = Project.find(tmp_path / "bare")
    project.clone_to(tmp_path / "copy", project.head_commit)
    (tmp_path / "copy" / "new").write_text("x\n")
    made = snapshot(project, tmp_path / "copy")
    assert made is not None

    project.merge("work", made, "merge", author="lead")

    assert project.is_dirty is False
    assert "new" in git(tmp_path / "bare", "ls-tree", "-r", "--name-only", "work").split()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoRepository, match="not in a git repository") as caught:
        Project.find(tmp_path)
    assert "git init" in caught.value.hint

    git(tmp_path, "init", "-q")
    with pytest.raises(NoRepository, match="no commit yet"):
        Project.find(tmp_path)


def test_the_environment_diverts_nothing(user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "init", "-q", "other")
    for name, value in {
        "GIT_DIR": tmp_path / "other" / ".git",
        "GIT_WORK_TREE": tmp_path,
        "GIT_INDEX_FILE": tmp_path / "index",
        "GIT_OBJECT_DIRECTORY": tmp_path / "objects",
        "GIT_NAMESPACE": "x",
    }.items():
        monkeypatch.setenv(name, str(value))

    project = Project.find(user)
    project.clone_to(tmp_path / "copy", project.head_commit)
    (tmp_path / "copy" / "new").write_text("x\n")
    made = snapshot(project, tmp_path / "copy")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"):
        monkeypatch.delenv(name)

    assert project.path == user
    assert git(user, "rev-parse", REF) == made


def test_a_dirty_work_tree_is_known(project: Project, user: Path) -> None:
    assert not project.is_dirty
    (user / "new").write_text("x")
    assert project.is_dirty


def test_a_commit_that_is_not_there_is_said(project: Project, tmp_path: Path) -> None:
    for name in ("0" * 40, "main", "", "HEAD~1"):
        with pytest.raises(UnknownRevision):
            project.clone_to(tmp_path / "x", name)


# --- copies ----------------------------------------------------------------------------------------------------------


def test_a_copy_is_a_repository_of_its_own_with_the_history(user: Path, tmp_path: Path) -> None:
    (user / "src" / "a.py").chmod(0o755)
    (user / "link").symlink_to("/etc/hostname")
    second = commit_all(user)
    git(user, "config", "user.password", "canary")
    git(user, "remote", "add", "origin", "https://canary@example.org/x.git")
    (user / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\ntouch /tmp/canary-hook\n")
    (user / ".git" / "hooks" / "post-checkout").chmod(0o755)

    Project.find(user).clone_to(tmp_path / "copy", second)
    copy = tmp_path / "copy"

    assert git(copy, "log", "--format=%s").split() == ["next", "first"]
    assert git(copy, "status", "--short", "--branch") == "## task"
    assert git(copy, "fsck", "--strict") == ""
    assert git(copy, "remote") == ""
    assert "canary" not in (copy / ".git" / "config").read_text()
    assert not (copy / ".git" / "hooks").exists()
    assert os.access(copy / "src" / "a.py", os.X_OK)
    assert (copy / "link").readlink() == Path("/etc/hostname")


def test_a_copy_of_a_packed_repository_with_alternates_stands_alone(user: Path, tmp_path: Path) -> None:
    git(user, "gc", "-q")
    git(tmp_path, "clone", "-q", "--shared", str(user), "shared")
    (tmp_path / "shared" / "new").write_text("x")
    commit_all(tmp_path / "shared")
    project = Project.find(tmp_path / "shared")

    project.clone_to(tmp_path / "copy", project.head_commit)

    assert not (tmp_path / "copy" / ".git" / "objects" / "info" / "alternates").exists()
    assert git(tmp_path / "copy", "fsck", "--strict") == ""
    assert git(tmp_path / "copy", "log", "--format=%s").split() == ["next", "first"]


def test_a_copy_from_a_linked_worktree_and_from_a_shallow_clone(user: Path, tmp_path: Path) -> None:
    commit_all(user)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{user}", "shallow")
    git(tmp_path / "shallow", "worktree", "add", "-q", "../linked")
    project = Project.find(tmp_path / "linked")

    project.clone_to(tmp_path / "copy", project.head_commit)

    assert git(tmp_path / "copy", "log", "--format=%s") == "next"
    assert git(tmp_path / "copy", "status", "--short") == ""


def test_a_folder_that_is_there_is_not_touched(project: Project, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()

    with pytest.raises(UsageError, match="there already"):
        project.clone_to(tmp_path / "there", project.head_commit)


def test_a_copy_is_removed_whatever_is_in_it(copy: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (copy / "closed" / "deep").mkdir(parents=True)
    (copy / "closed" / "deep" / "file").write_text("x")
    (copy / "closed").chmod(0)
    (copy / "link").symlink_to(outside)

    remove_copy(copy)

    assert not copy.exists()
    assert outside.stat().st_mode & 0o777 == 0o500


def test_a_copy_nested_thousands_of_folders_deep_is_removed(copy: Path) -> None:
    folder = os.open(copy, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)

    remove_copy(copy)
    remove_copy(copy)  # nothing there is fine

    assert not copy.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="commands are another user only when we are root")
def test_a_strict_umask_does_not_keep_other_users_out_of_a_copy(user: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        (user / "secret.py").write_text("x")
        commit = commit_all(user)
        Project.find(user).clone_to(tmp_path / "strict", commit)
    finally:
        os.umask(before)

    closed = [path for path in (tmp_path / "strict").rglob("*") if not path.stat().st_mode & 0o004]
    assert closed == []
    # The user's own files keep the modes they had.
    objects = [path for path in (user / ".git" / "objects").glob("??/*") if not path.stat().st_mode & 0o004]
    assert objects


# --- snapshots -------------------------------------------------------------------------------------------------------


def test_work_comes_back_as_a_commit_under_its_ref(project: Project, copy: Path, user: Path) -> None:
    (copy / "src" / "a.py").write_text("ONE\ntwo\nthree\n")
    (copy / "README").unlink()
    (copy / "new" / "deep").mkdir(parents=True)
    (copy / "new" / "deep" / "run").write_text("#!/bin/sh\n")
    (copy / "new" / "deep" / "run").chmod(0o755)
    (copy / "empty").mkdir()

    made = snapshot(project, copy, "did it\n\nbody")

    assert made == git(user, "rev-parse", REF)
    assert git(user, "log", "-1", "--format=%an|%ae|%cn|%at|%P|%B", made) == (
        f"worker-1|worker-1@onecontext|worker-1|{int(AT.timestamp())}|{project.head_commit}|did it\n\nbody"
    )
    assert git(user, "show", "--raw", "--format=", "--abbrev=4", made).split("\n")[0].startswith(":100644 000000")
    assert git(user, "ls-tree", "-r", "--format=%(objectmode) %(path)", made).split("\n") == [
        "100755 new/deep/run",
        "100644 src/a.py",
    ]
    assert git(user, "fsck", "--strict", "--no-dangling") == ""


def test_nothing_changed_is_none_and_writes_nothing(project: Project, copy: Path, user: Path) -> None:
    before = sorted((user / ".git").rglob("*"))
    os.utime(copy / "README", (0, 0))

    assert snapshot(project, copy) is None
    assert sorted((user / ".git").rglob("*")) == before


def test_the_same_work_at_the_same_time_is_the_same_commit(project: Project, copy: Path) -> None:
    (copy / "new").write_text("x")

    assert snapshot(project, copy) == snapshot(project, copy)


def test_the_tree_is_what_git_add_would_make(project: Project, copy: Path, user: Path, tmp_path: Path) -> None:
    tracked = {"kept.log": "tracked though ignored\n", ".gitignore": "*.log\nbuild/\n/top\n!keep.log\ndocs/*.tmp\n"}
    for name, text in tracked.items():
        (user / name).write_text(text)
    git(user, "add", "-f", ".")
    start = commit_all(user)
    (user / ".git" / "info" / "exclude").write_text("private\n")
    project.clone_to(tmp_path / "second", start)
    second = tmp_path / "second"
    for name in (
        "a.log",
        "keep.log",
        "build/x",
        "sub/build/y",
        "top",
        "sub/top",
        "docs/a.tmp",
        "docs/b",
        "private",
        "a.b/f",
        "a/f",
        "a-b",
        "a0",
        "sub/deep/z.x",
        "é",
        "sp ace",
    ):
        (second / name).parent.mkdir(parents=True, exist_ok=True)
        (second / name).write_text(name)
    (second / "sub" / ".gitignore").write_text("*.x\n!/build\n")
    (second / "kept.log").write_text("changed\n")
    (second / "src" / "a.py").rename(second / "src" / "b.py")

    made = project.snapshot(second, "work", author="w", parent=start, ref=REF)

    (second / ".git" / "info" / "exclude").write_text("private\n")
    git(second, "add", "-A")
    assert git(user, "rev-parse", f"{made}^{{tree}}") == git(second, "write-tree")
    assert "kept.log" in git(user, "show", "--name-only", "--format=", made or "").split()


def test_names_that_are_no_text_survive(project: Project, copy: Path, user: Path) -> None:
    (copy / os.fsdecode(b"caf\xe9")).write_bytes(b"x")

    made = snapshot(project, copy)

    names = subprocess.run(
        ["git", "ls-tree", "-z", "--name-only", made or ""], cwd=user, capture_output=True, check=True
    )
    assert b"caf\xe9" in names.stdout.split(b"\0")
    assert git(user, "fsck", "--strict", "--no-dangling") == ""


def test_what_is_no_content_is_passed_over_without_hanging(project: Project, copy: Path, user: Path) -> None:
    os.mkfifo(copy / "fifo")
    (copy / "sub").mkdir()
    os.mkfifo(copy / "sub" / ".gitignore")
    (copy / "sub" / "kept").write_text("x")
    (copy / "leads").symlink_to("/etc/passwd")
    (copy / "loop").symlink_to(".")

    made = snapshot(project, copy) or ""

    assert git(user, "ls-tree", "-r", "--format=%(objectmode) %(path)", made).split("\n") == [
        "100644 README", "120000 leads", "120000 loop", "100644 src/a.py", "100644 sub/kept",
    ]  # fmt: skip
    assert git(user, "cat-file", "blob", f"{made}:leads") == "/etc/passwd"


def test_a_change_has_a_size(project: Project, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_tree, "MAX_NEW_BYTES", 1000)
    (copy / "one").write_text("1" * 600)
    (copy / "two").write_text("2" * 600)

    with pytest.raises(UsageError, match="1,000 bytes"):
        snapshot(project, copy)


def test_there_is_an_end_to_ignoring(project: Project, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_ignore, "MAX_LOOKS", 1000)
    (copy / ".gitignore").write_text("x*y\n" * 100)
    for number in range(20):
        (copy / f"new{number}").touch()

    with pytest.raises(UsageError, match="too many patterns"):
        snapshot(project, copy)


def test_a_folder_swapped_for_a_symlink_is_not_entered(
    project: Project, copy: Path, user: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.py").write_text("canary")
    remove_copy(copy / "src")
    (copy / "src").symlink_to(tmp_path / "outside")
    (copy / ".gitignore").symlink_to(tmp_path / "outside" / "a.py")

    made = snapshot(project, copy) or ""

    assert "canary" not in git(user, "log", "-p", "-1", made)


def test_a_repository_made_inside_gives_its_files_and_a_submodule_stays(user: Path, tmp_path: Path) -> None:
    other = git(user, "rev-parse", "HEAD")
    git(user, "update-index", "--add", "--cacheinfo", f"160000,{other},vendor")
    git(user, "commit", "-q", "-m", "submodule")
    project = Project.find(user)
    project.clone_to(tmp_path / "copy", project.head_commit)
    git(tmp_path / "copy", "init", "-q", "nested")
    (tmp_path / "copy" / "nested" / "file").write_text("x")

    made = snapshot(project, tmp_path / "copy") or ""

    listed = git(user, "ls-tree", "-r", "--format=%(objectmode) %(path)", made).split("\n")
    assert "160000 vendor" in listed
    assert "100644 nested/file" in listed
    assert not [line for line in listed if ".git" in line]


def test_what_cannot_be_committed_is_said(project: Project, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_tree._content, "__kwdefaults__", {"limit_bytes": 1000})
    (copy / "big").write_bytes(b"x" * 1001)
    with pytest.raises(UsageError, match=r"'big' has 1,001 bytes"):
        snapshot(project, copy)
    (copy / "big").unlink()

    (copy / "sub").mkdir()
    (copy / "sub" / ".GIT").write_text("x")
    with pytest.raises(UsageError, match="git reserves that name"):
        snapshot(project, copy)
    (copy / "sub" / ".GIT").unlink()

    deep = copy
    for _ in range(70):
        deep = deep / "d"
        deep.mkdir()
    (deep / "f").write_text("x")
    with pytest.raises(UsageError, match="deeper than 64"):
        snapshot(project, copy)

    with pytest.raises(InvalidText):
        project.snapshot(copy / "src", "\ud800", author="w", parent=project.head_commit, ref=REF)
    with pytest.raises(UsageError, match="not under refs/onecontext/"):
        snapshot(project, copy, ref="refs/heads/main")


def test_line_endings_come_back_as_they_were(user: Path, tmp_path: Path) -> None:
    git(user, "config", "core.autocrlf", "true")
    (user / ".gitattributes").write_bytes(b"* text=auto eol=crlf\n*.id ident\n")
    (user / "unix").write_bytes(b"a\nb\n")
    (user / "x.id").write_bytes(b"$Id$\n")
    commit_all(user)
    git(user, "update-index", "--add", "--cacheinfo", f"100644,{_blob(user, b'a' + bytes([13, 10]))},dos")
    git(user, "commit", "-q", "-m", "a blob with CRLF")
    project = Project.find(user)
    project.clone_to(tmp_path / "copy", project.head_commit)
    copy = tmp_path / "copy"

    assert (copy / "unix").read_bytes() == b"a\nb\n"
    assert (copy / "dos").read_bytes() == b"a\r\n"
    assert (copy / "x.id").read_bytes() == b"$Id$\n"
    assert git(copy, "status", "--short") == ""
    assert snapshot(project, copy) is None

    (copy / "mixed").write_bytes(b"a\r\nb\n")
    made = snapshot(project, copy)
    mixed = subprocess.run(["git", "cat-file", "blob", f"{made}:mixed"], cwd=user, capture_output=True, check=True)
    assert mixed.stdout == b"a\r\nb\n"


def _blob(folder: Path, content: bytes) -> str:
    answer = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=folder, input=content, capture_output=True, check=True
    )
    return answer.stdout.decode().strip()


# --- nothing planted runs, nothing of the user's changes -------------------------------------------------------------


def test_nothing_planted_in_the_copy_runs_on_the_host(project: Project, copy: Path, user: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    command = f"touch {marker}; cat"
    with (copy / ".git" / "config").open("a") as config:
        config.write(
            f'[core]\nfsmonitor = "{command}"\nhooksPath = {copy}/hooks\npager = "{command}"\n'
            f'[filter "x"]\nclean = "{command}"\nsmudge = "{command}"\nprocess = "{command}"\nrequired = true\n'
            f'[merge "x"]\ndriver = "{command}"\n[diff "x"]\ntextconv = "{command}"\n'
        )
    (copy / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    (copy / ".git" / "info" / "attributes").write_text("* filter=x diff=x merge=x\n")
    for place in (copy / "hooks", copy / ".git" / "hooks"):
        place.mkdir()
        for name in ("pre-commit", "post-commit", "post-index-change", "reference-transaction", "post-checkout"):
            (place / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
            (place / name).chmod(0o755)
    (copy / "new").write_text("x\n")

    made = snapshot(project, copy) or ""
    project.merge("work", made, "merge", author="lead")
    project.diff(project.head_commit, made)

    assert not marker.exists()
    assert git(user, "show", f"{made}:new") == "x"


def test_everything_of_the_users_is_as_it_was(project: Project, user: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    for name in ("reference-transaction", "post-merge", "pre-commit", "post-commit", "update"):
        (user / ".git" / "hooks" / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (user / ".git" / "hooks" / name).chmod(0o755)
    (user / "src" / "a.py").write_text("not committed\n")
    (user / "staged").write_text("staged\n")
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "add", "staged"], cwd=user, check=True)
    (user / "untracked").write_text("x")
    before = fingerprint(user)

    project.clone_to(tmp_path / "copy", project.head_commit)
    (tmp_path / "copy" / "new").write_text("x")
    made = snapshot(project, tmp_path / "copy") or ""
    candidate = project.try_merge("work", made, "merge", author="lead")
    project.land(candidate)
    assert project.is_dirty
    project.diff(project.head_commit, made)

    assert fingerprint(user) == before
    assert not marker.exists()
    assert git(user, "status", "--short").split("\n") == ["M src/a.py", "A  staged", "?? untracked"]


# --- merging ---------------------------------------------------------------------------------------------------------


def made_in(project: Project, tmp_path: Path, name: str, files: dict[str, str], *, start: str | None = None) -> str:
    """Return a commit with these files, made in a copy of its own."""
    start = start or project.head_commit
    copy = tmp_path / f"copy-{name}"
    project.clone_to(copy, start)
    for path, text in files.items():
        (copy / path).write_text(text)
    made = project.snapshot(copy, name, author="worker-1", parent=start, ref=f"refs/onecontext/m1/{name}/1")
    assert made is not None
    return made


def test_a_merge_has_two_parents_and_happens_once(project: Project, user: Path, tmp_path: Path) -> None:
    base = project.head_commit
    one = made_in(project, tmp_path, "one", {"one": "1\n"})
    two = made_in(project, tmp_path, "two", {"src/a.py": "one\ntwo\n3\n"})

    first = project.merge("work", one, "merge one", author="lead")
    second = project.merge("work", two, "merge two", author="lead")
    again = project.merge("work", one, "merge one", author="lead")

    assert first.parents == (base, one)
    assert second.parents == (first.commit, two)
    assert (again.already, again.commit, again.parents) == (True, second.commit, ())
    assert project.tip("work") == second.commit == git(user, "rev-parse", "work")
    assert git(user, "show", "work:src/a.py") == "one\ntwo\n3"
    assert git(user, "fsck", "--strict", "--no-dangling") == ""


def test_a_conflict_is_told_and_nothing_lands(project: Project, user: Path, tmp_path: Path) -> None:
    one = made_in(project, tmp_path, "one", {"src/a.py": "1\ntwo\nthree\n", "both": "x\n"})
    two = made_in(project, tmp_path, "two", {"src/a.py": "I\ntwo\nthree\n", "both": "y\n"})
    landed = project.merge("work", one, "merge", author="lead")

    refused = project.merge("work", two, "merge", author="lead")

    assert refused.conflicts == ("both", "src/a.py")
    assert project.tip("work") == landed.commit
    with pytest.raises(UsageError, match="in conflict"):
        project.land(refused)
    assert git(user, "log", "--all", "--format=%s", "--grep=<<<<") == ""


def test_what_was_made_on_trial_lands_only_where_it_was_tried(project: Project, tmp_path: Path) -> None:
    one = made_in(project, tmp_path, "one", {"one": "1\n"})
    two = made_in(project, tmp_path, "two", {"two": "2\n"})
    project.ensure_branch("work", project.head_commit)
    first = project.try_merge("work", one, "merge one", author="lead")
    second = project.try_merge("work", two, "merge two", author="lead")
    assert project.tip("work") == project.head_commit

    project.land(first)
    with pytest.raises(Conflict, match="moved"):
        project.land(second)

    assert project.tip("work") == first.commit


def test_a_branch_that_somebody_looks_at_is_refused(project: Project, user: Path, tmp_path: Path) -> None:
    one = made_in(project, tmp_path, "one", {"one": "1\n"})
    git(user, "worktree", "add", "-q", "-b", "theirs", str(tmp_path / "linked"))
    git(user, "branch", "late")
    candidate = project.try_merge("late", one, "merge", author="lead")
    git(user, "switch", "-q", "late")

    for branch in ("late", "theirs"):
        with pytest.raises(UsageError, match="checked out"):
            project.merge(branch, one, "merge", author="lead")
    with pytest.raises(UsageError, match="checked out"):
        project.land(candidate)
    assert git(user, "status", "--short") == ""


def test_an_impossible_branch_name_is_refused(project: Project) -> None:
    for name in ("", "a..b", "x.lock", "a b", "-x\x01"):
        with pytest.raises(UsageError, match="cannot name a branch"):
            project.merge(name, project.head_commit, "merge", author="lead")


def test_ensuring_a_branch_leaves_one_that_is_there(project: Project, user: Path, tmp_path: Path) -> None:
    one = made_in(project, tmp_path, "one", {"one": "1\n"})

    assert project.tip("work") is None
    assert project.ensure_branch("work", one) == one
    assert project.ensure_branch("work", project.head_commit) == one


def test_many_merge_at_once_and_all_land(project: Project, user: Path, tmp_path: Path) -> None:
    commits = [made_in(project, tmp_path, f"w{n}", {f"f{n}": "x\n"}) for n in range(12)]
    failures: list[BaseException] = []

    def merge(commit: str) -> None:
        try:
            Project.find(user).merge("work", commit, "merge", author="lead")
        except Conflict as error:
            failures.append(error)

    threads = [threading.Thread(target=merge, args=(commit,)) for commit in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len([name for name in git(user, "ls-tree", "--name-only", "work").split() if name.startswith("f")]) == 12
    assert git(user, "rev-list", "--count", "--merges", "work") == "12"


def test_a_full_disk_is_not_taken_for_a_broken_repository(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(copy: Copy, commit: pygit2.Oid) -> None:
        raise pygit2.GitError("could not write to 'a.py': No space left on device")

    monkeypatch.setattr(Copy, "check_out", full)

    with pytest.raises(StorageError, match="No space left"):
        project.clone_to(tmp_path / "copy", project.head_commit)


def test_a_diff_of_bytes_that_are_no_text_is_still_text(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy-x"
    project.clone_to(copy, project.head_commit)
    (copy / "latin").write_bytes(b"caf\xe9\n")
    (copy / "raw").write_bytes(bytes(range(256)))
    made = snapshot(project, copy) or ""

    assert "+caf" in project.diff(project.head_commit, made)
