"""Which files decide what a command of the contract says: tests, and what a test runner reads before it runs them.

Rule 1: paths are those of git: relative to the top, ``/`` between names. In a pattern ``*`` stands for ``/``, too.
Rule 2: this file does no input or output.
"""

import re
import shlex
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import pairwise

TEST_FOLDERS = frozenset({"tests", "test", "__tests__", "testdata"})
TEST_NAMES = ("test_*.py", "*_test.py", "*_test.go", "*.test.*", "*.spec.*")
SETTINGS = frozenset(
    {
        *("conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini"),
        *("sitecustomize.py", "usercustomize.py"),
    }
)
PARTLY_SETTINGS = frozenset({"pyproject.toml", "setup.cfg"})
"""Files of which a part is settings of pytest; the rest is nobody's business here."""
_RUNS_TESTS = re.compile(
    r"\b(pytest|py\.test|unittest|tox|nox|jest|vitest|mocha|ctest|rspec)\b"
    r"|\b(npm|pnpm|yarn)\s+(run\s+)?test|\b(go|cargo|mix|swift|dotnet)\s+test|\bmake\s+(check|test)\b"
)
_SEPARATORS = re.compile(r"&&|\|\||[;&|()\n]|\$\(")
_BEFORE_A_PROGRAM = frozenset({"!", "{", "env", "time", "exec", "command", "if", "then", "while", "do", "else"})
_SHADOWED = frozenset(
    {
        *sys.stdlib_module_names,
        "pytest",
        "_pytest",
        "py",
        "pluggy",
        "iniconfig",
        "packaging",
        "pygments",
        "exceptiongroup",
    }
)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Say whether ``path`` is one of ``patterns``, or below one that is a folder."""
    # A path is itself, although [id].tsx is a pattern of i.tsx and d.tsx.
    return any(
        path == pattern or path.startswith(f"{pattern.rstrip('/')}/") or fnmatchcase(path, pattern)
        for pattern in patterns
    )


def runs_tests(command: str) -> bool:
    """Say whether a command runs a test runner that we know."""
    return _RUNS_TESTS.search(command) is not None


def runs_pytest(command: str) -> bool:
    """Say whether a command starts pytest itself, as its program or as a module of Python."""
    return any(_starts_pytest(part) for part in _SEPARATORS.split(command))


def _starts_pytest(part: str) -> bool:
    try:
        words = shlex.split(part, comments=True)
    except ValueError:
        words = part.split()
    while words and (words[0] in _BEFORE_A_PROGRAM or re.match(r"[A-Za-z_]\w*=", words[0])):
        words = words[1:]
    names = [word.rsplit("/", 1)[-1] for word in words]
    if names[:1] and names[0] in ("pytest", "py.test"):
        return True
    return any(first in ("-m", "run", "--") and second in ("pytest", "py.test") for first, second in pairwise(names))


def is_test(path: str) -> bool:
    """Say whether a file is a test, or lies beside tests, by what test runners agree on."""
    *folders, name = path.split("/")
    return not TEST_FOLDERS.isdisjoint(folders) or matches(name, TEST_NAMES)


def is_setting(path: str) -> bool:
    """Say whether a file can change how tests run without being one.

    Those are pytest's settings, what Python imports when it starts, compiled code, and modules in places that Python
    looks into first (the top, ``src``, where tests are) with the name of one that Python or pytest brings.
    """
    *folders, name = path.split("/")
    if name in SETTINGS or name.endswith((".pyc", ".pyo")):
        return True
    if name.endswith((".py", ".so")) and name != "__init__.py":
        return name.split(".")[0] in _SHADOWED and _is_looked_into_first(folders)
    # "test" and "tests" are folders of tests in every second project, and a package of the standard library.
    package = folders[-1] if folders and name == "__init__.py" else ""
    return package in _SHADOWED - TEST_FOLDERS and _is_looked_into_first(folders[:-1])


def _is_looked_into_first(folders: list[str]) -> bool:
    return not folders or folders == ["src"] or folders[-1] in TEST_FOLDERS
