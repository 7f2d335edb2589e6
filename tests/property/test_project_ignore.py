"""Which files .gitignore leaves out: the git command decides who is right."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onecontext.store.project_ignore import Ignore, match_name

PIECES = ["a", "b", "ab", "*", "**", "?", "[ab]", "[!a]", "[^b-z]", "\\*", "/", "/", ".", "[[:alpha:]]", "[", "]", "\\"]
LINES = st.one_of(
    st.builds(
        lambda negated, pieces, end: negated + "".join(pieces) + end,
        st.sampled_from(["", "", "!"]),
        st.lists(st.sampled_from(PIECES), min_size=1, max_size=5),
        st.sampled_from(["", "", "/", " ", "\\ ", "\r"]),
    ),
    st.sampled_from(["# a", "", "\\#a", "\\!a"]),
)
FILES = ["a", "b", "ab", "ba", "#a", "!a", "*", "a ", "d/a", "d/b", "d/a.b/ab", "a.b/a", "a.b/d/a", "e/a/b", "e/b/a/ab"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with these files, all untracked."""
    root = tmp_path_factory.mktemp("ignore")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(top=st.lists(LINES, max_size=5), inner=st.lists(LINES, max_size=3), exclude=st.lists(LINES, max_size=2))
def test_the_same_files_are_left_out_as_by_git(
    root: Path, top: list[str], inner: list[str], exclude: list[str]
) -> None:
    texts = ["\n".join(lines).encode() for lines in (top, inner, exclude)]
    (root / ".gitignore").write_bytes(texts[0])
    (root / "d" / ".gitignore").write_bytes(texts[1])
    (root / ".git" / "info" / "exclude").write_bytes(texts[2])
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=root, capture_output=True, check=True
    )
    expected = {name for name in listed.stdout.decode().split("\0") if name and not name.endswith(".gitignore")}

    assert set(_kept(*texts)) == expected


def _kept(top: bytes, inner: bytes, exclude: bytes) -> list[str]:
    ignore = Ignore(exclude)
    ignore.add((), top)
    ignore.add((b"d",), inner)
    return [name for name in FILES if not _left_out(ignore, tuple(name.encode().split(b"/")))]


def _left_out(ignore: Ignore, names: tuple[bytes, ...]) -> bool:
    above = any(ignore.leaves_out(names[:depth], is_folder=True) for depth in range(1, len(names)))
    return above or ignore.leaves_out(names, is_folder=False)


@pytest.mark.parametrize(
    ("pattern", "name", "same"),
    [
        (b"[[:digit:]-]x", b"-x", True),
        (b"[]a]", b"]", True),
        (b"[a-]", b"-", True),
        (b"[\\]]", b"]", True),
        (b"[[:nosuch:]]", b"a", False),
        (b"caf?", b"caf\xe9", True),
        (b"*", b".hidden", True),
        (b"a\\", b"a", False),
    ],
)
def test_sets_and_bytes(pattern: bytes, name: bytes, *, same: bool) -> None:
    assert match_name(pattern, name) is same


def test_a_pattern_made_to_be_slow_is_not() -> None:
    ignore = Ignore()
    ignore.add((), b"*a" * 100 + b"b\n" + b"**/a/" * 50 + b"b\n")
    started = time.process_time()

    assert not ignore.leaves_out((b"a",) * 60 + (b"a" * 255,), is_folder=False)
    assert time.process_time() - started < 20  # backtracking would take longer than anybody waits
