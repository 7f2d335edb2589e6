"""``onecontext export`` and ``import``, as a person and as a program meet them."""

import io
import json
from pathlib import Path

import pytest
from contexa import GCCWorkspace

from onecontext.cli.main import main


def run(cwd: Path, *argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(argv, env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    for argv in (["init"], ["step", "-o", "a\n\n  b"], ["commit", "one"], ["branch", "side"], ["tag", "v1"]):
        assert run(tmp_path, *argv)[0] == 0
    return tmp_path


def test_an_export_says_where_it_is_what_is_in_it_and_what_is_not(made: Path) -> None:
    code, out, err = run(made, "export", "--layout", "gcc", "out")

    assert code == 0
    assert out == f"wrote {made}/out/.GCC\n  main: 1 milestone, 1 step\n  side: 0 milestones, 0 steps\n"
    assert err == (
        "1 text shows without indentation or blank lines in readers of that layout; import has them back\n"
        "not carried: 1 tag: the layout has no place for such\n"
    )
    assert run(made, "export", "out")[1].startswith("replaced ")


def test_an_import_says_what_came_as_what_and_the_second_that_it_is_here(made: Path) -> None:
    theirs = GCCWorkspace(str(made / "theirs"))
    theirs.init("goal")
    theirs.branch("Try It", "p")
    theirs.commit("on it")

    code, out, err = run(made, "import", "theirs")

    assert code == 0
    assert "main: 0 milestones, 0 steps added\n  word for word in branches/main/imported/" in out
    assert "new branch try-it: 1 milestone, 0 steps added\n" in out
    assert "'Try It' is called 'try-it' here\n" in err
    assert run(made, "import", "theirs")[:2] == (0, f"already imported: {made}/theirs\n")


def test_programs_are_answered_in_json(made: Path) -> None:
    data = json.loads(run(made, "export", "--json", "out")[1])["data"]
    assert data["branches"][0] == {"name": "main", "milestones": 1, "steps": 1, "reshaped": 1}
    assert (data["path"], data["layout"], data["replaced"]) == (f"{made}/out/.GCC", "gcc", False)

    again = json.loads(run(made, "import", "--json", "out")[1])["data"]
    assert (again["already"], [branch["name"] for branch in again["branches"]]) == (True, ["main", "side"])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["export", "."], "is not empty and holds no earlier export"),
        (["export", "--layout", "svn", "out"], "invalid choice"),
        (["import", "nowhere"], "there is no folder"),
        (["import", "--layout", "timeline", "."], "has no memory in a layout that is known"),
        (["export"], "DIR"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_exit_code_2(made: Path, argv: list[str], words: str) -> None:
    code, out, err = run(made, *argv)

    assert (code, out) == (2, "")
    assert words in err
