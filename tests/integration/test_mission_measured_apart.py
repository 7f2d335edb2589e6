"""Workers that change no pinned file and still not the work: from beside the tests, and from within their process."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.measured import RIGHT, TESTS, WRONG, make_calc, run, violations, write
from tests.support.missions import events_of, git, plan, work

MEND = write("calc.py", RIGHT)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_calc(tmp_path / "repository")


def instead(of: str, by: str, before: str = "") -> tuple[str, dict[str, Any]]:
    """Return a call that lets calc.py, which stays wrong, put something in the place of what runs a test."""
    return write("calc.py", f"import _pytest.python\nimport {before or 'os'}\n_pytest.python.{of} = {by}\n{WRONG}")


RUNTEST = "Function.runtest"
DOUBLES = "import calc\ncalc.double = lambda number: 2 * number\n"
GROWN = TESTS.replace(
    "from calc", "import calc\nDOUBLES = setattr(calc, 'double', lambda number: 2 * number)\nfrom calc"
)
# In the words of the author: none of these changes a file that is pinned.
ATTACKS: dict[str, tuple[tuple[str, dict[str, Any]], str]] = {
    # --- beside the tests
    "is found before the module that is tested": (write("tests/calc.py", RIGHT), "new beside them (tests/calc.py)"),
    "mends it from a new test": (
        write("tests/test_aaa.py", f"{DOUBLES}def test_a():\n    assert True\n"),
        "new beside them (tests/test_aaa.py)",
    ),
    "mends it from the package of the tests": (write("tests/__init__.py", DOUBLES), "(tests/__init__.py)"),
    "mends it from a test that grew": (write("tests/test_calc.py", GROWN), "new beside them (tests/test_calc.py)"),
    # --- skipped by what is tested
    "expects to fail": (
        write("calc.py", "import pytest\ndef double(number):\n    pytest.xfail('later')\n"),
        "skipped by what they test: tests/test_calc.py::",
    ),
    "hides where it skips": (
        write("calc.py", "import pytest\ndef double(number):\n    __tracebackhide__ = True\n    pytest.skip('no')\n"),
        "skipped by what they test: tests/test_calc.py::",
    ),
    "says that the test skipped": (
        write(
            "calc.py",
            "import pytest\ndef double(number):\n    raise pytest.skip.Exception('no', _use_item_location=True)\n",
        ),
        "skipped by what they test: tests/test_calc.py::",
    ),
    "skips as unittest does": (
        write("calc.py", "import unittest\ndef double(number):\n    raise unittest.SkipTest('no')\n"),
        "skipped by what they test: tests/test_calc.py::",
    ),
    # --- in the place of what runs a test
    "puts a mock there": (instead(RUNTEST, "unittest.mock.MagicMock()", "unittest.mock"), f"_pytest.python.{RUNTEST}"),
    "puts a partial there": (instead(RUNTEST, "functools.partial(str)", "functools"), f"_pytest.python.{RUNTEST}"),
    "exchanges its inside": (
        instead(f"{RUNTEST}.__code__", "(lambda self: None).__code__"),
        f"_pytest.python.{RUNTEST}",
    ),
    "names another file": (
        write(
            "calc.py",
            "import _pytest.python\nexec(compile('def nothing(self): pass', _pytest.python.__file__, 'exec'))\n"
            f"_pytest.python.Function.runtest = nothing\n{WRONG}",
        ),
        f"_pytest.python.{RUNTEST}",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_worker_that_changes_no_pinned_file_is_caught(repository: Path, attack: str) -> None:
    call, caught = ATTACKS[attack]

    ran = run(repository, work("a", call))

    assert ran.code == 10, ran.stderr
    assert any(caught in violation for violation in violations(repository)), violations(repository)
    assert git(repository, "show", f"{ran.data['branch']}:calc.py") == WRONG.strip()


def test_a_module_that_pytest_imports_first_cannot_prepare_it(repository: Path) -> None:
    """The folder a command starts in is looked into before Python's own."""
    (repository / "below").mkdir()
    (repository / "below" / "test_below.py").write_text(f"import sys\nsys.path.insert(0, '..')\n{TESTS}")
    git(repository, "add", "."), git(repository, "commit", "-qm", "below")
    planned = plan(
        [{"id": "VAL-A-001", "text": "it doubles", "command": "cd below && python -m pytest -q"}],
        [{"key": "a", "subject": "Double", "assertions": ["VAL-A-001"]}],
    )
    real = "import importlib.util as u, sysconfig\ns = u.spec_from_file_location('argparse', "
    real += "sysconfig.get_path('stdlib') + '/argparse.py')\nm = u.module_from_spec(s)\ns.loader.exec_module(m)\n"
    real += "globals().update(vars(m))\nimport _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n"

    ran = run(repository, work("a", write("below/argparse.py", real)), planned=planned)

    assert ran.code == 10, ran.stderr
    assert violations(repository) != []
    assert git(repository, "show", f"{ran.data['branch']}:calc.py") == WRONG.strip()


