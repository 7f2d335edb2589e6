"""Blame: which milestone wrote a line of the user's code."""

import io
import json
import os
import random
from pathlib import Path

import pytest

from onecontext.cli.main import main
from onecontext.errors import NoRepository, UnknownRevision, UsageError
from tests.support.coder import Coder, told


@pytest.fixture
def coder(tmp_path: Path) -> Coder:
    return Coder(tmp_path / "project")


def test_a_line_has_the_milestone_that_names_its_commit(coder: Coder) -> None:
    coder.code("before\n")
    memory = coder.memory()
    memory.step(thought="why not")
    one = coder.milestone(memory, "wrote one", coder.code("before\none\n"), task="first", mission="m-1")

    blame = memory.blame(coder.folder / "app.py", first=2)

    assert told(blame) == [one]
    origin = blame.origins[blame.lines[0].commit or ""]
    assert origin.milestone is not None
    assert (origin.milestone.agent, origin.milestone.task, origin.milestone.mission) == ("ann", "first", "m-1")
    assert blame.known is not None
    assert [step.thought for step in blame.known.steps] == ["why not"]
    assert blame.known.how_to_get.startswith("onecontext context --branch main --at 2026-03-01T12:")


def test_what_was_there_before_the_memory_is_nobodys(coder: Coder) -> None:
    coder.code("before\n")
    memory = coder.memory()
    coder.milestone(memory, "wrote one", coder.code("before\none\n"))

    assert told(memory.blame(coder.folder / "app.py", first=1, last=1)) == [None]


def test_commits_between_two_milestones_belong_to_the_later_one(coder: Coder) -> None:
    memory = coder.memory()
    one = coder.milestone(memory, "one", coder.code("a\n"))
    coder.code("a\nb\n")
    coder.milestone(memory, "a note without code")
    coder.code("a\nb\nc\n")
    two = coder.milestone(memory, "two", coder.code("a\nb\nc\nd\n"))

    assert told(memory.blame(coder.folder / "app.py")) == [one, two, two, two]


def test_work_of_two_branches_is_told_apart_after_both_were_merged(coder: Coder) -> None:
    base = coder.code("top\n\n\n\n\nend\n")
    left, right = coder.memory("left", "lea"), coder.memory("right", "rob")
    coder.git("checkout", "-q", "-b", "l", base)
    one = coder.milestone(left, "left", coder.code("top\nL\n\n\n\nend\n"), task="left")
    coder.git("checkout", "-q", "-b", "r", base)
    two = coder.milestone(right, "right", coder.code("top\n\n\n\nR\nend\n"), task="right")
    coder.minutes += 1
    coder.git("checkout", "-q", "main")
    coder.git("merge", "-q", "--no-ff", "-m", "both", "l")
    coder.git("merge", "-q", "--no-ff", "-m", "both", "r")
    memory = coder.memory()
    memory.merge("left")
    memory.merge("right")
    end = coder.milestone(memory, "all of it", coder.git("rev-parse", "HEAD"))

    found = told(memory.blame(coder.folder / "app.py"))

    assert (found[1], found[4]) == (one, two)
    assert found[0] is None
    assert end not in found


def test_what_was_known_on_a_branch_that_is_gone_is_told_by_the_one_that_has_its_records(coder: Coder) -> None:
    coder.code("before\n")
    main_memory = coder.memory()
    coder.milestone(coder.memory("side"), "wrote it", coder.code("before\nside\n"))
    coder.minutes += 1
    main_memory.merge("side")
    main_memory.delete_branch("side")

    known = main_memory.blame(coder.folder / "app.py", first=2, last=2).known

    assert known is not None
    assert known.how_to_get.startswith("onecontext context --branch main --at ")


def test_a_short_code_commit_is_understood_and_one_that_is_not_here_is_passed_over(coder: Coder) -> None:
    memory = coder.memory()
    commit = coder.code("a\n")
    coder.milestone(memory, "elsewhere", "1234567")
    one = coder.milestone(memory, "one", commit[:9])

    assert told(memory.blame(coder.folder / "app.py")) == [one]


