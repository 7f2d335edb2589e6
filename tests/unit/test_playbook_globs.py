"""Globs of playbooks: what they match, and that no name makes them take long."""

import time

import pytest

from onecontext.errors import InvalidDocument
from teams.playbook.groups import glob_of


@pytest.mark.parametrize(
    ("pattern", "matches", "does_not"),
    [
        ("*.py", ["a.py", ".py"], ["a/b.py", "a.pyc"]),
        ("src/**/*.py", ["src/a.py", "src/a/b/c.py"], ["src.py", "lib/src/a.py"]),
        ("**/test_*_?.py", ["test_a_b.py", "x/y/test_a_b_c.py"], ["test_a_bc.py", "test_a_.py"]),
        ("a*b*c", ["abc", "aXbYc", "abbcc"], ["acb", "ab/c"]),
        ("*a*/b", ["xay/b", "a/b"], ["x/b"]),
        ("[a].py", ["[a].py"], ["a.py"]),
        ("docs/**", ["docs/a", "docs/a/b"], ["docs"]),
        ("**/docs/**", ["docs/a", "x/docs/a/b"], ["docs"]),
    ],
)
def test_a_glob_is_read_as_git_reads_one(pattern: str, matches: list[str], does_not: list[str]) -> None:
    glob = glob_of(pattern)

    assert [path for path in [*matches, *does_not] if glob.fullmatch(path)] == matches


@pytest.mark.parametrize(
    ("pattern", "path"), [("*a" * 30 + "b", "a" * 250), ("**/*a*a*a*a*a*a*b/x", "a" * 250), ("**/**/*a", "a/" * 60)]
)
def test_a_name_that_is_made_for_it_takes_no_longer(pattern: str, path: str) -> None:
    began = time.monotonic()

    assert glob_of(pattern).fullmatch(path) is None
    assert time.monotonic() - began < 20  # it took years


@pytest.mark.parametrize("pattern", ["a" * 201, "**/**/**/**/a", "**a**a", "**/a**b"])
def test_a_glob_that_could_take_long_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidDocument, match="too long for a glob"):
        glob_of(pattern)
