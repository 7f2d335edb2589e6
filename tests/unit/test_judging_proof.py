"""What a witness must have said before exit code 0 counts."""

import json
from pathlib import Path
from typing import Any

import pytest

from teams.mission.judging import witnessed
from teams.mission.judging.proof import Expected, expected_from, functions_in, prove
from teams.mission.judging.witnessed import Said, can_be_witnessed, prepare

TWO = Expected({"t.py::test_a": 1, "t.py::test_b": 2})
PASSED = {"t.py::test_a": "passed", "t.py::test_b[1]": "passed", "t.py::test_b[x]": "passed"}


def said(**changes: Any) -> Said:
    whole: dict[str, Any] = {
        "exit": 0,
        "plugins": (),
        "replaced": (),
        "narrowed": False,
        "probed": True,
        "collected": (*PASSED,),
        "selected": (*PASSED,),
        "errors": (),
        "outcomes": PASSED,
        "skipped_by": {},
    }
    return Said(**whole | changes)


def problems(*runs: Said, expected: Expected = TWO, **options: Any) -> str:
    return "; ".join(prove(witnessed.Testimony(runs), expected, **{"required": True, **options}).problems)


def test_a_whole_run_proves_what_was_pinned() -> None:
    proof = prove(witnessed.Testimony((said(),)), TWO, required=True)

    assert (proof.passed, proof.pinned, proof.problems) == (3, 3, ())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"outcomes": PASSED | {"t.py::test_a": "failed"}}, "although these failed: t.py::test_a"),
        ({"errors": ("u.py",)}, "although these failed: u.py"),
        ({"outcomes": {"t.py::test_a": "passed"}}, "although these did not run"),
        ({"selected": (), "outcomes": {}}, "there was no test to run"),
        ({"replaced": ("builtins.len",)}, "builtins.len"),
        ({"skipped_by": {"t.py::test_a": "src/a.py"}}, "t.py::test_a by src/a.py"),
        ({"exit": None, "selected": (), "outcomes": {}}, "before it looked for tests"),
        ({"selected": ("t.py::test_a",), "outcomes": {"t.py::test_a": "passed"}}, "of 3 pinned tests only 1 ran"),
    ],
)
def test_a_run_that_lacks_something_proves_nothing(changes: dict[str, Any], problem: str) -> None:
    assert problem in problems(said(**changes))


def test_cases_may_have_other_names_and_must_be_as_many() -> None:
    renamed = {"t.py::test_a": "passed", "t.py::test_b[y]": "passed", "t.py::test_b[z]": "passed"}

    assert problems(said(outcomes=renamed, selected=(*renamed,))) == ""


def test_a_skip_that_the_test_itself_says_is_told_and_no_problem() -> None:
    skipped = PASSED | {"t.py::test_a": "skipped"}
    proof = prove(
        witnessed.Testimony((said(outcomes=skipped, skipped_by={"t.py::test_a": "tests/t.py"}),)), TWO, required=True
    )

    assert (proof.problems, proof.skipped) == ((), ("t.py::test_a",))


def test_a_plugin_of_the_project_counts_only_as_it_is_pinned() -> None:
    assert problems(said(plugins=("a.py",))) == ""
    assert "a.py" in problems(said(plugins=("a.py",)), changed={"a.py"})


def test_no_word_is_a_problem_only_where_pytest_was_called() -> None:
    assert "left no report" in problems(expected=Expected({}))
    assert problems(expected=Expected({}), required=False) == ""


def test_what_could_not_be_imported_yet_is_read() -> None:
    content = b"import later\ndef test_a(): pass\nclass TestB:\n    def test_c(self): pass\n    def other(self): pass\n"
    before = witnessed.Testimony((said(selected=("t.py::test_z",), errors=("tests/u.py",)),))

    expected = expected_from(before, {"sub/tests/u.py": content})

    assert expected.counts == {"t.py::test_z": 1, "tests/u.py::test_a": 1, "tests/u.py::TestB::test_c": 1}
    assert functions_in("a.py", b"def broken(") == []


def test_of_files_that_the_task_may_write_nothing_is_expected() -> None:
    before = witnessed.Testimony((said(selected=("t.py::test_a", "u.py::test_b")),))

    assert expected_from(before, {}, but={"sub/t.py"}).counts == {"u.py::test_b": 1}
    assert expected_from(before, {}, but={"conftest.py"}).counts == {}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / ".git" / "info").mkdir(parents=True)
    return tmp_path


def line(key: str, body: dict[str, Any]) -> str:
    text = json.dumps(body)
    return json.dumps({"digest": witnessed._digest(key, text), "body": text}) + "\n"


def test_only_what_the_witness_wrote_in_its_order_is_believed(copy: Path) -> None:
    prepared = prepare(copy, "pytest")
    file = copy / prepared.name / "said"
    begin, end = line(prepared.key, {"event": "begin"}), line(prepared.key, {"event": "end", **said().model_dump()})

    assert prepared.testimony() == witnessed.Testimony()
    file.write_text(begin + end)
    assert prepared.testimony() == witnessed.Testimony((said(),))
    for text, why in [
        (begin, "ended before"),
        (end, "forged"),
        (begin + begin, "forged"),
        (begin + end + begin, "forged"),  # a key is for one pytest
        (begin + line("0" * 64, {"event": "end"}), "forged"),
        ("[]\n", "forged"),
        ("\udcff\n", "forged"),
    ]:
        file.write_text(text, encoding="utf-8", errors="surrogateescape")
        assert why in prepared.testimony().broken


def test_a_report_that_is_no_file_is_not_opened(copy: Path) -> None:
    prepared = prepare(copy, "pytest")
    (copy / prepared.name / "said").symlink_to("/etc/passwd")

    assert "no report" in prepared.testimony().broken


def test_a_command_keeps_its_own_settings_behind_ours(copy: Path) -> None:
    command = prepare(copy, "PYTHONPATH=src PYTEST_ADDOPTS='-x' pytest").command

    assert 'PYTHONPATH="$ONECONTEXT_PYTHONPATH:"src' in command
    assert "PYTEST_ADDOPTS=\"$ONECONTEXT_PYTEST_ADDOPTS \"'-x'" in command
    assert not can_be_witnessed("python -I -m pytest")
    assert not can_be_witnessed("env -i pytest")
    assert can_be_witnessed("python -m pytest -I")