def test_lines_that_no_commit_has_are_told_as_that(coder: Coder) -> None:
    memory = coder.memory()
    one = coder.milestone(memory, "one", coder.code("a\nb\nc\n"))
    (coder.folder / "app.py").write_text("new\na\nchanged\nc\nlast\n")

    blame = memory.blame(coder.folder / "app.py")

    assert [line.text for line in blame.lines] == ["new", "a", "changed", "c", "last"]
    assert told(blame) == [None, one, None, one, None]
    assert [line.commit is None for line in blame.lines] == [True, False, True, False, True]
    assert [line.text for line in memory.blame(coder.folder / "app.py", revision="HEAD").lines] == ["a", "b", "c"]


@pytest.mark.parametrize("seed", range(8))
def test_commits_are_those_that_git_blames(coder: Coder, seed: int) -> None:
    chance = random.Random(seed)
    lines = [f"line {n}" for n in range(30)]
    for turn in range(12):
        for _ in range(3):
            place = chance.randrange(len(lines))
            lines[place : place + chance.randrange(3)] = [f"{turn} {chance.random()}"] * chance.randrange(3)
        coder.code("\n".join(lines) + chance.choice(["", "\n"]))
    lines.insert(chance.randrange(len(lines)), "not committed")
    del lines[chance.randrange(len(lines))]
    (coder.folder / "app.py").write_text("\n".join(lines))
    memory = coder.memory()

    blame = memory.blame(coder.folder / "app.py")

    porcelain = coder.git("blame", "--line-porcelain", "app.py").splitlines()
    theirs = [line.split()[0] for line in porcelain if len(line) > 40 and line[:40].strip("0123456789abcdef") == ""]
    assert [line.commit or "0" * 40 for line in blame.lines] == theirs


def test_a_file_that_was_renamed_keeps_its_milestones(coder: Coder) -> None:
    memory = coder.memory()
    text = "".join(f"line {n}\n" for n in range(20))
    one = coder.milestone(memory, "one", coder.code(text, "old.py"))
    coder.git("mv", "old.py", "new.py")
    coder.minutes += 1
    coder.git("commit", "-q", "-m", "renamed")
    coder.milestone(memory, "renamed", coder.git("rev-parse", "HEAD"))

    assert set(told(memory.blame(coder.folder / "new.py"))) == {one}


def test_a_linked_work_tree_has_its_own_lines(coder: Coder, tmp_path: Path) -> None:
    memory = coder.memory()
    one = coder.milestone(memory, "one", coder.code("a\n"))
    coder.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side" / "app.py").write_text("a\nmine\n")

    assert told(memory.blame(tmp_path / "side" / "app.py")) == [one, None]


def test_a_checkout_with_other_line_ends_is_no_change(coder: Coder) -> None:
    memory = coder.memory()
    one = coder.milestone(memory, "one", coder.code("a\nb\n"))
    (coder.folder / "app.py").write_bytes(b"a\r\nb\r\n")

    assert told(memory.blame(coder.folder / "app.py")) == [one, one]


def test_a_pipe_in_the_files_place_is_not_waited_for(coder: Coder) -> None:
    memory = coder.memory()
    one = coder.milestone(memory, "one", coder.code("a\n"))
    (coder.folder / "app.py").unlink()
    os.mkfifo(coder.folder / "app.py")

    assert told(memory.blame(coder.folder / "app.py")) == [one]


def test_an_empty_file_has_no_lines(coder: Coder) -> None:
    memory = coder.memory()
    coder.milestone(memory, "one", coder.code(""))

    assert memory.blame(coder.folder / "app.py").lines == ()


def test_nothing_of_the_repository_is_run_or_changed(coder: Coder, tmp_path: Path) -> None:
    memory = coder.memory()
    coder.milestone(memory, "one", coder.code("a\n"))
    ran = tmp_path / "ran"
    coder.git("config", "core.fsmonitor", f"touch {ran}")
    coder.git("config", "diff.x.textconv", f"touch {ran};cat")
    coder.git("config", "blame.ignoreRevsFile", "/nowhere")
    (coder.folder / ".git" / "info" / "attributes").write_text("* diff=x filter=x\n")
    before = {path: path.stat().st_mtime_ns for path in (coder.folder / ".git").rglob("*")}

    memory.blame(coder.folder / "app.py")

    assert not ran.exists()
    assert {path: path.stat().st_mtime_ns for path in (coder.folder / ".git").rglob("*")} == before


