"""A small package with three pinned tests, and workers who would rather mend the measure than the work."""

from pathlib import Path
from typing import Any

from tests.support.missions import Ran, events_of, make_repository, onecontext, plan, verdict, write_script

WRONG = "def double(number):\n    return number\n"
RIGHT = "def double(number):\n    return 2 * number\n"
TESTS = """\
from calc import double


def test_two_is_doubled():
    assert double(2) == 4


def test_nothing_is_nothing():
    assert double(0) == 0


def test_a_list_is_doubled():
    assert [double(3)] == [6]
"""
ONE = plan(
    [{"id": "VAL-A-001", "text": "it doubles", "command": "python -m pytest -q"}],
    [{"key": "a", "subject": "Double", "assertions": ["VAL-A-001"]}],
)
SETTINGS = "[project]\nname = 'calc'\n[tool.pytest.ini_options]\ntestpaths = ['tests']\npythonpath = ['.']\n"
ANSWERS = ["it is right"] * 20


def make_calc(folder: Path) -> Path:
    """Make the repository of the package, which does not double yet."""
    files = {
        "calc.py": WRONG,
        "tests/test_calc.py": TESTS,
        "pyproject.toml": SETTINGS,
        "onecontext.toml": "[run]\npivots = 0\n",
    }
    return make_repository(folder, files)


def run(repository: Path, *conversations: dict[str, Any], planned: dict[str, Any] = ONE, attempts: int = 1) -> Ran:
    """Run a mission whose validator accepts everything, and has an answer to whatever it is asked."""
    script = write_script(repository.parent, [planned, *conversations, verdict(answers=ANSWERS)])
    return onecontext(repository, "run", "Double", "--model", script, "--max-attempts", str(attempts), "--json")


def write(path: str, text: str) -> tuple[str, dict[str, Any]]:
    """Return the call of a tool that writes a file."""
    return "write_file", {"path": path, "text": text}


def violations(repository: Path) -> list[str]:
    """Return what was recorded as one, oldest first."""
    return [f"{event.data['path']} {event.data['what']}".strip() for event in events_of(repository, "violation")]
