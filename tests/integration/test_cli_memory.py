"""The memory commands, as a person and as a program meet them."""

import subprocess
import sys
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.text.tokens import default_counter
from tests.support.memory import check, recalled
from tests.support.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_line_of_a_megabyte_is_kept_whole_and_not_thrown_at_the_terminal(shell: Shell) -> None:
    shell("init")

    recorded = shell("commit", "-", stdin="x" * 1_000_000)

    assert len(recorded.out) < 1000
    assert len(shell("log").out) < 1000
    assert shell("show", "--json").data["contribution"] == "x" * 1_000_000


@pytest.fixture
def made(shell: Shell) -> Shell:
    assert shell("init", "--purpose", "a till").code == 0
    return shell


def _git(folder: Path, *args: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *args], check=True, capture_output=True, text=True).stdout


def test_a_first_session(shell: Shell) -> None:
    for command in (
        ["init", "-p", "a till"],
        ["step", "-o", "tests fail", "-t", "floats", "-a", "use decimals"],
        ["commit", "totals are exact"],
        ["branch", "receipts", "--purpose", "print them"],
        ["switch", "receipts"],
        ["step", "-a", "wrote a printer"],
        ["commit", "-m", "receipts print"],
        ["switch", "main"],
        ["merge", "receipts", "-m", "they look fine"],
    ):
        answer = shell(*command)
        assert (answer.code, command) == (0, command), answer.err

    log = shell("log").out.splitlines()
    assert [line.split("  ")[-1] for line in log] == [
        "Merged receipts: they look fine",
        "receipts print",
        "totals are exact",
    ]
    assert "use decimals" in shell("log", "--steps").out
    assert "|\\" in shell("log", "--graph").out
    assert "they look fine" in shell("show").out
    assert "print them" in shell("branch").out
    assert "Merged receipts: they look fine\n" in shell("diff", "receipts").out
    check(shell.cwd / ".onecontext")


def test_init_in_a_repository_lies_at_its_top_and_is_left_alone_by_git(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / "src/deep").mkdir(parents=True)
    shell = Shell(tmp_path / "src/deep")

    answer = shell("init")
    again = shell("init")

    assert (answer.code, again.code) == (0, 0)
    assert (tmp_path / ".onecontext/format").exists()
    assert ".git/info/exclude" in answer.err
    assert "is there already" in again.out
    assert again.err == ""
    assert _git(tmp_path, "status", "--porcelain") == ""
    assert (tmp_path / ".git/info/exclude").read_text().splitlines().count(".onecontext/") == 1
    assert shell("step", "-o", "x").code == 0