def test_what_cannot_be_blamed_is_said(coder: Coder, tmp_path: Path) -> None:
    memory = coder.memory()
    coder.code("a\nb\n")
    coder.code("\0", "src/binary")
    (coder.folder / "new.py").write_text("x")

    with pytest.raises(UsageError, match=r"has no file 'new\.py'"):
        memory.blame(coder.folder / "new.py")
    with pytest.raises(UsageError, match="'src' is no file"):
        memory.blame(coder.folder / "src")
    with pytest.raises(UsageError, match="is no text"):
        memory.blame(coder.folder / "src" / "binary")
    with pytest.raises(UsageError, match="2 lines, and no line 3"):
        memory.blame(coder.folder / "app.py", first=3, last=3)
    with pytest.raises(UsageError, match="no lines 2 to 1"):
        memory.blame(coder.folder / "app.py", first=2, last=1)
    with pytest.raises(UnknownRevision, match="no commit 'nowhere'"):
        memory.blame(coder.folder / "app.py", revision="nowhere")
    with pytest.raises(NoRepository):
        memory.blame(tmp_path / "app.py")


def test_the_command_tells_a_line_whole(coder: Coder) -> None:
    memory = coder.memory()
    memory.step(observation="the till counts wrong")
    commit = coder.code("a\nb\n")
    one = coder.milestone(memory, "it counts right", commit, task="count")
    out, err = io.StringIO(), io.StringIO()

    def ask(*argv: str) -> int:
        out.truncate(out.seek(0))
        return main(["blame", *argv], env={}, cwd=coder.folder, stdin=io.StringIO(), stdout=out, stderr=err)

    assert ask("app.py:2") == 0
    assert out.getvalue().startswith(f"{commit[:10]}  ann  {one} count  2) b\n")
    for words in ("it counts right", "the till counts wrong", "Task: count", "context --branch main --at 2026-03-01T"):
        assert words in out.getvalue()
    assert ask("app.py:1-2") == 0
    assert out.getvalue() == f"{commit[:10]}  ann  {one} count  1) a\n{commit[:10]}  ann  {one} count  2) b\n"
    assert ask("app.py", "--json") == 0
    assert json.loads(out.getvalue())["data"]["origins"][commit]["milestone"]["id"] == one
    assert err.getvalue() == ""
    assert ask("app.py:9") == 2
    assert "2 lines, and no line 9" in err.getvalue()


def test_a_file_may_be_called_like_a_line(coder: Coder) -> None:
    memory = coder.memory()
    coder.milestone(memory, "one", coder.code("a\n", "app.py:1"))
    out = io.StringIO()

    code = main(["blame", "app.py:1"], env={}, cwd=coder.folder, stdin=io.StringIO(), stdout=out, stderr=out)

    assert code == 0
    assert out.getvalue().splitlines()[0].endswith("  1) a")


def test_code_that_no_milestone_names_says_how_one_would(coder: Coder) -> None:
    coder.code("a\n")
    coder.memory()
    err = io.StringIO()

    main(["blame", "app.py"], env={}, cwd=coder.folder, stdin=io.StringIO(), stdout=io.StringIO(), stderr=err)

    assert "--code-commit" in err.getvalue()


def test_a_milestone_names_its_code_as_git_would(coder: Coder) -> None:
    memory = coder.memory()
    commit = coder.code("a\n")
    out, err = io.StringIO(), io.StringIO()

    def commit_with(name: str) -> int:
        argv = ["commit", "one", "--code-commit", name]
        return main(argv, env={}, cwd=coder.folder, stdin=io.StringIO(), stdout=out, stderr=err)

    assert commit_with("HEAD") == 0
    assert memory.milestones(limit=1)[0].code_commit == commit
    assert commit_with("nowhere") == 2
    assert "no commit 'nowhere'" in err.getvalue()
    assert len(memory.milestones()) == 1
