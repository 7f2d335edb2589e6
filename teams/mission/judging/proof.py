"""What is wrong with a command that exits 0, by what the witness says and by the tests that were there before.

Rule 1: exit code 0 is what pytest says of itself; it counts only when the tests that were pinned ran, and passed.
Rule 2: this file does no input or output.
"""

import ast
import posixpath
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from teams.mission.judging.patterns import PARTLY_SETTINGS, is_setting, is_test, matches
from teams.mission.judging.witnessed import Said, Testimony

SHOWN = 5
_LOOKED_FOR_TESTS = (0, 1, 2, 5)
_DEFAULT_NAMES = ("test_*.py", "*_test.py")


@dataclass(frozen=True)
class Expected:
    """What the command collects at the pinned commit. ``counts``: functions (node ids without parameters) to cases."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Proof:
    """What ran: ``passed`` tests, of which so many were ``pinned``; ``problems`` is why exit 0 does not count.

    ``looked`` is what the tested code looked at, and is asked about.
    """

    passed: int = 0
    pinned: int = 0
    skipped: tuple[str, ...] = ()
    probed: bool = True
    looked: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def expected_from(
    testimony: Testimony,
    pinned_tests: Mapping[str, bytes],
    *,
    but: Collection[str] = (),
    measured: Testimony = Testimony(),  # noqa: B008  # frozen
) -> Expected:
    """Return what a run that only collected, at the pinned commit, found.

    A file that could not be imported there, because what it tests was not written yet, is read instead; all that the
    command looks for where no test could be counted there at all.

    Args:
        pinned_tests: paths of tests at the pinned commit to their content.
        but: files that the task may write: of their tests none is expected, and none at all where settings are new.
        measured: what was said of the work itself.
    """
    counts: Counter[str] = Counter()
    if any(is_setting(path) or path.rsplit("/", 1)[-1] in PARTLY_SETTINGS for path in but):
        return Expected({})
    for said in testimony.runs:
        counts.update(_function(node) for node in said.selected)
        if not said.narrowed:
            for path in said.errors:
                counts.update(functions_in(path, _content(path, pinned_tests)))
    if not counts and not was_counted(testimony):
        counts.update(node for said in measured.runs if not said.narrowed for node in _read(said, pinned_tests))
    return Expected({node: count for node, count in counts.items() if not _lies_in(node, but)})


def was_counted(testimony: Testimony) -> bool:
    """Say whether pytest came so far as to look for tests: its settings were in order, or it was not begun."""
    begun = testimony.runs or testimony.broken
    return not begun or any(said.exit in _LOOKED_FOR_TESTS and not _in_folders(said) for said in testimony.runs)


def _in_folders(said: Said) -> list[str]:
    """Return the folders that could not be looked into, as where their ``conftest.py`` is broken."""
    return [node for node in said.errors if not node.endswith(".py") and "::" not in node]


def _read(said: Said, pinned_tests: Mapping[str, bytes]) -> list[str]:
    """Return the tests that a run should have found, read from the files."""
    found = []
    for path, content in pinned_tests.items():
        if matches(path.rsplit("/", 1)[-1], _DEFAULT_NAMES) and any(
            matches(path, [at]) or at == "." for at in said.among
        ):
            found += functions_in(posixpath.relpath(path, said.root), content)
    return found


def _content(path: str, files: Mapping[str, bytes]) -> bytes:
    return next((content for name, content in files.items() if _lies_in(path, [name])), b"")


def _lies_in(node: str, files: Collection[str]) -> bool:
    """Say whether a node id is of one of these files; it begins where pytest was started, perhaps below the top."""
    path = node.split("::", 1)[0]
    return any(file == path or file.endswith(f"/{path}") for file in files)


def functions_in(path: str, content: bytes) -> list[str]:
    """Return the node ids of the tests in a file as pytest names them by default; none where it cannot be read."""
    try:
        body = ast.parse(content).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = [f"{path}::{name}" for name in _tests(body)]
    for statement in body:
        if isinstance(statement, ast.ClassDef) and statement.name.startswith("Test"):
            found += [f"{path}::{statement.name}::{name}" for name in _tests(statement.body)]
    return list(dict.fromkeys(found))


def prove(testimony: Testimony, expected: Expected, *, required: bool, changed: Collection[str] = ()) -> Proof:
    """Return what a command that exits 0 proves.

    Args:
        required: the command runs pytest, so a run without a witness is a problem.
        changed: files that differ from the pinned commit and that the author may not have changed.
    """
    runs = testimony.runs
    problems = [*([testimony.broken] if testimony.broken else []), *of_touched(testimony.touched)]
    if required and not runs and not problems:
        problems.append("pytest left no report of what it ran: it never started, or without PYTEST_ADDOPTS")
    for said in runs:
        problems += _of_run(said, changed)
    outcomes = [(node, outcome) for said in runs for node, outcome in said.outcomes.items()]
    problems += _missing(outcomes, expected)
    if outcomes and not problems and all(outcome == "skipped" for _, outcome in outcomes):
        problems.append(
            f"the exit code is 0 although none passed; these were skipped: {_some(node for node, _ in outcomes)}"
        )
    passed = Counter(_function(node) for node, outcome in outcomes if outcome == "passed")
    return Proof(
        passed=passed.total(),
        pinned=sum(min(passed[function], count) for function, count in expected.counts.items()),
        skipped=tuple(
            node for node, outcome in outcomes if outcome == "skipped" and _function(node) in expected.counts
        ),
        probed=all(said.probed for said in runs),
        looked=tuple(dict.fromkeys(what for said in runs for what in said.looked)),
        problems=tuple(problems),
    )


def of_touched(paths: Collection[str]) -> tuple[str, ...]:
    """Return what is wrong where pinned files were written while a command ran; () where none was."""
    return (f"while it ran, something wrote these, which are pinned: {_some(paths)}",) if paths else ()


def prove_apart(
    testimony: Testimony, exit_code: int | None, expected: Expected, *, beside: Collection[str]
) -> tuple[str, ...]:
    """Return why pinned tests that passed prove nothing: they do not without the new files ``beside`` them."""
    proof = prove(testimony, expected, required=True)
    if exit_code == 0 and not proof.problems:
        return ()
    failed = [node for said in testimony.runs for node, outcome in said.outcomes.items() if outcome == "failed"]
    failed += [node for said in testimony.runs for node in said.errors]
    why = f"these fail: {_some(failed)}" if failed else "; ".join(proof.problems) or f"the command exits {exit_code}"
    return (f"without what came new beside them ({_some(beside)}) the pinned tests do not pass; {why}",)


def _of_run(said: Said, changed: Collection[str]) -> Iterable[str]:
    failed = [node for node, outcome in said.outcomes.items() if outcome == "failed"]
    unfinished = [node for node in said.selected if said.outcomes.get(node, "begun") == "begun"]
    if said.exit is None:
        yield "pytest ended before it looked for tests"
    if failed or said.errors:
        yield f"the exit code is 0 although these failed: {_some([*failed, *said.errors])}"
    if unfinished:
        yield f"the exit code is 0 although these did not run: {_some(unfinished)}"
    if said.exit == 0 and not said.selected:
        yield "the exit code is 0 although there was no test to run"
    if said.refused:
        yield f"the project's code tried to change what it is measured by: {_some(said.refused)}"
    if said.replaced:
        yield f"the project's code replaced what tests stand on: {_some(said.replaced)}"
    taking_part = [path for path in said.plugins if path in changed]
    if taking_part:
        yield f"these take part in how tests run, and are not what is pinned: {_some(taking_part)}"
    by_product = {node: path for node, path in said.skipped_by.items() if not is_test(path) and not is_setting(path)}
    if by_product:
        yield "these were skipped by what they test: " + _some(f"{node} by {path}" for node, path in by_product.items())


def _missing(outcomes: Iterable[tuple[str, str]], expected: Expected) -> list[str]:
    ran = Counter(_function(node) for node, _ in outcomes)
    missing = [function for function, count in expected.counts.items() if ran[function] < count]
    if not missing:
        return []
    there = sum(min(ran[function], count) for function, count in expected.counts.items())
    return [f"of {expected.total} pinned tests only {there} ran; these did not, or not in every case: {_some(missing)}"]


def _tests(body: Iterable[ast.stmt]) -> list[str]:
    functions = (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [function.name for function in functions if function.name.startswith("test")]


def _function(node: str) -> str:
    """Return a node id without its parameters, which a project may well compute."""
    return node.split("[", 1)[0]


def _some(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more
