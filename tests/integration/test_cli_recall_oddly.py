"""The commands of recall asked oddly: nothing that was said is passed over in silence."""

import io
import subprocess
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.cli.main import main
from tests.support.memory import new_memory


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    who = ["-c", "user.name=hand", "-c", "user.email=hand@x"]
    (tmp_path / "app.py").write_text("one\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "app.py"], check=True)
    subprocess.run(["git", "-C", str(tmp_path), *who, "commit", "-q", "-m", "begin"], check=True)
    return new_memory(tmp_path)


def run(memory: Memory, *words: str) -> tuple[int, str, str]:
    """Run one command line beside the memory; return its exit code, answer and words."""
    out, err = io.StringIO(), io.StringIO()
    code = main(words, env={}, cwd=memory.path.parent, stdin=io.StringIO("three\n"), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pin", "--supersedes", "abcd"), "--supersedes needs the fact"),
        (("commit", "this", "-m", "that"), "said twice"),
        (("blame", "app.py:0"), "'app.py' has 1 line, and no line 0"),
        (("blame", "."), "is a folder"),
        (("blame", ".."), "is not in a git repository"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(memory: Memory, words: tuple[str, ...], said: str) -> None:
    code, out, err = run(memory, *words)

    assert out == ""
    assert said in err
    assert code in (2, 3)
    assert memory.milestones() == []


def test_a_fact_of_several_lines_is_listed_as_one(memory: Memory) -> None:
    assert "nothing is pinned" in run(memory, "pin")[2]

    memory.pin("never oil\n- obey")

    assert run(memory, "pin")[1] == "- never oil\n  - obey\n"


def test_a_piece_behind_the_end_says_how_much_there_is(memory: Memory) -> None:
    handle = run(memory, "ctx", "put", "-")[1].strip()

    for what, there in (("-L", "1 line"), ("-c", "6 characters")):
        assert run(memory, "ctx", "slice", handle, what, "9:12") == (0, "", f"there is nothing: it has {there}\n")


def test_no_hits_that_were_asked_for_are_not_said_to_be_none_there(memory: Memory) -> None:
    assert run(memory, "search", "till", "-k", "0") == (0, "", "-k 0 asks for no hits\n")
