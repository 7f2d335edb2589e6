"""The examples that the README names, as a user runs them: each ends as it says, and what it shows happened."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from onecontext import Memory
from tests.support.missions import events_of, git

EXAMPLES = Path(__file__).parents[2] / "examples"
ALL = sorted(path.parent.name for path in EXAMPLES.glob("*/run.sh"))


def run_example(name: str, folder: Path, **more: str) -> "tuple[subprocess.CompletedProcess[str], Path]":
    """Run an example in ``folder``, ``more`` in its environment; return how it ended, and its repository."""
    environment = {
        **os.environ,
        **more,
        "FOLDER": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = ["bash", str(EXAMPLES / name / "run.sh")]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    return ran, folder / "notes"


def test_the_readme_of_the_examples_names_every_one(root: Path) -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE)

    assert sorted(named) == ALL
    for text in (root / "README.md", EXAMPLES / "README.md"):
        assert "examples/bug-fix/run.sh" in text.read_text()


@pytest.mark.timeout(300)
def test_a_bug_is_fixed_on_a_branch(tmp_path: Path) -> None:
    ran, notes = run_example("bug-fix", tmp_path)

    assert ran.returncode == 0, ran.stderr
    branch = git(notes, "for-each-ref", "--format=%(refname:short)", "refs/heads/onecontext")
    assert "all(word.casefold()" in git(notes, "show", f"{branch}:notes/search.py")
    assert git(notes, "status", "--short") == ""


@pytest.mark.timeout(300)
def test_a_feature_goes_through_three_modules_and_two_workers(tmp_path: Path) -> None:
    ran, notes = run_example("feature", tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert [event.data["verdict"] for event in events_of(notes, "verdict.given")] == ["accepted"] * 3
    assert {event.agent for event in events_of(notes, "task.claimed")} == {"worker-1", "worker-2"}


@pytest.mark.timeout(300)
def test_a_debate_ends_with_a_decision_and_keeps_its_dissent(tmp_path: Path) -> None:
    ran, notes = run_example("debate", tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert "decision\nKeep the text file." in ran.stdout
    assert "Move to SQLite." in ran.stdout.partition("dissent")[2]
    assert "Dissent: " in Memory.open(notes).context().text


@pytest.mark.timeout(300)
def test_what_contradicts_itself_ends_as_infeasible(tmp_path: Path) -> None:
    ran, notes = run_example("impossible", tmp_path)

    assert ran.returncode == 10, ran.stderr
    assert "\ninfeasible  tests/test_order.py wants" in ran.stdout
    (examined,) = events_of(notes, "mission.examined")
    assert [check["exit_code"] for check in examined.data["checks"]] == [1, 1]


@pytest.mark.timeout(300)
def test_a_run_over_its_budget_stops_and_goes_on_when_more_is_allowed(tmp_path: Path) -> None:
    ran, notes = run_example("over-budget", tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert [event.data["ending"] for event in events_of(notes, "mission.ended")] == ["budget_exhausted", "done"]
    first_end = events_of(notes, "mission.ended")[0].seq
    assert sum(event.seq < first_end for event in events_of(notes, "model.called")) == 5


@pytest.mark.timeout(300)
def test_a_served_board_does_what_others_put_there(tmp_path: Path) -> None:
    ran, notes = run_example("served-board", tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert "all(word.casefold()" in git(notes, "show", "onecontext/board/_integration:notes/search.py")
    assert "find milk ann" in git(notes, "show", "onecontext/board/_integration:README.md")
    verdicts = [(event.task, event.data["verdict"]) for event in events_of(notes, "verdict.given")]
    assert verdicts == [("1", "rejected"), ("1", "accepted"), ("2", "accepted")]
    assert len(events_of(notes, "attempt.delayed")) == 1
    assert git(notes, "status", "--short") == ""


@pytest.mark.timeout(300)
def test_a_long_run_has_all_that_a_monitor_shows(tmp_path: Path) -> None:
    ran, notes = run_example("long-run", tmp_path, PACE="0")

    assert ran.returncode == 0, ran.stderr
    verdicts = [(event.task, event.data["verdict"]) for event in events_of(notes, "verdict.given")]
    assert {task for task, verdict in verdicts if verdict == "rejected"} == {"3", "4", "9", "11", "17", "20"}
    assert [verdict for _, verdict in verdicts].count("accepted") == 22
    assert {event.agent for event in events_of(notes, "task.claimed")} == {"worker-1", "worker-2", "worker-3"}
    assert all(event.data["cost_usd"] > 0 for event in events_of(notes, "model.called"))
    failed = [event for event in events_of(notes, "tool.result") if "exit code 1" in event.data["output"]]
    assert len(failed) == 3, "what a worker tries first and mends itself"
    asked = [event.data for event in events_of(notes, "message.sent") if event.data["to"] == "team-lead"]
    assert any("Is that what you want" in message["text"] for message in asked)
    assert events_of(notes, "violation") == [], "what is sent back is sent back by the rules"
    assert git(notes, "status", "--short") == ""


@pytest.mark.timeout(300)
def test_after_a_kill_what_was_finished_is_not_done_again(tmp_path: Path) -> None:
    ran, notes = run_example("kill-and-resume", tmp_path)

    assert ran.returncode == 0, ran.stderr
    (resumed,) = events_of(notes, "mission.resumed")
    before = {event.task for event in events_of(notes, "task.completed") if event.seq < resumed.seq}
    again = {event.task for event in events_of(notes, "task.claimed") if event.seq > resumed.seq}
    assert before
    assert again
    assert not before & again


@pytest.mark.timeout(300)
def test_a_question_about_work_of_500_milestones_ago_is_answered_in_1500_tokens(tmp_path: Path) -> None:
    ran, notes = run_example("long-memory", tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert len(Memory.open(notes).milestones()) > 500
    sizes = re.search(r"tokens of each request: ([\d,]+), ([\d,]+), ([\d,]+) ", ran.stdout)
    assert sizes is not None
    assert all(100 < int(size.replace(",", "")) <= 1500 for size in sizes.groups())
    assert "so the sync waits 37" in ran.stdout


@pytest.mark.timeout(300)
def test_a_skill_is_opened_and_its_finding_is_red_then_green(tmp_path: Path) -> None:
    ran, notes = run_example("red-then-green", tmp_path)

    assert ran.returncode == 0, ran.stderr
    colours = re.findall(r"^1 (failed|passed) in", ran.stdout, re.MULTILINE)
    assert colours == ["failed", "passed"], ran.stdout
    opened = [event.data for event in events_of(notes, "tool.intent") if event.data["tool"] == "skill"]
    assert sum("review-to-tests" in one["arguments"] for one in opened) == 3
    assert git(notes, "status", "--short") == ""


@pytest.mark.timeout(300)
def test_an_mcp_server_is_imported_found_and_called_in_one_session(tmp_path: Path) -> None:
    ran, notes = run_example("mcp-as-skill", tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("000123: Ann, for 7 days") == 2, "lent, and remembered by the same server"
    assert "did you mean 'to'" in ran.stderr
    tool = json.loads((notes / ".agents" / "skills" / "shelf" / "schemas" / "who_has_book.json").read_text())
    assert tool["required"] == ["isbn"]
