"""The other shipped playbooks, each on a small repository with real commands."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from onecontext.api import Memory
from teams.engine.journal import Journal
from tests.support import missions
from tests.support.missions import events_of, git, make_repository, onecontext, write_script
from tests.support.plays import begun, outcomes, play, says


def write(path: str, text: str) -> tuple[str, dict[str, Any]]:
    return "write_file", {"path": path, "text": text}


# --- plan-build-verify ------------------------------------------------------------------------------------------------


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


STOPS = {
    "role": "orchestrator",
    "attempt": 2,
    "turns": [{"call": [{"tool": "stop_mission", "args": {"ending": "blocked", "reason": "a person must look"}}]}],
}


def mission_script(tmp_path: Path, *, text: str = "yes\n") -> str:
    assertion = {"id": "VAL-A-001", "text": "a says yes", "command": missions.says("yes", "a.txt")}
    task = {"key": "first", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}
    return write_script(
        tmp_path,
        [
            STOPS,
            missions.plan([assertion], [task]),
            missions.work("first", write("a.txt", text)),
            missions.verdict(),
        ],
    )


def test_a_goal_is_reached_by_a_mission_and_checked_once_more(words: Path, tmp_path: Path) -> None:
    script = mission_script(tmp_path)

    ran = play(words, "plan-build-verify", "goal=Say yes", "check=grep -q yes a.txt", script=script)

    assert ran.code == 0, ran.stderr
    branch = ran.data["outputs"]["branch"]
    assert git(words, "show", f"{branch}:a.txt") == "yes"
    assert ran.data["outputs"]["verified"] is True
    assert branch.startswith(f"onecontext/{ran.data['play']}.build-")
    assert "accepted #1" in ran.stderr, "what the mission does is told, too"
    assert ran.data["spent"]["calls"] == 4, "orchestrator, two of the worker, validator"
    assert git(words, "status", "--short") == ""


def test_a_check_that_fails_is_told_and_the_mission_is_not_run_again(words: Path, tmp_path: Path) -> None:
    script = mission_script(tmp_path)
    first = play(words, "plan-build-verify", "goal=Say yes", "check=grep -q no a.txt", script=script)

    again = onecontext(words, "resume", first.data["play"], "--json")

    assert (first.code, again.code) == (10, 10), first.stderr
    assert "verify" in first.data["reason"]
    starts = [path for path in begun_in(words, first.data["play"]) if path == "build"]
    assert starts == ["build"]


def begun_in(repository: Path, name: str) -> list[str]:
    journal = Journal(repository / ".onecontext" / "teams" / name / "onecontext", team=name)
    return [event.data["step"] for event in journal.read() if event.type == "step.started"]


def test_a_mission_that_is_blocked_is_gone_on_with_by_the_play(words: Path, tmp_path: Path) -> None:
    wrong = mission_script(tmp_path, text="no\n")
    model = ["--model", wrong, "--max-attempts", "1"]
    blocked = onecontext(words, "play", "plan-build-verify", "goal=Say yes", *model, "--json")
    mission_script(tmp_path)
    (mission,) = (words / ".onecontext" / "teams").glob("*.*/onecontext/journal.jsonl")
    os.utime(mission, (time.time() + 60, time.time() + 60))

    ran = onecontext(words, "resume", "--max-attempts", "2", "--json")

    assert (blocked.code, ran.code) == (10, 0), blocked.stderr + ran.stderr
    assert ran.data["play"] == blocked.data["play"], "the play is meant, not the mission that is a step of it"
    assert git(words, "show", f"{ran.data['outputs']['branch']}:a.txt") == "yes"


def test_the_budget_of_a_play_holds_for_its_missions(words: Path, tmp_path: Path) -> None:
    script = mission_script(tmp_path)

    ran = onecontext(words, "play", "plan-build-verify", "goal=g", "--model", script, "--budget-calls", "2", "--json")
    more = onecontext(words, "resume", "--budget-calls", "3", "--json")

    assert ran.data["ending"] == "budget_exhausted", ran.stderr
    assert more.data["ending"] == "budget_exhausted", "what was spent before counts: one more call, and not three"
    assert more.data["spent"]["calls"] == 3


# --- migrate ----------------------------------------------------------------------------------------------------------


def test_a_file_that_fails_is_named_and_the_others_land(tmp_path: Path) -> None:
    files = {f"src/{name}.txt": "old\n" for name in "abc"}
    repository = make_repository(tmp_path / "repository", {**files, "other.txt": "old\n"})
    talk = [
        says("*", {"summary": "done"}, task=f"each/{n}/change", before=(write(f"src/{name}.txt", "new\n"),))
        for n, name in ((1, "a"), (3, "c"))
    ]
    stubborn = says("*", {"summary": "done"}, {"summary": "really"}, task="each/2/change", attempt=1)
    stubborn["turns"] += [{"say": "I cannot see what is wrong."}] * 3
    talk.append(stubborn)
    talk.append(says("*", {"summary": "done"}, task="each/2/change", before=(write("src/b.txt", "new\n"),)))
    script = write_script(tmp_path, talk)
    words = ("files=src/*.txt", "change=say new", 'check=grep -qx new "$FILE"')

    ran = play(repository, "migrate", *words, script=script)

    assert ran.code == 10
    assert ran.data["outputs"]["migrated"] == ["src/a.txt", "src/c.txt"], ran.stderr
    assert [one["file"] for one in ran.data["outputs"]["failed"]] == ["src/b.txt"]
    branch = ran.data["branch"]
    assert [git(repository, "show", f"{branch}:{file}") for file in files] == ["new", "old", "new"]

    again = onecontext(repository, "resume", "--json")

    assert again.code == 0, again.stderr
    assert [git(repository, "show", f"{branch}:{file}") for file in files] == ["new", "new", "new"]
    assert git(repository, "show", f"{branch}:other.txt") == "old"
    assert begun(repository).count("each/1/change") == 1
    assert begun(repository).count("each/2/change") == 2


def test_a_glob_that_matches_nothing_is_told(words: Path) -> None:
    ran = play(words, "migrate", "files=*.py", "change=x", "check=true")

    assert ran.code == 10
    assert "no file matches *.py" in ran.data["reason"]


# --- review-to-tests --------------------------------------------------------------------------------------------------

HALF = "half() { echo $(( $1 / 2 )); }\n"


def test_only_tests_that_fail_now_are_kept(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"half.sh": HALF, "README.md": "half of 3 is 2\n"})
    finding = {"file": "half.sh", "problem": "half 3 should be 2"}
    findings = [{"title": title, **finding} for title in ("it rounds down", "it is no fault", "it is careless")]
    right = ". ./half.sh; [ $(half 3) = 2 ] || exit 1\n"
    passes = ". ./half.sh; [ $(half 4) = 2 ] || exit 1\n"
    careless = (write("test_c.sh", right), write("half.sh", "half() { echo 2; }\n"))
    talk = [
        says("reviewer", {"findings": findings}),
        says("*", {"path": "test_a.sh", "says": ""}, task="tests/1/write", before=(write("test_a.sh", right),)),
        says("*", {"path": "test_b.sh", "says": "fine"}, task="tests/2/write", before=(write("test_b.sh", passes),)),
        says("*", {"path": "test_c.sh", "says": ""}, task="tests/3/write", before=careless),
    ]
    talk[3]["turns"] += [
        {"expect": "change nothing but", "call": [{"tool": "write_file", "args": {"path": "half.sh", "text": HALF}}]},
        {"call": [{"tool": "result", "args": {"path": "test_c.sh", "says": "I put it back"}}]},
    ]
    script = write_script(tmp_path, talk)

    ran = play(repository, "review-to-tests", 'test=bash "$TEST"', script=script)

    assert ran.code == 0, ran.stderr
    assert [one["test"] for one in ran.data["outputs"]["kept"]] == ["test_a.sh", "test_c.sh"]
    assert [one["title"] for one in ran.data["outputs"]["not_shown"]] == ["it is no fault"]
    files = git(repository, "ls-tree", "--name-only", ran.data["outputs"]["branch"]).split()
    assert files == ["README.md", "half.sh", "test_a.sh", "test_c.sh"]
    assert git(repository, "show", f"{ran.data['outputs']['branch']}:half.sh") == HALF.strip()


# --- hypotheses -------------------------------------------------------------------------------------------------------

FAULT = ("fault=half of 3 is 1", 'reproduce=. ./half.sh && [ "$(half 3)" = 2 ]')


def theorists() -> list[Any]:
    theories = {
        "ann": "bash rounds towards nought",
        "bob": "the file is not read",
        "cy": "Bash rounds, towards nought!",
    }
    talk: list[Any] = []
    refuted = {"theory": "2", "command": ". ./half.sh && type half", "why": "the function is there"}
    empty = {"theory": "1", "command": "grep -q read half.sh", "why": "it would say so"}
    for n, (name, theory) in enumerate(theories.items(), start=1):
        given = {"theory": theory, "predicts": f"what {name} says"}
        talk.append(says(name, given, task=f"theorise/{n}/suppose"))
        refutations = {"ann": [refuted], "bob": [empty], "cy": []}[name]
        result = {"refutations": refutations, "message": f"{name} has looked"}
        talk.append(says(name, result, task=f"trial/1/attack/{n}/refute"))
    return talk


def test_a_theory_falls_by_a_command_and_what_survives_is_proved_and_mended(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"half.sh": HALF})
    test = write("test_half.sh", ". ./half.sh; [ $(half 3) = 2 ] || exit 1\n")
    mended = write("half.sh", "half() { echo $(( ($1 + 1) / 2 )); }\n")
    talk = [
        *theorists(),
        says("arbiter", {"struck": ["1"], "reasons": "?"}, {"struck": ["2"], "reasons": "it is read"}),
        says("ann", {"path": "test_half.sh", "command": "bash test_half.sh"}, task="prove", before=(test,)),
        says("ann", {"summary": "rounds up"}, task="mend", before=(mended,)),
    ]
    script = write_script(tmp_path, talk)

    ran = play(repository, "hypotheses", *FAULT, script=script)

    assert ran.code == 0, ran.stderr + ran.data["reason"]
    outputs = ran.data["outputs"]
    assert (outputs["cause"], outputs["by"]) == ("bash rounds towards nought", ["ann", "cy"])
    assert outputs["struck"] == ["the file is not read"]
    assert [one["exit_code"] for one in outputs["evidence"]] == [0, 1]
    files = git(repository, "ls-tree", "--name-only", outputs["branch"]).split()
    assert files == ["half.sh", "test_half.sh"]
    told = [event.data["output"] for event in events_of(repository, "tool.result") if not event.data["ok"]]
    assert any("only by a command that was run and exits 0" in text for text in told)
    heard = {(event.data["from"], event.data["to"]) for event in events_of(repository, "message.sent")}
    assert {("ann", "bob"), ("bob", "cy"), ("cy", "ann")} <= heard
    assert "It was not: " in Memory.open(repository).milestones(limit=1)[0].contribution


def test_a_command_that_does_not_fail_shows_no_fault(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"half.sh": HALF})

    ran = play(repository, "hypotheses", "fault=none", "reproduce=test -f half.sh")

    assert ran.code == 10
    assert "does not show the fault" in ran.data["reason"]
    assert outcomes(repository)["prove"] == "skipped"


def test_a_mend_that_changes_the_test_is_sent_back(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"half.sh": HALF})
    test = write("test_half.sh", ". ./half.sh; [ $(half 3) = 2 ] || exit 1\n")
    cheat = write("test_half.sh", "exit 0\n")
    talk = [
        *theorists(),
        says("arbiter", {"struck": ["2"], "reasons": "it is read"}),
        says("ann", {"path": "test_half.sh", "command": "bash test_half.sh"}, task="prove", before=(test,)),
        says("ann", {"summary": "x"}, task="mend", before=(cheat,)),
    ]
    talk[-1]["turns"].append({"expect": "the test was changed", "say": "caught"})
    script = write_script(tmp_path, talk)

    ran = play(repository, "hypotheses", *FAULT, script=script)

    assert ran.code == 10
    assert "mend: ann ended without a result (finished)" in ran.data["reason"]
    assert ran.data["commit"] is None
