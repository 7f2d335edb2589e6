"""A mission whose models may be asked only so often: it waits, says so, and comes to its end."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.asking import MARKS
from tests.integration.openai_server import Handler, OpenAIServer, refused
from tests.integration.test_mission_real_model import calls, play
from tests.support.missions import events_of, make_repository, onecontext, plan, says, verdict, work, write_script

pytestmark = MARKS
KEY = {"OPENAI_API_KEY": "sk-local-key-of-a-test-0123456789"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {f"{name}.txt": "no\n" for name in "abc"})


def waited(repository: Path) -> list[tuple[str, str, str]]:
    return [
        (event.agent or "", event.data["model"], event.data["reason"])
        for event in events_of(repository, "model.limited")
    ]


class Busy:
    """An answer that takes its time and counts how many are given at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __call__(self, handler: Handler) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.3)
        told: OpenAIServer = handler.server.owner  # type: ignore[attr-defined]
        begun = any(message["role"] == "tool" for message in told.requests[-1]["messages"])
        calls(("finish", {"summary": "done"}) if begun else ("list_files", {}))(handler)
        with self._lock:
            self._now -= 1


def script(folder: Path) -> str:
    """Three tasks side by side, worked on by a model over HTTP; the plan and the judgements are scripted."""
    folder.mkdir()
    assertions = [{"id": f"VAL-{n.upper()}-001", "text": f"{n} says no", "command": f"test -f {n}.txt"} for n in "abc"]
    tasks = [{"key": n, "subject": f"Let {n} be", "assertions": [f"VAL-{n.upper()}-001"]} for n in "abc"]
    return write_script(folder, [plan(assertions, tasks), verdict()])


def run(repository: Path, server: OpenAIServer, model: str, settings: str, *more: str) -> Any:
    (repository / "onecontext.toml").write_text(settings)
    command = ["run", "Say no", "--model", model, "--api-base", server.url, "--sandbox", "none", "--workers", "3"]
    return onecontext(repository, *command, *more, "--json", env=KEY)


def test_no_more_calls_are_made_at_once_than_may_be(repository: Path, tmp_path: Path) -> None:
    busy = Busy()
    with OpenAIServer().running() as server:
        server.plan(busy)
        settings = '[model]\nroles = { worker = "openai/local" }\n[model.limits."openai/local"]\nconcurrent = 1\n'
        ran = run(repository, server, script(tmp_path / "script"), settings)

        assert ran.code == 0, ran.stderr
        assert len(server.requests) == 6
    assert busy.most == 1
    # What lies there is no trouble for whoever looks after the memory.
    assert onecontext(repository, "doctor").code == 0


def test_a_server_that_says_when_to_come_back_is_obeyed_and_that_is_told(repository: Path) -> None:
    with OpenAIServer().running() as server:
        server.plan(refused(429, "slow down", Retry_After="2"), play)
        ran = run(repository, server, "openai/local", "")

        assert ran.code == 0, ran.stderr
    assert ("team-lead", "openai/local", "ModelUnavailable: openai/local: slow down (status 429)") in waited(repository)
    assert "waits for openai/local: ModelUnavailable: openai/local: slow down" in ran.stderr


def test_requests_per_minute_hold_for_all_agents_together(repository: Path, tmp_path: Path) -> None:
    assertions = [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}]
    tasks = [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}]
    yes = work("a", ("write_file", {"path": "a.txt", "text": "yes\n"}))
    model = write_script(tmp_path, [plan(assertions, tasks), yes, verdict()])
    (repository / "onecontext.toml").write_text(f'[model.limits."{model}"]\nrequests_per_minute = 2\n')

    began = time.monotonic()
    stopped = threading.Timer(6, onecontext, (repository, "stop"))
    stopped.start()
    ran = onecontext(repository, "run", "Say yes", "--model", model, "--sandbox", "none", "--json")
    stopped.join(30)

    # Two calls came at once, the third would have waited for half a minute; a stop does not.
    assert ran.code == 130, ran.stderr
    assert len(events_of(repository, "model.called")) == 2
    assert waited(repository) == [("worker-1", model, "2 requests per minute")]
    assert time.monotonic() - began < 60
