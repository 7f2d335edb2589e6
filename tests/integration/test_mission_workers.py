"""Who works on the tasks of a mission: commands, agents of other makers, functions. Only models' words are scripted."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.guard import bubblewrap_or_skip
from tests.support.missions import (
    Ran,
    events_of,
    git,
    journal_of,
    make_repository,
    onecontext,
    plan,
    start_onecontext,
    verdict,
    write_script,
)
from tests.support.waiting import until
from tests.support.yes import FIRST, TWO, A

DATA = Path(__file__).parents[1] / "data" / "workers"
ONE = plan([A], [{**FIRST, "description": "One word."}])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    no_pivot = "[run]\npivots = 0\n"
    return make_repository(tmp_path / "repository", {"a.txt": "?\n", "b.txt": "?\n", "onecontext.toml": no_pivot})


@pytest.fixture
def run(repository: Path, tmp_path: Path) -> Callable[..., Ran]:
    def run(*options: str, planned: dict[str, Any] = ONE) -> Ran:
        script = write_script(tmp_path, [planned, verdict()])
        path = {"PATH": os.environ["PATH"]}
        return onecontext(repository, "run", "Say yes", "--model", script, "--json", *options, env=path)

    return run


def handoff_of(repository: Path, number: int = -1) -> dict[str, Any]:
    task = events_of(repository, "task.submitted")[number].data["task"]
    handoff: dict[str, Any] = task["metadata"]["onecontext"]["evidence"]["handoff"]
    return handoff


def states_of(repository: Path) -> list[dict[str, Any]]:
    """Return what the worker was recorded to be at."""
    return [dict(event.data) for event in events_of(repository, "agent.state") if event.agent == "worker-1"]


def test_a_command_works_on_its_stdin_in_the_sandbox_and_its_end_is_the_handoff(
    repository: Path, run: Callable[..., Ran]
) -> None:
    bubblewrap_or_skip()
    command = (
        'grep -q "grep -qx yes a.txt" && echo yes > a.txt'
        ' && echo "$ONECONTEXT_AGENT/$ONECONTEXT_ROLE/$ONECONTEXT_TASK/$ONECONTEXT_ATTEMPT in $PWD"'
        " && ! ls /home/* && ! (: < /dev/tcp/127.0.0.1/22)"
    )

    ran = run("--worker", f"command:{command}")

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    handoff = handoff_of(repository)
    assert handoff["summary"].splitlines()[0] == "worker-1/worker/first/1 in /workspace"
    assert handoff["commands"] == [{"command": command, "exit_code": 0}]
    (started,) = (event for event in events_of(repository, "attempt.started") if event.agent == "worker-1")
    assert started.data == {"role": "worker", "model": "command"}
    assert events_of(repository, "mission.started")[0].data["who"] == {"worker": f"command:{command}"}
    assert states_of(repository) == [{"state": "tool", "detail": command}]


def test_a_command_that_fails_is_judged_by_what_it_left_and_tries_again_with_the_findings(
    repository: Path, run: Callable[..., Ran]
) -> None:
    command = 'if grep -q "rejected"; then echo yes > a.txt; else echo no > a.txt; echo broken; exit 3; fi'

    ran = run("--worker", f"command:{command}")

    assert ran.code == 0, ran.stderr
    first, second = handoff_of(repository, 0), handoff_of(repository, 1)
    assert first["undone"] == ["command ended with exit code 3; the end of what it printed:\nbroken"]
    assert first["commands"] == [{"command": command, "exit_code": 3}]
    assert (second["attempt"], second["undone"]) == (2, [])
    outcomes = [e.data["outcome"] for e in events_of(repository, "attempt.ended") if e.agent == "worker-1"]
    assert outcomes == ["failed", "submitted"]


def test_what_claude_took_is_in_the_cost_and_what_it_ran_in_the_handoff(
    repository: Path, run: Callable[..., Ran]
) -> None:
    program = f"echo yes > a.txt; cat > said.txt; cat {DATA / 'claude.jsonl'}"

    ran = run("--worker", f"claude-code:{program}", "--worker-sandbox", "none")

    assert ran.code == 0, ran.stderr
    handoff = handoff_of(repository)
    assert handoff["summary"] == "noted"
    assert handoff["commands"] == [
        {"command": "echo yes > a.txt; cat a.txt; false", "exit_code": 1},
        {"command": "cat a.txt", "exit_code": 0},
    ]
    told = git(repository, "show", f"{ran.data['branch']}:said.txt")
    assert told.startswith("You work on one task in your own copy")
    assert "Let a say yes" in told
    cost = onecontext(repository, "cost", "--by", "model", "--json").data["groups"]
    (claude,) = (group for group in cost if group["model"] == "claude-opus-4-7")
    assert (claude["calls"], claude["tokens_in"], claude["tokens_cached"], claude["tokens_out"]) == (2, 1100, 800, 40)
    assert claude["cost_usd"] == pytest.approx(0.003025)
    tools = [e.data["tool"] for e in events_of(repository, "tool.result") if e.agent == "worker-1"]
    assert tools == ["Bash", "Bash", "Write"]


def test_codex_that_fails_costs_an_attempt_and_its_reason_is_handed_over(
    repository: Path, run: Callable[..., Ran]
) -> None:
    program = f"cat {DATA / 'codex-failed.jsonl'}; exit 1"

    ran = run("--worker", f"codex:{program}", "--worker-sandbox", "none", "--max-attempts", "1")

    assert (ran.code, ran.data["ending"]) == (10, "blocked")
    undone = handoff_of(repository)["undone"]
    assert "Incorrect API key provided" in undone[0]
    assert "exit code 1" in undone[1]


def test_an_agent_that_says_why_in_plain_words_is_quoted(repository: Path, run: Callable[..., Ran]) -> None:
    worker = "claude-code:echo 'Please run /login'; exit 1"

    ran = run("--worker", worker, "--worker-sandbox", "none", "--max-attempts", "1")

    assert ran.code == 10, ran.stderr
    assert handoff_of(repository)["summary"] == "Please run /login"
    assert "exit code 1" in handoff_of(repository)["undone"][0]


def test_what_another_agent_took_counts_against_the_budget_and_nothing_more_is_begun(
    repository: Path, run: Callable[..., Ran]
) -> None:
    program = f"echo yes > a.txt; echo yes > b.txt; cat {DATA / 'claude.jsonl'}"
    (repository / "onecontext.toml").write_text("[budget.agent]\ncalls = 2\n")

    ran = run("--worker", f"claude-code:{program}", "--worker-sandbox", "none", "--workers", "1", planned=TWO)

    assert (ran.code, ran.data["ending"]) == (10, "budget_exhausted"), ran.stderr
    assert "agent worker-1 has no room for another call: 2 of 2 calls" in ran.data["reason"]
    assert [e.attempt for e in events_of(repository, "task.submitted")] == [1]


def test_a_function_works_in_the_copy_and_what_it_raises_is_told_to_who_judges(
    repository: Path, run: Callable[..., Ran]
) -> None:
    (repository / "helpers_of_workers.py").write_text(
        "def fix(job):\n"
        "    (job.folder / 'a.txt').write_text('yes\\n' if job.attempt == 2 else 'no\\n')\n"
        "    if job.attempt == 1:\n"
        "        raise ValueError('not yet')\n"
        "    return f'{job.agent} did {job.task}'\n"
    )

    ran = run("--worker", "python:helpers_of_workers:fix")

    assert ran.code == 0, ran.stderr
    first, second = handoff_of(repository, 0), handoff_of(repository, 1)
    assert first["undone"] == ["python:helpers_of_workers:fix failed: ValueError: not yet"]
    assert second["summary"] == "worker-1 did first"
    assert states_of(repository) == [{"state": "tool", "detail": "python:helpers_of_workers:fix"}] * 2


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--worker", "claude-code"], 3, "--worker-sandbox none"),
        (["--worker", "codex:no-such-program", "--worker-sandbox", "none"], 3, "no program no-such-program"),
        (["--worker", "codex:cat", "--worker-sandbox", "none", "--budget-usd", "1"], 3, "does not say what it costs"),
        (["--worker", "python:nowhere_to_be_found:f"], 2, "no module"),
        (["--worker", "gemini"], 2, "nobody who could work"),
        (["--worker", "command:"], 2, "nobody who could work"),
        (["--worker", "command:a", "--worker", "command:b"], 2, "two --worker"),
    ],
)
def test_who_cannot_work_is_said_before_anything_is_made(
    repository: Path, run: Callable[..., Ran], options: list[str], code: int, said: str
) -> None:
    ran = run(*options)

    assert ran.code == code
    assert said in ran.stdout + ran.stderr
    assert not (repository / ".onecontext").exists()


def test_a_resumed_mission_is_told_again_who_works(repository: Path, tmp_path: Path, run: Callable[..., Ran]) -> None:
    assert run("--worker", "command:echo no > a.txt", "--max-attempts", "1").code == 10

    silent = onecontext(repository, "resume", "--max-attempts", "2")
    told = onecontext(repository, "resume", "--max-attempts", "2", "--worker", "command:echo yes > a.txt", "--json")

    assert silent.code == 2
    assert "--worker 'command:echo no > a.txt'" in silent.stderr
    assert told.code == 0, told.stderr
    assert events_of(repository, "mission.resumed")[-1].data["who"] == {"worker": "command:echo yes > a.txt"}


def test_a_stop_kills_the_command_and_gives_the_task_back(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [ONE, verdict()])
    beat = tmp_path / "beat"
    command = f"while :; do echo x >> {beat}; sleep 0.05; done"
    options = ["--sandbox", "none", "--worker", f"command:{command}"]
    process = start_onecontext(repository, "run", "Say yes", "--model", script, *options)
    try:
        until(beat.exists)
        stopped = onecontext(repository, "stop")
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.wait()

    size = beat.stat().st_size
    time.sleep(0.3)
    assert stopped.code == 0
    assert beat.stat().st_size == size
    (task,) = json.loads(onecontext(repository, "board", "--json").stdout)["data"]["tasks"]
    assert (task["state"], task["attempt"]) == ("ready", 1)


def test_a_paused_mission_begins_no_command_until_it_goes_on(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [TWO, verdict()])
    begun, go = tmp_path / "begun", tmp_path / "go"
    command = (
        f"echo $ONECONTEXT_TASK >> {begun}; echo yes > a.txt; echo yes > b.txt; until [ -e {go} ]; do sleep 0.05; done"
    )
    options = ["--sandbox", "none", "--worker", f"command:{command}"]
    process = start_onecontext(repository, "run", "Say yes", "--model", script, *options)
    try:
        until(begun.exists)
        assert onecontext(repository, "pause").code == 0
        go.touch()
        until(lambda: any(e.type == "task.submitted" for e in journal_of(repository).read()))
        time.sleep(1.5)
        while_paused = begun.read_text().split()
        assert onecontext(repository, "resume").code == 0
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()

    assert while_paused == ["first"]
    assert begun.read_text().split() == ["first", "second"]
