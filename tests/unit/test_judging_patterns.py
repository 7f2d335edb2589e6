"""What is pinned, what only grew, what runs pytest, and what is worth a question."""

import pytest

from teams.mission.judging.growth import only_grew
from teams.mission.judging.patterns import is_setting, is_test, matches, runs_pytest, runs_tests
from teams.mission.judging.pins import pytest_settings
from teams.mission.judging.suspects import _added as added

BEFORE = b"import a\n\n\ndef helper():\n    return 1\n\n\ndef test_one():\n    assert helper() == 1\n"


@pytest.mark.parametrize(
    "command",
    [
        "pytest",
        "python -m pytest -q tests",
        "cd x && PYTHONPATH=src timeout 60 python3 -m pytest",
        "test -s a.py && .venv/bin/pytest -x",
        "uv run pytest",
        "! pytest -k x",
        "coverage run -m pytest",
        "(pytest; true)",
    ],
)
def test_a_command_that_starts_pytest_is_known(command: str) -> None:
    assert runs_pytest(command)
    assert runs_tests(command)


@pytest.mark.parametrize("command", ["grep -q pytest README.md", "test -f pytest.ini", "pip show pytest", "make test"])
def test_a_command_that_only_names_pytest_is_not_taken_for_one(command: str) -> None:
    assert not runs_pytest(command)


@pytest.mark.parametrize("path", ["tests/data/a.json", "pkg/tests/x.py", "test_a.py", "pkg/a_test.go", "src/a.spec.ts"])
def test_tests_and_what_lies_beside_them_are_tests(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize("path", ["src/contest.py", "latest/a.py", "testing.py", "pytest.ini"])
def test_what_only_sounds_like_a_test_is_none(path: str) -> None:
    assert not is_test(path)


@pytest.mark.parametrize(
    "path",
    ["conftest.py", "a/b/conftest.py", "tox.ini", "pytest.py", "json.py", "src/ast.py", "tests/random.so", "a.pyc"],
)
def test_what_changes_how_tests_run_is_a_setting(path: str) -> None:
    assert is_setting(path)


@pytest.mark.parametrize("path", ["pkg/json.py", "site/index.py", "types/a.py", "test/__init__.py", "setup.py"])
def test_what_takes_nobodys_place_is_no_setting(path: str) -> None:
    assert not is_setting(path)


def test_a_pattern_names_files_folders_and_everything_below() -> None:
    assert matches("a/b/c.py", ["a"])
    assert matches("a/b/c.py", ["a/*.py"])
    assert not matches("ab/c.py", ["a"])
    assert matches("pages/[id].tsx", ["pages/[id].tsx"])


@pytest.mark.parametrize(
    "more",
    [
        b"\n\ndef test_two():\n    assert helper() == 1\n",
        b"\n\nLIMIT = 3\n\n\nclass TestMore:\n    def test_it(self):\n        assert LIMIT\n",
        b"\nimport pytest\n\n\ndef test_two():\n    with pytest.raises(ValueError):\n        int('a')\n",
    ],
)
def test_a_file_with_more_tests_only_grew(more: bytes) -> None:
    assert only_grew("test_a.py", BEFORE, BEFORE + more)


@pytest.mark.parametrize(
    "after",
    [
        BEFORE.replace(b"== 1", b"== 2"),
        BEFORE + b"\n\ndef test_one():\n    pass\n",
        BEFORE + b"\n\ndef helper():\n    return 2\n",
        BEFORE + b"\npytestmark = 1\n",
        BEFORE + b"\nimport evil as pytest\n",
        BEFORE + b"\nfrom evil import pytest\n",
        BEFORE + b"\n\ndef setup_module():\n    pass\n",
        BEFORE + b"\nimport pytest\n\n\n@pytest.fixture(autouse=True)\ndef quiet():\n    pass\n",
        BEFORE + b"\nfrom b import *\n",
        BEFORE + b"\na.x = 1\n",
        BEFORE + b"\nassert = \n",
        b"\n".join(reversed(BEFORE.split(b"\n\n\n"))),
    ],
)
def test_a_file_in_which_what_was_there_can_mean_something_else_did_not_only_grow(after: bytes) -> None:
    assert not only_grew("test_a.py", BEFORE, after)


def test_only_pytests_part_of_a_project_file_is_a_setting() -> None:
    one, other = b"[project]\nname = 'a'\n", b"[project]\nname = 'b'\n[tool.ruff]\n"

    assert pytest_settings("pyproject.toml", one) == pytest_settings("pyproject.toml", other)
    assert pytest_settings("pyproject.toml", one) != pytest_settings("pyproject.toml", one + b"[tool.pytest]\na = 1\n")
    assert pytest_settings("setup.cfg", b"[tool:pytest]\naddopts = -x\n") != pytest_settings("setup.cfg", b"")
    assert pytest_settings("pyproject.toml", b"= broken") == b"= broken"


def test_only_what_a_change_adds_is_asked_about() -> None:
    before = b"import os\nos._exit(0)\n"
    after = before + b"\nos._exit(1)\nclass A:\n    def __eq__(self, other): return True\nimport unittest.mock\n"

    assert list(added("a.py", before, after)) == [
        "a.py:4 uses os._exit",
        "a.py:6 defines __eq__",
        "a.py:7 imports unittest.mock",
    ]
