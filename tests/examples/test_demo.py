"""``make demo`` as a user runs it: what it shows happened, and what happens follows from the script's patches."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.missions import events_of, git

EXAMPLE = Path(__file__).parents[2] / "examples" / "first-light"


def run_demo(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(EXAMPLE / "demo.py"), "--folder", str(folder), *arguments]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple["subprocess.CompletedProcess[str]", Path]:
    folder = tmp_path_factory.mktemp("demo")
    return run_demo(folder), folder / "till"


@pytest.mark.timeout(300)
class TestDemo:
    """One run, looked at from several sides."""

    def test_it_ends_with_tests_that_were_really_run(
        self, shown: tuple["subprocess.CompletedProcess[str]", Path]
    ) -> None:
        ran, shop = shown

        assert ran.returncode == 0, ran.stderr
        assert "before:  7 failed, 13 passed" in ran.stdout
        assert "after:   22 passed" in ran.stdout
        assert "the checkout is as it was" in ran.stdout
        assert git(shop, "status", "--short") == ""

    def test_it_says_that_the_words_are_scripted_and_what_to_type_next(
        self, shown: tuple["subprocess.CompletedProcess[str]", Path]
    ) -> None:
        ran, _ = shown

        assert "scripted" in ran.stderr
        assert "The words came from a script" in ran.stdout
        for word in ("log --graph", "board", "monitor", "--model anthropic/"):
            assert word in ran.stdout

    def test_one_attempt_is_rejected_because_a_command_exits_non_zero(
        self, shown: tuple["subprocess.CompletedProcess[str]", Path]
    ) -> None:
        _, shop = shown

        verdicts = [(e.task, e.attempt, e.data["verdict"]) for e in events_of(shop, "verdict.given")]
        failed = [(e.task, e.attempt) for e in events_of(shop, "verify.command") if e.data["exit_code"]]

        assert [verdict for verdict in verdicts if verdict[2] == "rejected"] == [("2", 1, "rejected")]
        assert ("2", 2, "accepted") in verdicts
        assert failed == [("2", 1)]

    def test_two_workers_work_at_the_same_time_and_the_third_task_waits_for_both(
        self, shown: tuple["subprocess.CompletedProcess[str]", Path]
    ) -> None:
        _, shop = shown
        claimed = [e for e in events_of(shop, "task.claimed") if e.attempt == 1]
        submitted = {e.task: e.seq for e in reversed(events_of(shop, "task.submitted"))}
        completed = {e.task: e.seq for e in events_of(shop, "task.completed")}

        assert {claimed[0].agent, claimed[1].agent} == {"worker-1", "worker-2"}
        assert max(claimed[0].seq, claimed[1].seq) < min(submitted["1"], submitted["2"])
        assert claimed[2].task == "3"
        assert claimed[2].seq > max(completed["1"], completed["2"])

    def test_both_repositories_are_sound(self, shown: tuple["subprocess.CompletedProcess[str]", Path]) -> None:
        _, shop = shown

        git(shop, "fsck", "--strict")
        git(shop / ".onecontext", "fsck", "--strict")
        assert "Merged" in git(shop / ".onecontext", "log", "--graph", "--all", "--format=%s")


GIVES_UP = """\
version: 1
conversations:
  - role: orchestrator
    attempt: 2
    turns:
      - call: [{tool: stop_mission, args: {ending: blocked, reason: the prices stay wrong}}]
"""


@pytest.mark.timeout(300)
def test_another_patch_in_the_script_brings_another_outcome(tmp_path: Path) -> None:
    script = shutil.copytree(EXAMPLE / "script", tmp_path / "script")
    workers = (script / "workers.yaml").read_text()
    right, wrong = "return int(Decimal(text) * 100)", "return int(Decimal(text) * 10)"
    assert workers.count(right) == 1
    # The model still says that it is done, claims nothing, and no longer waits to see its tests pass.
    lazy = workers.replace(right, wrong).replace("      - expect: passed\n", "      - expect: exit code\n", 1)
    (script / "workers.yaml").write_text(lazy.replace("              claims: [VAL-MONEY-001]\n", ""))
    (script / "again.yaml").write_text(GIVES_UP)

    ran = run_demo(tmp_path / "demo", "--script", str(script))

    assert ran.returncode == 10, ran.stderr
    assert "blocked" in ran.stdout
    assert "failed" in ran.stdout.partition("after:")[2].splitlines()[0]
    shop = tmp_path / "demo" / "till"
    rejected = [e for e in events_of(shop, "verdict.given") if e.data["verdict"] == "rejected" and e.task == "1"]
    assert len(rejected) == 3
