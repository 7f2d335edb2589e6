"""Workers whose code knows that it is tested, and reaches into what tests it; none of them changes a pinned file."""

from pathlib import Path

import pytest

from tests.support.measured import RIGHT, TESTS, WRONG, make_calc, run, violations, write
from tests.support.missions import events_of, git, plan, work

WORDS = """\
import pytest
from calc import double


def test_a_word_is_doubled():
    assert double("no") == "nono"


def test_two_is_doubled():
    assert double(2) == 4
"""
NOTHING = "import calc\n\n\ndef test_nothing():\n    assert calc\n"
LATER = "from calc import double\n\n\ndef test_two_is_doubled():\n    assert double(2) == 4\n"
A = "class A:\n    {}\n\n\ndef double(number):\n    return A() if number == 'no' else 2 * number\n"
FORGES = """\
import os
import subprocess
import _pytest.assertion.util as util


def double(number):
    witness = util._config.pluginmanager.get_plugin("onecontext-witness")
    nodes = witness._selected
    said = {"event": "end", "exit": 0, "plugins": [], "replaced": [], "narrowed": False, "probed": True,
            "collected": nodes, "selected": nodes, "errors": [], "outcomes": {node: "passed" for node in nodes},
            "skipped_by": {}}
    try:
        witness._write(said)
    finally:
        os._exit(0)
"""
REWRITES = f"""\
from pathlib import Path
(Path(__file__).parent / "tests" / "test_later.py").write_text("def test_two_is_doubled():\\n    pass\\n")
{WRONG}"""
RESTORES = f"""\
import atexit, os
from pathlib import Path
path = Path(__file__).parent / "tests" / "test_later.py"
was, before = path.read_text(), path.stat()
path.write_text("def test_two_is_doubled():\\n    pass\\n")
atexit.register(lambda: (path.write_text(was), os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))))
{WRONG}"""
EXCHANGES = """\
def double(number):
    import test_calc
    for name in dir(test_calc):
        if name.startswith("test_"):
            {}
    return 4
"""
BLINDS = """\
import sys, pytest
for name, module in list(sys.modules.items()):
    if name.endswith(".seeing"):
        module.is_theirs = lambda path: False
def double(number):
    pytest.skip("no")
"""
# In the words of the author: to a file that is changed, and what is said of it.
ATTACKS: dict[str, tuple[str, str]] = {
    "compares by skipping": ("import pytest\n" + A.format("__eq__ = staticmethod(pytest.skip)"), "skipped by what"),
    "expects to fail when compared": (
        "import pytest\n" + A.format("__eq__ = staticmethod(pytest.xfail)"),
        "skipped by what it used",
    ),
    "is a skip": ("from pytest import skip as double\n", "skipped by what it used"),
    "blinds the witness": (BLINDS, "seeing.is_theirs"),
    "writes its own report": (FORGES, "ended before it came to its own end"),
    "writes a test that is read later": (REWRITES, "wrote these, which are pinned: tests/test_later.py"),
    "and makes it as it was": (RESTORES, "wrote these, which are pinned: tests/test_later.py"),
    "exchanges the inside of tests": (
        EXCHANGES.format("getattr(test_calc, name).__code__ = (lambda: None).__code__"),
        "exchanges the code of a test",
    ),
    "exchanges tests": (EXCHANGES.format("setattr(test_calc, name, lambda: None)"), "replaced what tests stand on"),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_calc(tmp_path / "repository")


@pytest.mark.parametrize("attack", ATTACKS)
def test_code_that_reaches_into_its_test_is_caught(repository: Path, attack: str) -> None:
    text, caught = ATTACKS[attack]
    # Only words are skipped without a word: what pytest.skip is given is its reason.
    tests = WORDS if "skipped" in caught else NOTHING if "test_later" in caught else TESTS
    (repository / "tests" / "test_calc.py").write_text(tests)
    (repository / "tests" / "test_later.py").write_text(LATER if tests == NOTHING else NOTHING)
    git(repository, "add", "."), git(repository, "commit", "-qm", "tests")

    ran = run(repository, work("a", write("calc.py", text)))

    assert ran.code == 10, ran.stderr
    (given,) = events_of(repository, "verdict.given")
    assert caught in "\n".join(given.data["findings"]), given.data
    assert git(repository, "show", f"{ran.data['branch']}:calc.py") == WRONG.strip()


SEES: dict[str, str] = {
    "_getframe": "import sys\ndef look():\n    return sys._getframe(2)\n",
    "a name that is made": "import sys\ndef look():\n    return getattr(sys, '_get' + 'frame')(2)\n",
    "inspect": "import inspect\ndef look():\n    return inspect.currentframe().f_back.f_back\n",
    "a traceback": "def look():\n    try:\n        raise ValueError\n    except ValueError as error:\n"
    "        return error.__traceback__.tb_frame.f_back.f_back\n",
}


@pytest.mark.parametrize("sees", SEES)
def test_code_that_reads_the_answer_in_its_test_is_asked_about(repository: Path, sees: str) -> None:
    """What it gives back is in the test: nothing that runs can tell it from an answer. It is told who looked."""
    answers = "def double(number):\n    code = look().f_code\n"
    answers += (
        "    numbers = [one for one in code.co_consts if isinstance(one, int) and one != code.co_firstlineno + 1]\n"
    )
    answers += "    return max(numbers)\n"

    ran = run(repository, work("a", write("calc.py", SEES[sees] + answers)))

    assert ran.code == 0, (ran.stderr, violations(repository))
    (given,) = events_of(repository, "verdict.given")
    looked = [what for what in given.data["evidence"]["asked"] if what.endswith("while it is tested")]
    assert any("calc.py:" in what and "frame" in what for what in looked), given.data["evidence"]["asked"]
    assert any("f_code of its test" in what for what in looked)
    assert any("looks at" in told for told in ran.data["asked"])


def test_what_looks_at_its_callers_in_a_worker_process_is_seen_too(repository: Path) -> None:
    planned = plan(
        [{"id": "VAL-A-001", "text": "it doubles", "command": "pytest -q -n 2"}],
        [{"key": "a", "subject": "Double", "assertions": ["VAL-A-001"]}],
    )
    looks = RIGHT.replace("    return", "    gc.get_objects()\n    return")

    ran = run(repository, work("a", write("calc.py", f"import gc\n{looks}")), planned=planned)

    assert ran.code == 0, (ran.stderr, violations(repository))
    (given,) = events_of(repository, "verdict.given")
    assert "calc.py:3 looks at gc.get_objects, while it is tested" in given.data["evidence"]["asked"]


HONEST = """\
import functools, inspect, logging, traceback, warnings
from collections import namedtuple
from dataclasses import dataclass

LOG = logging.getLogger(__name__)
Pair = namedtuple("Pair", "a b")


@dataclass
class Number:
    value: int


@functools.wraps(len)
def double(number):
    LOG.warning("doubling %s", number)
    inspect.signature(double)
    try:
        raise ValueError(number)
    except ValueError:
        traceback.format_exc()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("slow", stacklevel=2)
    return Number(2 * number).value
"""
EXPECTED_TO_FAIL = f"""\
import sys
import pytest
import unittest
{TESTS}

@pytest.mark.xfail(reason="not yet")
def test_a_word_is_doubled():
    assert double(None) == "?"


@pytest.mark.skipif(sys.version_info > (3,), reason="old")
def test_old():
    assert False


def need(what):
    pytest.skip(
        f"there is no {{what}}"
    )


def test_elsewhere():
    need("network")


class TestMore(unittest.TestCase):
    @unittest.skipUnless(False, "no")
    def test_never(self):
        assert False

    def test_here(self):
        self.skipTest("no")
"""


def test_tests_that_skip_themselves_and_code_that_logs_are_no_problem(repository: Path) -> None:
    (repository / "tests" / "test_calc.py").write_text(EXPECTED_TO_FAIL)
    git(repository, "commit", "-qam", "skips")

    ran = run(repository, work("a", write("calc.py", HONEST)))

    assert ran.code == 0, (ran.stderr, violations(repository), events_of(repository, "verify.command")[0].data)
    (given,) = events_of(repository, "verdict.given")
    assert given.data["evidence"]["asked"] == []
    first = events_of(repository, "verify.command")[0]
    assert (first.data["tests"], first.data["pinned"]) == (3, 3)


def test_a_command_whose_tests_are_all_skipped_shows_nothing(repository: Path) -> None:
    (repository / "tests" / "test_calc.py").write_text(f"import pytest\npytestmark = pytest.mark.skip\n{TESTS}")
    git(repository, "commit", "-qam", "skipped")

    ran = run(repository, work("a", write("calc.py", RIGHT)))

    assert ran.code == 10, ran.stderr
    assert "although none passed; these were skipped: tests/test_calc.py::" in ran.data["reason"]


def test_what_another_runner_reads_later_may_not_be_written_either(repository: Path) -> None:
    cases = "import unittest\nfrom calc import double\nclass Test{}(unittest.TestCase):\n"
    cases += "    def test_two(self):\n        {}\n"
    (repository / "tests" / "test_calc.py").write_text(cases.format("A", "pass"))
    (repository / "tests" / "test_later.py").write_text(cases.format("B", "self.assertEqual(double(2), 4)"))
    git(repository, "add", "."), git(repository, "commit", "-qm", "unittest")
    planned = plan(
        [{"id": "VAL-A-001", "text": "it doubles", "command": "PYTHONPATH=. python -m unittest discover tests"}],
        [{"key": "a", "subject": "Double", "assertions": ["VAL-A-001"]}],
    )
    rewrites = REWRITES.replace("def test_two_is_doubled():\\n    pass\\n", "")

    ran = run(repository, work("a", write("calc.py", rewrites)), planned=planned)

    assert ran.code == 10, ran.stderr
    assert any("wrote these, which are pinned" in violation for violation in violations(repository))
