"""A model that gives no answer interrupts a play, with the exit code that a mission has: nothing is lost by it."""

import json
from pathlib import Path

import pytest

from tests.support import missions
from tests.support.missions import events_of, make_repository, onecontext, write_script
from tests.support.plays import QUIET, begun, outcomes, play, playbook, says


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "yes\n"})


STEPS = {
    "ask": {"agent": {"name": "ann", "prompt": "Say something.", "returns": {"text": "str"}}},
    "beside": {"command": {"run": "sleep 1"}},
    "behind": {"needs": ["beside"], "command": {"run": "true"}},
    "always": {"needs": ["ask"], "always": True, "command": {"run": "true"}},
}


def test_a_play_whose_model_gives_no_answer_is_interrupted_with_the_exit_code_of_models(
    repository: Path, tmp_path: Path
) -> None:
    ran = play(repository, playbook(tmp_path, STEPS))

    (attempt,) = events_of(repository, "attempt.ended")
    (interrupted,) = events_of(repository, "mission.interrupted")
    assert ran.code == 7, ran.stderr
    assert json.loads(ran.stdout)["error"]["type"] == "ScriptExhausted"
    assert "has no conversation for agent 'ann'" in interrupted.data["reason"]
    assert (attempt.agent, attempt.data["outcome"]) == ("ann", "interrupted")
    assert outcomes(repository) == {"beside": "done"}, "what ran came to its end, and nothing new was begun"
    assert events_of(repository, "mission.ended") == []


def test_the_same_play_goes_on_with_a_model_that_answers(repository: Path, tmp_path: Path) -> None:
    assert play(repository, playbook(tmp_path, STEPS)).code == 7

    script = write_script(tmp_path, [says("ann", {"text": "something"})])
    ran = onecontext(repository, "resume", "--model", script, "--json")

    assert (ran.code, ran.data["ending"]) == (0, "done"), ran.stderr
    assert begun(repository).count("beside") == 1
    assert outcomes(repository) == dict.fromkeys(("beside", "ask", "behind", "always"), "done")


def test_a_mission_that_is_a_step_and_gets_no_answer_interrupts_the_play(repository: Path, tmp_path: Path) -> None:
    steps = {"build": {"mission": {"goal": "Say yes"}}}

    ran = play(repository, playbook(tmp_path, steps), script=write_script(tmp_path, QUIET))

    assert ran.code == 7, ran.stderr
    assertion = {"id": "VAL-A-001", "text": "a says no", "command": missions.says("no", "a.txt")}
    task = {"key": "first", "subject": "Let a say no", "assertions": ["VAL-A-001"]}
    work = missions.work("first", ("run", {"command": "echo no > a.txt"}))
    script = write_script(tmp_path, [missions.plan([assertion], [task]), work, missions.verdict()])
    again = onecontext(repository, "resume", "--model", script, "--json")

    assert (again.code, again.data["ending"]) == (0, "done"), again.stderr
