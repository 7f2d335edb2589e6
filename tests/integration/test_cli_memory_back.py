"""Going back, names, pins and conflicts on the command line, as a person and as a program meet them."""

from pathlib import Path

import pytest

from onecontext import Memory
from tests.support.memory import check
from tests.support.shell import Shell


@pytest.fixture
def made(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    for command in (["init"], ["step", "-o", "s1"], ["commit", "one"], ["commit", "two"]):
        assert shell(*command).code == 0
    return shell


def last_words(log: str) -> list[str]:
    return [line.split("  ")[-1] for line in log.splitlines()]


def test_going_back_and_forth_with_what_the_command_says(made: Shell) -> None:
    one = made("log", "--json").data[-1]["id"]
    made("step", "-o", "pending")

    back = made("rollback", one)

    assert (back.code, last_words(made("log").out)) == (0, ["one"])
    assert "1 pending step stays pending" in back.err
    undo = back.err.split("'")[1].split()
    assert undo[:2] == ["onecontext", "rollback"]
    assert made(*undo[1:]).code == 0
    assert last_words(made("log").out) == ["two", "one"]
    assert made("rollback", "main", "--json").data["already"] is True
    check(made.cwd / ".onecontext")


def test_tags_from_their_making_to_their_end(made: Shell) -> None:
    assert made("tag", "v1", "--json").data["subject"] == "two"
    made("commit", "three")

    assert [tag["name"] for tag in made("tag", "--json").data] == ["v1"]
    assert made("tag").out.startswith("v1 ")
    assert "two" in made("show", "v1").out
    assert made("rollback", "v1").code == 0
    assert last_words(made("log").out) == ["two", "one"]
    assert made("tag", "--delete", "v1").code == 0
    assert made("tag", "--json").data == []


def test_a_branch_goes_and_comes_back(made: Shell) -> None:
    made("branch", "b")
    made("step", "-o", "x", "--branch", "b")
    refused = made("branch", "--delete", "b")
    made("commit", "on b", "--branch", "b")

    gone = made("branch", "--delete", "b", "--json")

    assert refused.code == 2
    assert "onecontext commit --branch b" in refused.err
    assert gone.data["kept"].startswith("refs/onecontext/deleted/b/")
    assert "branch --restore b" in gone.err
    assert made("branch", "--deleted", "--json").data == ["b"]
    assert [branch["name"] for branch in made("branch", "--json").data] == ["main"]
    assert made("branch", "--restore", "b").code == 0
    assert last_words(made("log", "--branch", "b").out) == ["on b"]


def test_pins_are_listed_and_taken_out(made: Shell) -> None:
    assert made("pin", "never floats", "--json").data["facts"] == ["never floats"]
    assert made("commit", "three", "--pin", "round once", "--pin", "in cents").code == 0
    assert made("pin", "-", stdin="from stdin\n").code == 0

    assert made("pin", "--json").data == ["never floats", "round once", "in cents", "from stdin"]
    assert made("pin").out == "- never floats\n- round once\n- in cents\n- from stdin\n"
    assert "- round once\n" in made("context").out
    assert "is pinned already" in made("pin", "in cents").out
    assert made("unpin", "from").code == 0
    assert made("pin", "--json").data == ["never floats", "round once", "in cents"]


def test_conflicts_are_listed_and_settled_one_by_one(made: Shell) -> None:
    memory = Memory.open(made.cwd)
    memory.write_main("# R\n\n## A\n\nbase\n\n## B\n\nbase\n\n## C\n\nbase\n")
    memory.create_branch("b").write_main("# R\n\n## A\n\ntheirs\n\n## B\n\ntheirs\n\n## C\n\ntheirs\n")
    memory.write_main("# R\n\n## A\n\nours\n\n## B\n\nours\n\n## C\n\nours\n")
    merged = made("merge", "b")
    a, b, c = (conflict["id"] for conflict in made("conflicts", "--json").data)

    told = made("conflicts").out
    assert "onecontext conflicts" in merged.err
    assert [word for word in (a, b, c, "main.md, ## A", "ours:", "theirs:", "merged b at ") if word not in told] == []
    assert made("conflicts", "resolve", a, "--theirs", "--json").data["left"] == 2
    assert made("conflicts", "resolve", b, "--ours").code == 0
    assert made("conflicts", "resolve", c, "--text", "-", stdin="both\n").out.endswith("0 left\n")
    assert made("conflicts").err == "no conflict is open\n"
    assert "resolved: theirs by agent" in made("conflicts", "--all").out
    assert memory.read_main().startswith("# R\n\n## A\n\ntheirs\n\n## B\n\nours\n\n## C\n\nboth\n")


def test_times_and_pages(made: Shell) -> None:
    two, one = made("log", "--json").data

    assert made("log", "--before", two["id"], "--json").data == [one]
    assert made("log", "-n", "1", "--at", "2999-01-01", "--json").data == [two]
    assert made("show", "--at", "2999-01-01", "--json").data["id"] == two["id"]
    assert made("diff", "--at", "2999-01-01").out == ""
    assert "two" in made("diff", one["id"]).out
    assert made("context", "--at", "2999-01-01").out == made("context").out
    assert made("log", "--graph", "--at", "2999-01-01").out == made("log", "--graph").out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["rollback", "zzz"], "is no branch, no tag"),
        (["tag", "Not/ok"], "cannot name a tag"),
        (["tag", "main"], "there is a branch"),
        (["tag", "--delete", "none"], "no tag 'none'"),
        (["tag", "x", "--delete", "y"], "makes none"),
        (["branch", "--delete", "main"], "is the current branch"),
        (["branch", "--delete", "../x"], "cannot name a branch"),
        (["branch", "--restore", "none"], "no deleted branch 'none'"),
        (["branch", "x", "--delete", "y"], "one at a time"),
        (["pin", " "], "needs words"),
        (["unpin", "none"], "no pinned fact"),
        (["commit", "x", "--pin", ""], "needs words"),
        (["conflicts", "resolve"], "say which conflict"),
        (["conflicts", "resolve", "x", "--ours"], "no conflict 'x'"),
        (["conflicts", "--ours"], "resolve one conflict"),
        (["log", "--at", "yesterday"], "is no time"),
        (["log", "--at", "1999-01-01"], "had not begun"),
        (["log", "--before", "none"], "no record here"),
        (["log", "--graph", "--before", "x"], "no pages"),
        (["context", "--at", "1999-01-01"], "had not begun"),
        (["show", "main@1999-01-01"], "had not begun"),
        (["diff"], "needs a revision"),
        (["diff", "--at", "never"], "is no time"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(made: Shell, argv: list[str], says: str) -> None:
    answer = made(*argv)

    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "argv", [["rollback", "x"], ["tag"], ["pin"], ["unpin", "x"], ["conflicts"], ["branch", "--delete", "x"]]
)
def test_without_a_memory_each_command_says_what_to_run(tmp_path: Path, argv: list[str]) -> None:
    answer = Shell(tmp_path)(*argv)

    assert answer.code == 3
    assert "onecontext init" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_control_characters_of_agents_never_reach_a_terminal(made: Shell) -> None:
    nasty = "c\x1b]0;title\x07\u202e"
    made("pin", nasty)
    made("commit", nasty)
    made("tag", "v1")

    for argv in (["pin"], ["tag"], ["show", "v1"], ["context"], ["rollback", "v1"]):
        answer = made(*argv)
        assert not set(answer.out + answer.err) & {"\x1b", "\x07", "\u202e"}, argv
