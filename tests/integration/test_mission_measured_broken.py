"""A repository whose settings of tests are broken where the mission begins: nothing can be counted there."""

from pathlib import Path

import pytest

from tests.support.measured import RIGHT, WRONG, make_calc, run, write
from tests.support.missions import events_of, git, plan, work

MEND = write("calc.py", RIGHT)
PASSES = write("tests/test_new.py", "def test_it():\n    assert True\n")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_calc(tmp_path / "repository")


def with_conftest(repository: Path, text: str) -> None:
    (repository / "conftest.py").write_text(text)
    git(repository, "add", "."), git(repository, "commit", "-qm", "conftest")


@pytest.mark.parametrize("broken", ["def broken(:\n", "import nothing_of_that_name\n", "raise SystemExit(0)\n"])
def test_work_that_no_test_can_run_on_is_blocked_with_the_reason(repository: Path, broken: str) -> None:
    with_conftest(repository, broken)

    ran = run(repository, work("a", MEND), attempts=2)

    assert ran.code == 10, ran.stderr
    assert len(events_of(repository, "verdict.given")) == 2
    assert "its settings (conftest.py) are broken" in ran.data["reason"]


def test_who_may_write_the_settings_mends_them(repository: Path) -> None:
    with_conftest(repository, "def broken(:\n")
    planned = plan(
        [{"id": "VAL-A-001", "text": "it doubles", "command": "python -m pytest -q"}],
        [{"key": "a", "subject": "Double", "assertions": ["VAL-A-001"], "may_write": ["conftest.py"]}],
    )

    ran = run(repository, work("a", MEND, write("conftest.py", "")), planned=planned)

    assert ran.code == 0, ran.stderr


def test_pinned_tests_must_run_where_they_could_not_be_counted(repository: Path) -> None:
    """The settings need what the work brings, and the work says by them that no old test is to be run."""
    with_conftest(repository, "from calc import LEFT_OUT\n\ncollect_ignore = LEFT_OUT\n")
    leaves_out = write("calc.py", f"LEFT_OUT = ['tests/test_calc.py']\n{WRONG}")

    ran = run(
        repository,
        work("a", leaves_out, PASSES, attempt=1),
        work("a", write("calc.py", f"LEFT_OUT = []\n{RIGHT}")),
        attempts=2,
    )

    assert ran.code == 0, ran.stderr
    assert len(events_of(repository, "verdict.given")) == 2
