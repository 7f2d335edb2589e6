"""A mission whose agents hang or go round in circles: said, tried again, and no longer than agreed."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.asking import MARKS, warm_up
from tests.integration.openai_server import OpenAIServer, stalled
from tests.integration.test_mission_real_model import play
from tests.support.missions import events_of, make_repository, onecontext, plan, verdict, work, write_script
from tests.support.yes import YES_A, A

pytestmark = MARKS
KEY = {"OPENAI_API_KEY": "sk-local-key-of-a-test-0123456789"}
ASSERTIONS = [A]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"a.txt": "no\n"})


def run(repository: Path, model: str, settings: str) -> Any:
    (repository / "onecontext.toml").write_text(settings)
    return onecontext(repository, "run", "Say yes", "--model", model, "--sandbox", "none", "--json")


def planned(**more: Any) -> dict[str, Any]:
    return plan(ASSERTIONS, [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"], **more}])


def ended(repository: Path, agent: str = "worker-1") -> list[tuple[str, str]]:
    return [
        (event.data["outcome"], event.data.get("reason", ""))
        for event in events_of(repository, "attempt.ended")
        if event.agent == agent
    ]


def test_who_stalls_is_given_back_once_and_then_it_counts_as_an_attempt(repository: Path, tmp_path: Path) -> None:
    hangs, works = work("a", YES_A, attempt=1, wait_s=9), work("a", YES_A, attempt=2)
    model = write_script(tmp_path, [planned(), hangs, works, verdict()])

    ran = run(repository, model, "[run]\nworkers = 1\nsilence_s = 2.5\n")

    assert ran.code == 0, ran.stderr
    stuck = events_of(repository, "agent.stalled")
    assert [(event.agent, event.task, event.attempt, event.data["times"]) for event in stuck] == [
        ("worker-1", "1", 1, 1),
        ("worker-1", "1", 1, 2),
    ]
    assert "gave no sign of life for 2.5 s" in stuck[0].data["reason"]
    outcomes = ended(repository)
    assert [outcome for outcome, _ in outcomes] == ["interrupted", "failed", "submitted"]
    assert outcomes[0][1].startswith("stalled: scripted:")
    (released,) = events_of(repository, "task.released")
    assert released.data["reason"] == outcomes[0][1]
    (rejected, accepted) = events_of(repository, "verdict.given")
    assert (rejected.attempt, accepted.attempt, accepted.data["verdict"]) == (1, 2, "accepted")


def test_a_task_that_must_wait_says_so_in_the_plan(repository: Path, tmp_path: Path) -> None:
    model = write_script(tmp_path, [planned(limits={"silence_s": 60}), work("a", YES_A, wait_s=4), verdict()])

    ran = run(repository, model, "[run]\nsilence_s = 2.5\n")

    assert ran.code == 0, ran.stderr
    assert events_of(repository, "agent.stalled") == []


def test_a_validator_that_stalls_is_asked_once_more_before_it_costs_an_attempt(
    repository: Path, tmp_path: Path
) -> None:
    slow = verdict(attempt=1)
    slow["turns"][0]["wait_s"] = 9
    model = write_script(tmp_path, [planned(), work("a", YES_A), slow, verdict(attempt=2)])

    ran = run(repository, model, "[run]\nworkers = 1\nsilence_s = 2.5\n")

    assert ran.code == 0, ran.stderr
    assert [event.agent for event in events_of(repository, "agent.stalled")] == ["validator-1", "validator-1"]
    (rejected, _) = events_of(repository, "verdict.given")
    assert "ended without a verdict (stalled: scripted:" in rejected.data["findings"][0]


def test_a_worker_that_goes_round_in_circles_is_ended_and_the_reason_says_how(repository: Path, tmp_path: Path) -> None:
    round_ = [("read_file", {"path": "a.txt"}), ("list_files", {})]
    circles = work("a", *round_ * 4, attempt=1)
    model = write_script(tmp_path, [planned(), circles, work("a", YES_A, attempt=2), verdict()])

    ran = run(repository, model, "[run]\nworkers = 1\nrepeats = 3\n")

    assert ran.code == 0, ran.stderr
    (failed, _) = ended(repository)
    what = "the same 2 calls with the same results, 3 times in a row: "
    assert failed[0] == "failed"
    assert failed[1].startswith(f"the agent ended without a handoff (loop: {what}")
    assert "read_file" in failed[1]
    (handoff, _) = events_of(repository, "task.submitted")
    undone = handoff.data["task"]["metadata"]["onecontext"]["evidence"]["handoff"]["undone"]
    assert undone[0].startswith(f"the agent ended without a handoff (loop: {what}")


def test_a_task_with_more_repeats_in_its_plan_may_go_round_longer(repository: Path, tmp_path: Path) -> None:
    looks = [("list_files", {})] * 8
    model = write_script(tmp_path, [planned(limits={"repeats": 20}), work("a", *looks, YES_A), verdict()])

    ran = run(repository, model, "[run]\nrepeats = 3\n")

    assert ran.code == 0, ran.stderr
    assert [outcome for outcome, _ in ended(repository)] == ["submitted"]


@pytest.mark.parametrize("keep_alive_s", [None, 0.2], ids=["silence", "keep-alives"])
def test_a_server_that_sends_nothing_does_not_hold_the_mission(repository: Path, keep_alive_s: float | None) -> None:
    warm_up()
    with OpenAIServer().running() as server:
        server.plan(play, stalled(keep_alive_s=keep_alive_s), play)
        (repository / "onecontext.toml").write_text("[model]\nstall_s = 30\n[run]\nsilence_s = 5\nworkers = 1\n")
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--json", env=KEY)

        assert ran.code == 0, ran.stderr
    (stuck,) = events_of(repository, "agent.stalled")
    assert stuck.data["reason"] == "openai/local gave no sign of life for 5 s and was given up"
