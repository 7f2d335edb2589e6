"""An index that was patched lists what git would list, whatever came, went or changed, and git finds it sound."""

import subprocess
from functools import partial
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.store import index
from onecontext.store.trees import Lines, file_before, tree_lines

NAMES = st.sampled_from(["a", "b", "a.md", "a-b", "ab", "log", "0000", "0001", "0000.md", "10.md", "é", "x" * 70])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
FILES = st.dictionaries(PATHS, st.sampled_from([b"one", b"two", b""]), max_size=14)


def _tree(repository: pygit2.Repository, files: dict[str, bytes]) -> str:
    made = pygit2.Index()
    for path, content in files.items():
        made.add(pygit2.IndexEntry(path, repository.create_blob(content), pygit2.enums.FileMode.BLOB))
    return str(made.write_tree(repository))


def _fitting(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out files that would have to be folders of others, too."""
    return {path: text for path, text in files.items() if not any(other.startswith(path + "/") for other in files)}


def _lines_of(repository: pygit2.Repository, tree: str | None) -> Lines:
    return tree_lines(repository[tree].read_raw()) if tree else {}


def _git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *args], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


@settings(deadline=None)
@given(before=FILES, after=FILES, refreshed=st.booleans())
def test_it_lists_what_git_lists(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bytes], after: dict[str, bytes], refreshed: bool
) -> None:
    folder = tmp_path_factory.mktemp("index")
    repository = pygit2.init_repository(str(folder))
    before, after = _fitting(before), _fitting(after)
    old, new = _tree(repository, before), _tree(repository, after)
    _git(folder, "read-tree", old)
    if refreshed:  # with times of files, and what git keeps beside the entries
        _git(folder, "checkout-index", "-a", "-f")
        _git(folder, "status", "--short")
    names = {path: pygit2.hash(text) for path, text in after.items() if before.get(path) != text}
    blobs = {**dict.fromkeys(before.keys() - after.keys()), **{path: str(name) for path, name in names.items()}}
    content = (folder / ".git/index").read_bytes()

    patched = index.patched(content, blobs, partial(file_before, old, lines_of=partial(_lines_of, repository)))

    assert patched is not None
    assert index.is_index(patched)
    (folder / ".git/index").write_bytes(patched)
    assert _git(folder, "write-tree").strip() == new
    listed = _git(folder, "ls-files", "-s")
    _git(folder, "read-tree", new)
    assert _git(folder, "ls-files", "-s") == listed


def _hidden_by_git(folder: Path) -> set[str]:
    listed = _git(folder, "ls-files", "-t", "-z").split("\0")
    return {line[2:] for line in listed if line.startswith("S ")}


@settings(deadline=None)
@given(before=FILES, after=FILES, tops=st.sets(NAMES), again=st.booleans())
def test_what_is_hidden_is_so_for_git_and_listed_like_all_else(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[str, bytes],
    after: dict[str, bytes],
    tops: set[str],
    again: bool,
) -> None:
    folder = tmp_path_factory.mktemp("index")
    repository = pygit2.init_repository(str(folder))
    before, after = _fitting(before), _fitting(after)
    old, new = _tree(repository, before), _tree(repository, after)
    path = folder / ".git/index"

    def hides(name: str) -> bool:
        return name.partition("/")[0] in tops

    made = pygit2.Index(str(path))
    made.read_tree(repository[old])
    made.write()
    content = index.hidden(path.read_bytes(), hides)
    path.write_bytes(content)
    assert _hidden_by_git(folder) == {name for name in before if hides(name)}
    assert index.hidden_in(content) == {name: str(pygit2.hash(text)) for name, text in before.items() if hides(name)}
    if again:  # as git writes it
        _git(folder, "update-index", "--force-write-index")
        content = path.read_bytes()
    names = {name: pygit2.hash(text) for name, text in after.items() if before.get(name) != text}
    blobs = {**dict.fromkeys(before.keys() - after.keys()), **{name: str(blob) for name, blob in names.items()}}

    patched = index.patched(content, blobs, partial(file_before, old, lines_of=partial(_lines_of, repository)), hides)

    assert patched is not None
    assert index.is_index(patched)
    path.write_bytes(patched)
    assert _hidden_by_git(folder) == set(index.hidden_in(patched)) == {name for name in after if hides(name)}
    assert _git(folder, "write-tree").strip() == new


def test_what_a_person_staged_meanwhile_stays_and_keeps_the_order(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path))
    old = _tree(repository, {"b/1": b"x", "b/5": b"x", "d": b"x"})
    _git(tmp_path, "read-tree", old)
    for name in ("a", "b/3", "z"):
        _git(tmp_path, "update-index", "--add", "--cacheinfo", f"100644,{pygit2.hash(b'x')},{name}")
    blob = str(repository.create_blob(b"new"))
    content = (tmp_path / ".git/index").read_bytes()
    before = partial(file_before, old, lines_of=partial(_lines_of, repository))

    patched = index.patched(content, {"b/2": blob, "b/4": blob, "e": blob, "d": None}, before)

    assert patched is not None
    (tmp_path / ".git/index").write_bytes(patched)
    assert _git(tmp_path, "ls-files").split() == ["a", "b/1", "b/2", "b/3", "b/4", "b/5", "e", "z"]


@pytest.mark.parametrize("how", [["update-index", "--index-version=4"], ["update-index", "--split-index"]])
def test_what_is_not_as_expected_is_left_to_libgit2(tmp_path: Path, how: list[str]) -> None:
    repository = pygit2.init_repository(str(tmp_path))
    old = _tree(repository, {"a": b"x", "b": b"x"})
    _git(tmp_path, "read-tree", old)
    _git(tmp_path, *how)
    before = partial(file_before, old, lines_of=partial(_lines_of, repository))

    assert index.patched((tmp_path / ".git/index").read_bytes(), {"a": None}, before) is None


def test_one_whose_files_are_not_those_of_the_commit_is_left_to_libgit2(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path))
    old = _tree(repository, {"a": b"x", "b": b"x"})
    _git(tmp_path, "read-tree", _tree(repository, {"a": b"x"}))
    before = partial(file_before, old, lines_of=partial(_lines_of, repository))

    assert index.patched((tmp_path / ".git/index").read_bytes(), {"c": "0" * 40}, before) is None