def test_a_work_tree_of_the_users_shares_the_repositorys_memory(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q", "repo")
    _git(tmp_path / "repo", "-c", "user.name=p", "-c", "user.email=p@x", "commit", "-q", "--allow-empty", "-m", "x")
    _git(tmp_path / "repo", "worktree", "add", "-q", str(tmp_path / "tree"))
    shell = Shell(tmp_path / "tree")

    assert shell("init").code == 0

    assert (tmp_path / "repo/.onecontext/format").exists()
    assert shell("step", "-o", "x").code == 0
    assert _git(tmp_path / "repo", "status", "--porcelain") == ""
    assert _git(tmp_path / "tree", "status", "--porcelain") == ""


def test_team_folders_inside_the_memory_are_not_memory(made: Shell) -> None:
    for name in ("teams", "tasks", "work"):
        (made.cwd / ".onecontext" / name).mkdir()
        (made.cwd / ".onecontext" / name / "x").write_text("x")

    assert _git(made.cwd / ".onecontext", "status", "--porcelain") == ""


def test_every_command_answers_in_json(made: Shell) -> None:
    step = made("step", "-o", "o", "--json").data
    commit = made("commit", "c", "--task", "t-1", "--json").data
    made("branch", "b", "--json")
    made("commit", "d", "--branch", "b")

    assert (step["n"], step["observation"], step["branch"]) == (1, "o", "main")
    assert (commit["contribution"], commit["task"], len(commit["commit"])) == ("c", "t-1", 40)
    assert [branch["name"] for branch in made("branch", "--json").data] == ["b", "main"]
    assert made("merge", "b", "--json").data["already"] is False
    assert made("merge", "b", "--json").data["already"] is True
    assert [m["contribution"][:8] for m in made("log", "--json").data] == ["Merged b", "d", "c"]
    assert [s["observation"] for s in made("log", "--steps", "--json").data] == ["o"]
    assert made("log", "--graph", "-n", "1", "--json").data[0]["commit"]["refs"] == ["main"]
    assert made("context", "--budget", "50", "--json").data["tokens"] <= 50
    assert made("show", "b", "--json").data["contribution"] == "d"
    assert made("diff", "b", "--json").data["new"] == "main"
    assert made("switch", "b", "--json").data == {"branch": "b"}
    assert made("init", "--json").data["created"] is False


def test_who_writes_comes_from_the_option_then_the_environment(made: Shell) -> None:
    env = {"ONECONTEXT_AGENT": "from-env"}

    assert made("step", "-o", "x", "--json", "--agent", "ann", env=env).data["agent"] == "ann"
    assert made("step", "-o", "x", "--json", env=env).data["agent"] == "from-env"
    assert made("step", "-o", "x", "--json").data["agent"] == "agent"
    assert made("step", "-o", "x", "--agent", "Not A Name").code == 2
    assert made("step", "-o", "x", "--agent", "").code == 2


def test_a_step_is_read_from_stdin_as_json(made: Shell) -> None:
    assert made("step", "-", stdin='{"observation": "o\\n", "action": "a"}').code == 0

    step = Memory.open(made.cwd).steps()[0]
    assert (step.observation, step.thought, step.action) == ("o\n", "", "a")


@pytest.mark.parametrize("stdin", ["", "[]", '{"observation": 1}', '{"observe": "x"}', "{}"])
def test_what_is_no_step_on_stdin_is_refused(made: Shell, stdin: str) -> None:
    answer = made("step", "-", stdin=stdin)

    assert answer.code == 2
    assert Memory.open(made.cwd).steps() == []


def test_a_contribution_is_read_from_stdin(made: Shell) -> None:
    made("commit", "-", stdin="two\nlines\n")

    assert Memory.open(made.cwd).milestones()[0].contribution == "two\nlines\n"


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["commit"], 2, "needs a contribution"),
        (["commit", " "], 2, "needs a contribution"),
        (["step"], 2, "needs an observation"),
        (["branch", "Not/ok"], 2, "cannot name a branch"),
        (["branch", "main"], 2, "there is a branch 'main' already"),
        (["switch", "none"], 2, "there are main"),
        (["switch", "main", "--purpose", "x"], 2, "goes with --create"),
        (["merge", "main"], 2, "into itself"),
        (["log", "-n", "-1"], 2, "below 0"),
        (["context", "--budget", "-1"], 2, "0 or more"),
        (["context", "--metadata", "none"], 2, "there are created"),
        (["context", "--commit", "ffff"], 2, "no milestone"),
        (["context", "--branch", "none"], 2, "no branch 'none'"),
        (["show", "ffff"], 2, "nothing is called"),
        (["show"], 2, "holds no milestone"),
        (["diff", "zzz"], 2, "no branch"),
        (["commit", "x", "--task", "a\nMission: b"], 2, "cannot be a task"),
        (["commit", "x", "--branch", "none"], 2, "no branch 'none'"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(made: Shell, argv: list[str], code: int, says: str) -> None:
    answer = made(*argv)

    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("word", ["step", "commit", "branch", "switch", "merge", "log", "context", "show", "diff"])
def test_without_a_memory_each_command_says_what_to_run(shell: Shell, word: str) -> None:
    given = {"commit": ["x"], "switch": ["x"], "merge": ["x"], "diff": ["x"], "step": ["-o", "x"]}.get(word, [])

    answer = shell(word, *given)

    assert answer.code == 3
    assert "onecontext init" in answer.err
    assert list(shell.cwd.iterdir()) == []


def test_a_context_is_never_above_its_budget_by_the_counter_it_names(made: Shell) -> None:
    for number in range(6):
        made("step", "-o", f"observation {number} " + "long words " * 30)
        made("commit", f"milestone {number} " + "with a long story " * 20)
    made("step", "-o", "pending 漢字 🙂 " * 20)
    counter = default_counter()

    for budget in [*range(12), 20, 33, 50, 77, 120, 200, 400, 1000, 5000]:
        answer = made("context", "--budget", str(budget))
        assert answer.code == 0
        assert counter.count(answer.out.removesuffix("\n")) <= budget
        assert counter.name in answer.err
        assert budget >= 5000 or "left out" in answer.err


def test_the_depths_of_a_context(made: Shell) -> None:
    made("step", "-o", "first step")
    one = made("commit", "one", "--json").data["id"]
    made("commit", "two")
    made("branch", "b", "--purpose", "other work")

    bare = made("context").out
    assert "Purpose: a till" in bare
    assert "Other branches (1)\nb" in bare
    assert "# Roadmap" in bare
    assert "Purpose: other work" in made("context", "--branch", "b").out
    assert "Other branches" not in made("context", "--branch", "b").out
    assert "Purpose: a till\n\none\n\n## Step 1 " in recalled(made("context", "--commit", one[:6]).out)
    assert "first step" in made("context", "--log").out
    assert recalled(made("context", "--metadata", "purpose").out) == "## Metadata of main: purpose\npurpose: a till"
    assert "## Milestone " not in recalled(made("context", "-k", "0").out)


def test_control_characters_of_agents_never_reach_a_terminal(made: Shell) -> None:
    made("step", "-o", "a\x1b[31mred\x07\u202e")
    made("commit", "c\x1b]0;title\x07")

    for argv in (
        ["log"],
        ["log", "--steps"],
        ["log", "--graph"],
        ["show"],
        ["context"],
        ["context", "--log"],
        ["diff", "main"],
    ):
        answer = made(*argv)
        assert not set(answer.out + answer.err) & {"\x1b", "\x07", "\u202e"}, argv


def test_a_merge_tells_conflicts_and_what_stayed_pending(made: Shell) -> None:
    main_branch = Memory.open(made.cwd)
    main_branch.write_main("# R\n\n## Goal\n\nbase\n")
    branch = main_branch.create_branch("b")
    branch.write_main("# R\n\n## Goal\n\ntheirs\n")
    main_branch.write_main("# R\n\n## Goal\n\nours\n")
    branch.step("pending")

    answer = made("merge", "b")

    assert answer.code == 0
    assert "both changed 'main.md, ## Goal'" in answer.err
    assert "1 pending step of b" in answer.err


def test_it_runs_as_a_process(made: Shell) -> None:
    command = [sys.executable, "-m", "onecontext"]

    done = subprocess.run([*command, "step", "-o", "x"], cwd=made.cwd, capture_output=True, text=True, check=True)
    subprocess.run([*command, "commit", "y"], cwd=made.cwd, capture_output=True, check=True)
    log = subprocess.run([*command, "log"], cwd=made.cwd, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("step 1 on main [")
    assert log.stdout.rstrip().endswith("y")
