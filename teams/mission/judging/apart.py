"""The pinned tests without what came beside them: what is new where tests lie can change what the old ones see.

A new test that replaces a function of the project before the others run, a module in the folder of tests that is found
before the one that they are about, an ``__init__.py``: none of them changes a pinned file.

Rule 1: a new file of tests is there and empty, so that a command that names it finds it; whatever else is new is not.
Rule 2: a module of the project's own package is the project's, whatever its folder is called.
Rule 3: no input or output but git's own store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from onecontext.store.project import Project
from onecontext.store.project_files import StoredFile, files_of, with_files
from teams.mission.judging.patterns import TEST_FOLDERS, TEST_NAMES, is_test, matches

_PACKAGE = "__init__.py"


@dataclass(frozen=True)
class Apart:
    """``commit`` is what is measured without what came beside its tests, ``before`` what its tests are counted in.

    ``beside`` are the paths that came or grew; none: there is nothing to set apart.
    """

    commit: str
    before: str
    beside: tuple[str, ...] = field(default=())


def set_apart(project: Project, measured: str, pinned: str, tests: Mapping[str, StoredFile], *, author: str) -> Apart:
    """Return ``measured`` with its tests as ``pinned`` has them.

    Args:
        tests: the tests that are pinned.
    """
    there = files_of(project, measured)
    new = [path for path in sorted(there) if path not in tests and is_test(path) and not _is_product(path, there)]
    new = [path for path in new if not path.endswith(f"/{_PACKAGE}") or _is_of_tests(path, tests)]
    grown = [path for path, file in tests.items() if path in there and there[path] != file]
    if not tests or not (new or grown):
        return Apart(measured, pinned)
    empty: dict[str, StoredFile | bytes | None] = {path: b"" for path in new if _is_named_or_found(path)}
    gone: dict[str, StoredFile | bytes | None] = dict.fromkeys(new)
    back: dict[str, StoredFile | bytes | None] = {path: tests[path] for path in grown}
    commit = with_files(project, measured, {**gone, **empty, **back}, author=author)
    before = with_files(project, pinned, empty, author=author)
    return Apart(commit, before, (*new, *grown))


def _is_named_or_found(path: str) -> bool:
    """Say whether a command, or pytest's way of naming modules, can need the file to be there."""
    name = path.rsplit("/", 1)[-1]
    return name == _PACKAGE or matches(name, TEST_NAMES)


def _is_product(path: str, there: Mapping[str, StoredFile]) -> bool:
    """Say whether a file is a module of a package that is no folder of tests; a test never is."""
    *folders, name = path.split("/")
    if matches(name, TEST_NAMES) or not name.endswith(".py"):
        return False
    outermost = len(folders)
    while outermost and "/".join([*folders[:outermost], _PACKAGE]) in there:
        outermost -= 1
    package = folders[outermost:]
    return bool(package) and package[0] not in TEST_FOLDERS and name != _PACKAGE


def _is_of_tests(path: str, tests: Mapping[str, StoredFile]) -> bool:
    """Say whether pinned tests lie below the folder of an ``__init__.py``."""
    folder = path[: -len(_PACKAGE)]
    return any(test.startswith(folder) for test in tests)
