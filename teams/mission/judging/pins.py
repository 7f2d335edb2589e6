"""Pinned files: tests and settings stay what they were when they were last accepted, whoever is measured by them.

Rule 1: what is pinned is what the newest merge that was accepted has, and the mission's base before the first. So a new
        test is pinned from the moment it was accepted with.
Rule 2: pins are those of the whole contract: what one task is measured by, another one may not weaken either.
Rule 3: where a change is not allowed, what is measured has the pinned file in its place, and the change is a breach.
"""

import configparser
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from onecontext.store.project import Project
from onecontext.store.project_files import StoredFile, files_of, read_stored, with_files
from teams.mission.contract import Contract
from teams.mission.judging.growth import only_grew
from teams.mission.judging.patterns import PARTLY_SETTINGS, is_setting, is_test, matches, runs_tests

_SYMLINK = 0o120000


@dataclass(frozen=True)
class Breach:
    """A pinned file that was changed by who may not: ``what`` goes on behind the path."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


@dataclass
class Compared:
    """What a change did to pinned files.

    ``restored``: paths to what belongs there (None: nothing), for measuring; ``changed``: all files that differ and
    that may not take part in how tests run, empty where there were no tests yet; ``written``: those that may change.
    """

    breaches: list[Breach] = field(default_factory=list)
    grown: list[str] = field(default_factory=list)
    restored: dict[str, StoredFile | None] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        """What a validator is told of it, in lines."""
        pinned = [f"{breach}: measured as it is pinned, and rejected for it" for breach in self.breaches]
        return [
            *pinned,
            *(f"{path} is a pinned test that grew: see that nothing in it is weaker" for path in self.grown),
        ]

    def note(self, path: str, what: str, pinned: StoredFile | None) -> None:
        self.breaches.append(Breach(path, what))
        self.restored[path] = pinned


class Pins:
    """What a contract pins, looked at in commits of ``project``."""

    def __init__(self, project: Project, contract: Contract) -> None:
        self.project = project
        self._named = tuple({pattern for assertion in contract.assertions for pattern in assertion.tests})
        self._runs_tests = any(runs_tests(assertion.command or "") for assertion in contract.assertions)

    def compare(self, pinned: str, commit: str, *, may_write: Iterable[str] = ()) -> Compared:
        """Return what ``commit`` changes of the files that ``pinned`` pins, apart from those of ``may_write``."""
        before, after = files_of(self.project, pinned), files_of(self.project, commit)
        allowed = tuple(may_write)
        differing = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
        tests_before = any(self._is_test(path) for path in before)
        compared = Compared(written=[path for path in differing if matches(path, allowed)])
        left = [path for path in differing if path not in set(compared.written)]
        compared.changed = left if tests_before else []
        for path in left:
            self._look(compared, path, before.get(path), after.get(path), tests_before=tests_before)
        return compared

    def measured(self, commit: str, compared: Compared, *, author: str) -> str:
        """Return the commit that is measured in place of ``commit``: the pinned files as they were."""
        return with_files(self.project, commit, compared.restored, author=author)

    def is_of_tests(self, path: str) -> bool:
        """Say whether a path is a test's, or decides how tests run."""
        return self._is_test(path) or self._is_setting(path, None) or path.rsplit("/", 1)[-1] in PARTLY_SETTINGS

    def tests_in(self, commit: str) -> dict[str, StoredFile]:
        """Return the tests and the settings of test runners that ``commit`` has."""
        files = files_of(self.project, commit)
        return {path: file for path, file in files.items() if self._is_test(path) or self._is_setting(path, file)}

    def named_in(self, commit: str, patterns: Iterable[str]) -> dict[str, StoredFile]:
        """Return the files of ``commit`` that are tests, or of one of these ``patterns``."""
        wanted = tuple(patterns)
        files = files_of(self.project, commit)
        return {path: file for path, file in files.items() if self._is_test(path) or matches(path, wanted)}

    def _is_test(self, path: str) -> bool:
        return matches(path, self._named) or (self._runs_tests and is_test(path))

    def _is_setting(self, path: str, file: StoredFile | None) -> bool:
        # A symlink can stand for a whole package.
        shown = f"{path}/__init__.py" if file is not None and file.mode == _SYMLINK else path
        return self._runs_tests and (is_setting(path) or is_setting(shown))

    def _look(
        self, compared: Compared, path: str, before: StoredFile | None, after: StoredFile | None, *, tests_before: bool
    ) -> None:
        setting = self._is_setting(path, before or after)
        if path.rsplit("/", 1)[-1] in PARTLY_SETTINGS and self._runs_tests and not matches(path, self._named):
            if tests_before and self._settings(path, before) != self._settings(path, after):
                compared.note(path, "has other settings of pytest than are pinned", before)
        elif before is None and setting and tests_before:
            compared.note(path, "is new, and can change how the pinned tests run", None)
        elif before is not None and (setting or self._is_test(path)):
            self._look_at_pinned(compared, path, before, after, setting=setting)

    def _look_at_pinned(
        self, compared: Compared, path: str, before: StoredFile, after: StoredFile | None, *, setting: bool
    ) -> None:
        if after is None:
            compared.note(path, "was deleted, and is pinned", before)
        elif not setting and after.is_regular and self._only_grew(path, before, after):
            compared.grown.append(path)
        else:
            compared.note(path, "was changed, and is pinned", before)

    def _only_grew(self, path: str, before: StoredFile, after: StoredFile) -> bool:
        return only_grew(path, read_stored(self.project, before), read_stored(self.project, after))

    def _settings(self, path: str, file: StoredFile | None) -> Any:
        content = read_stored(self.project, file) if file is not None else b""
        return pytest_settings(path, content)


def pytest_settings(path: str, content: bytes | None) -> Mapping[str, Any] | bytes | None:
    """Return what a ``pyproject.toml`` or ``setup.cfg`` says to pytest; the bytes where it cannot be read."""
    if content is None:
        return None
    try:
        text = content.decode("utf-8")
        if path.endswith(".toml"):
            said = tomllib.loads(text).get("tool", {}).get("pytest", {})
            return said if isinstance(said, dict) else content
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
        return {name: dict(parser[name]) for name in ("tool:pytest", "pytest") if parser.has_section(name)}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error, AttributeError, RecursionError):
        return content
