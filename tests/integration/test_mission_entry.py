"""Missions from Python: the caller's functions and agents work, and what the document shows runs as it stands there."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import NoMission, UsageError
from teams import Assignment, resume_mission, run_mission
from teams.mission.config import Config, RunConfig
from teams.mission.tools import Finished
from tests.support.missions import events_of, git, make_repository, verdict, write_script
from tests.support.yes import ONE

ENV: dict[str, str] = {}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


def yes(job: Assignment) -> str:
    (job.folder / "a.txt").write_text("yes\n")
    return f"{job.agent} let a say yes"


def test_a_function_of_the_caller_works_and_its_words_are_handed_over(repository: Path, tmp_path: Path) -> None:
    told: list[str] = []
    script = write_script(tmp_path, [ONE, verdict()])

    ending = run_mission("Say yes", model=script, path=repository, worker=yes, say=told.append, env=ENV)

    assert (ending.ending, ending.commit is not None) == ("done", True)
    assert git(repository, "show", f"{ending.branch}:a.txt") == "yes"
    handoff = events_of(repository, "task.submitted")[0].data["task"]["metadata"]["onecontext"]["evidence"]["handoff"]
    assert handoff["summary"] == "worker-1 let a say yes"
    assert events_of(repository, "mission.started")[0].data["who"] == {"worker": f"python:{__name__}:yes"}
    assert ".onecontext" in told[0]


def test_an_agent_of_the_caller_has_the_kit_the_memory_the_journal_and_tools_of_its_own(
    repository: Path, tmp_path: Path
) -> None:
    shouted: list[str] = []

    def shout(word: str) -> str:
        """Say a word loudly."""
        shouted.append(word.upper())
        return word.upper()

    def work(job: Assignment) -> Finished:
        result = job.build(tools=[shout], instructions="Shout first.").run(job.text)
        return Finished(result.text, claims=["VAL-A-001"])

    does = [("shout", {"word": "yes"}), ("run", {"command": "echo yes > a.txt"})]
    turns = [{"call": [{"tool": tool, "args": args}]} for tool, args in does] + [{"say": "It says yes."}]
    script = write_script(tmp_path, [ONE, {"role": "worker", "task": "first", "turns": turns}, verdict()])

    ending = run_mission("Say yes", model=script, path=repository, worker=work, env=ENV)

    assert ending.ending == "done"
    assert shouted == ["YES"]
    submitted = events_of(repository, "task.submitted")[0].data["task"]["metadata"]["onecontext"]
    handoff = submitted["evidence"]["handoff"]
    assert (handoff["summary"], handoff["claims"]) == ("It says yes.", ["VAL-A-001"])
    assert handoff["commands"] == [{"command": "echo yes > a.txt", "exit_code": 0}]
    tools = [e.data["tool"] for e in events_of(repository, "tool.result") if e.agent == "worker-1"]
    assert tools == ["shout", "run"]


def test_a_stop_ends_it_in_order_and_resume_goes_on_with_the_worker_given_again(
    repository: Path, tmp_path: Path
) -> None:
    stop = threading.Event()

    def stops(job: Assignment) -> str:
        stop.set()
        return "never judged"

    script = write_script(tmp_path, [ONE, verdict()])

    stopped = run_mission("Say yes", model=script, path=repository, worker=stops, stop=stop, env=ENV)
    with pytest.raises(UsageError, match="worked in this mission"):
        resume_mission(path=repository, env=ENV)
    done = resume_mission(path=repository, worker=yes, env=ENV)

    assert (stopped.ending, done.ending) == ("stopped", "done")
    with pytest.raises(NoMission):
        resume_mission(path=repository, worker=yes, env=ENV)


def test_what_is_missing_is_said_and_nothing_is_made(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [ONE])

    with pytest.raises(UsageError, match="no role 'poet'"):
        run_mission("Say yes", model=script, path=repository, worker={"poet": yes}, env=ENV)
    with pytest.raises(UsageError, match="the goal is empty"):
        run_mission(" ", model=script, path=repository, env=ENV)

    assert not (repository / ".onecontext").exists()


def test_the_configuration_is_the_callers(repository: Path, tmp_path: Path) -> None:
    script = write_script(tmp_path, [ONE, verdict()])
    config = Config(run=RunConfig(max_attempts=1, pivots=0))

    ending = run_mission(
        "Say yes", model=script, path=repository, worker=lambda job: "did nothing", config=config, env=ENV
    )

    assert ending.ending == "blocked"
    assert "rejected 1 times" in ending.reason


def test_the_example_of_the_document_runs(
    root: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    section = (root / "docs" / "api.md").read_text().split("## Missions", 1)[1]
    (code,) = re.findall(r"^```python\n(from teams import .*?)^```$", section, re.DOTALL | re.MULTILINE)[:1]
    turns = [{"call": [{"tool": "run", "args": {"command": "echo yes > a.txt"}}]}, {"say": "a says yes"}]
    script = write_script(tmp_path, [ONE, {"role": "worker", "turns": turns}, verdict()])
    assert code.count("anthropic/claude-sonnet-4-5") == 1
    monkeypatch.chdir(repository)
    scope: dict[str, Any] = {"__name__": "__main__"}

    exec(compile(code.replace("anthropic/claude-sonnet-4-5", script), "docs/api.md", "exec"), scope)

    assert capsys.readouterr().out.startswith("done ")