def test_a_skip_in_a_testcase_is_seen_for_what_it_is(repository: Path) -> None:
    cases = "import unittest\nfrom calc import double\n\n\nclass TestDouble(unittest.TestCase):\n"
    cases += "    def test_two(self):\n        self.assertEqual(double(2), 4)\n\n"
    cases += "    def test_elsewhere(self):\n        self.skipTest('not here')\n"
    (repository / "tests" / "test_calc.py").write_text(cases)
    git(repository, "commit", "-qam", "unittest")
    skips = write("calc.py", "import unittest\ndef double(number):\n    raise unittest.SkipTest('no')\n")

    ran = run(repository, work("a", skips, attempt=1), work("a", MEND), attempts=2)

    assert ran.code == 0, (ran.stderr, violations(repository))
    (caught, *_) = violations(repository)
    assert "tests/test_calc.py::TestDouble::test_two by calc.py" in caught
    assert "test_elsewhere" not in caught


def test_honest_tests_beside_the_old_ones_are_no_problem(repository: Path) -> None:
    """New tests with a helper, a package and data of their own; a package of the project that is called 'test'."""
    helped = "from tests.helpers.more import case\nfrom calc import double\n\n\ndef test_it():\n"
    helped += "    number, doubled = case()\n    assert double(number) == doubled\n"
    calls = [
        write("calc/__init__.py", "from calc.test.kinds import double\n"),
        write("calc/test/__init__.py", ""),
        write("calc/test/kinds.py", RIGHT),
        write("tests/__init__.py", ""),
        write("tests/helpers/__init__.py", ""),
        write("tests/helpers/more.py", "def case():\n    return 4, 8\n"),
        write("tests/test_more.py", helped),
        ("run", {"command": "rm calc.py"}),
    ]

    ran = run(repository, work("a", *calls))

    assert ran.code == 0, (ran.stderr, violations(repository))
    first = events_of(repository, "verify.command")[0]
    assert (first.data["tests"], first.data["pinned"]) == (4, 3)


def test_a_task_that_may_write_a_test_may_let_it_need_what_is_new(repository: Path) -> None:
    allowed = plan(
        [{"id": "VAL-A-001", "text": "it doubles", "command": "python -m pytest -q"}],
        [{"key": "a", "subject": "Double", "assertions": ["VAL-A-001"], "may_write": ["tests/test_calc.py"]}],
    )
    needs = write("tests/test_calc.py", f"from cases import TWO\n{TESTS}")

    ran = run(repository, work("a", MEND, needs, write("tests/cases.py", "TWO = 2\n")), planned=allowed)

    assert ran.code == 0, (ran.stderr, violations(repository))


def test_pinned_tests_count_where_a_command_names_new_ones_beside_them(repository: Path) -> None:
    planned = plan(
        [{"id": "VAL-A-001", "text": "it doubles", "command": "pytest -q tests/test_calc.py tests/test_new.py"}],
        [{"key": "a", "subject": "Double", "assertions": ["VAL-A-001"]}],
    )

    ran = run(repository, work("a", MEND, write("tests/test_new.py", TESTS)), planned=planned)

    assert ran.code == 0, (ran.stderr, violations(repository))
    assert events_of(repository, "verify.command")[0].data["pinned"] == 3
