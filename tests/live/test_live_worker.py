"""The published client as the worker of a mission: its own loop, tools and lines; the model behind it is scripted."""

import json
from pathlib import Path
from typing import Any

import pytest

from teams.mission.workers.claude_code import COMMAND
from tests.live.claude_client import _answered, _environment
from tests.live.model_server import ModelServer
from tests.support.missions import Ran, events_of, git, make_repository, onecontext, plan, says, verdict, write_script

PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n", "onecontext.toml": "[run]\npivots = 0\n"})


def run(repository: Path, tmp_path: Path, program: Path, server: ModelServer, order: str) -> Ran:
    """Run a mission whose one task tells the client's model to make the planned calls."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "claude").symlink_to(program)
    home = tmp_path / "home"
    (home / ".claude").mkdir(parents=True)
    (home / ".claude" / ".claude.json").write_text(json.dumps(_answered(repository)))
    env = {**_environment(home, home / ".claude", server.address), "PATH": f"{tmp_path / 'bin'}:{PATH}"}
    planned = plan(
        [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}],
        [{"key": "first", "subject": "Let a say yes", "description": order, "assertions": ["VAL-A-001"]}],
    )
    script = write_script(tmp_path, [planned, verdict()])
    # The test's server knows the form of this model's requests.
    worker = f"claude-code:{COMMAND} --model claude-opus-4-7"
    told = ["run", "Say yes", "--model", script, "--worker", worker, "--worker-sandbox", "none", "--json"]
    return onecontext(repository, *told, env=env)


def handoff(repository: Path) -> dict[str, Any]:
    task = events_of(repository, "task.submitted")[-1].data["task"]
    return dict(task["metadata"]["onecontext"]["evidence"]["handoff"])


def test_the_client_does_a_task_and_what_it_ran_and_took_is_on_record(
    repository: Path, tmp_path: Path, client_program: Path
) -> None:
    with ModelServer().running() as server:
        order, _ = server.plan(
            ("Bash", {"command": "echo yes > a.txt; false", "description": "let a say yes"}),
            ("Bash", {"command": "cat a.txt", "description": "look"}),
        )

        ran = run(repository, tmp_path, client_program, server, order)

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    assert handoff(repository)["commands"] == [
        {"command": "echo yes > a.txt; false", "exit_code": 1},
        {"command": "cat a.txt", "exit_code": 0},
    ]
    assert handoff(repository)["summary"] == "noted"
    assert any("You work on one task in your own copy" in text for text in server.seen)
    cost = onecontext(repository, "cost", "--by", "agent", "--json").data["groups"]
    (worker,) = (group for group in cost if group["agent"] == "worker-1")
    assert (worker["calls"], worker["tokens_in"], worker["tokens_out"]) == (2, 200, 40)
    assert worker["cost_usd"] > 0
