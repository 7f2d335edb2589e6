"""A word from outside to a play: held and gone on with, stopped for good and brought back, in its missions as well."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import missions
from tests.support.missions import events_of, make_repository, onecontext, start_onecontext, write_script
from tests.support.plays import QUIET, begun, playbook


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


def till(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def has_begun(repository: Path, step: str) -> bool:
    found = list((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl"))
    return any(f'"step":"{step}"' in path.read_text() for path in found)


def chain(tmp_path: Path) -> list[str]:
    steps = {
        "one": {"command": {"run": "sleep 1"}},
        "two": {"needs": ["one"], "command": {"run": "true"}},
    }
    return ["play", playbook(tmp_path, steps), "--model", write_script(tmp_path, QUIET)]


def test_a_paused_play_begins_nothing_until_it_is_resumed(repository: Path, tmp_path: Path) -> None:
    process = start_onecontext(repository, *chain(tmp_path))
    till(lambda: has_begun(repository, "one"))
    paused = onecontext(repository, "pause")
    till(lambda: any(event.data["step"] == "one" for event in events_of(repository, "step.ended")))
    time.sleep(1)
    held = begun(repository)

    released = onecontext(repository, "resume")

    assert (paused.code, released.code, process.wait(timeout=60)) == (0, 0, 0)
    assert held == ["one"]
    assert begun(repository) == ["one", "two"]


def test_a_stopped_play_has_ended_and_resume_brings_it_back(repository: Path, tmp_path: Path) -> None:
    process = start_onecontext(repository, *chain(tmp_path))
    till(lambda: has_begun(repository, "one"))
    stopped = onecontext(repository, "stop", "--reason", "enough")
    assert process.wait(timeout=60) == 130
    (ended,) = events_of(repository, "mission.ended")

    ran = onecontext(repository, "resume", "--json")

    assert stopped.code == 0
    assert (ended.data["ending"], ended.data["reason"]) == ("stopped", "stopped by human: enough")
    assert (ran.code, ran.data["ending"]) == (0, "done"), ran.stderr
    assert begun(repository).count("one") == 1


def test_a_word_to_a_play_reaches_the_mission_that_is_its_step(repository: Path, tmp_path: Path) -> None:
    assertion = {"id": "VAL-A-001", "text": "a says yes", "command": missions.says("yes", "a.txt")}
    task = {"key": "first", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}
    work = missions.work("first", ("run", {"command": "sleep 1; echo yes > a.txt"}))
    script = write_script(tmp_path, [missions.plan([assertion], [task]), work, missions.verdict()])
    process = start_onecontext(repository, "play", "plan-build-verify", "goal=Say yes", "--model", script)
    root = repository / ".onecontext" / "teams"
    till(lambda: any('"type":"tool.intent"' in one.read_text() for one in root.glob("*.*/onecontext/journal.jsonl")))

    stopped = onecontext(repository, "stop")
    assert process.wait(timeout=60) == 130
    (mission,) = root.glob("*.*/onecontext/journal.jsonl")
    cut_short = mission.read_text()
    ran = onecontext(repository, "resume", "--json")

    assert stopped.code == 0
    assert '"type":"mission.interrupted"' in cut_short
    assert '"type":"mission.ended"' not in cut_short
    assert "plan-build-verify-" in stopped.stdout
    assert "." not in stopped.stdout.split()[0], "the play is meant, not its mission"
    assert (ran.code, ran.data["ending"]) == (0, "done"), ran.stderr
