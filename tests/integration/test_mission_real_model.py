"""A whole mission whose model answers over HTTP, in OpenAI's protocol: one flag away from the scripted one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.asking import MARKS
from tests.integration.openai_server import Handler, OpenAIServer, call, refused, streamed
from tests.support.missions import events_of, git, make_repository, onecontext, says

pytestmark = MARKS

PLAN = {
    "assertions": [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}],
    "tasks": [{"key": "first", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}],
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer().running() as running:
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


def calls(*wanted: tuple[str, dict[str, Any]]) -> Any:
    """An answer that asks for these tools, each one's arguments in two pieces."""
    pieces = []
    for index, (name, arguments) in enumerate(wanted):
        text = json.dumps(arguments)
        half = len(text) // 2
        pieces.append(call(index, id=f"call_{name}", name=name, arguments=text[:half]))
        pieces.append(call(index, arguments=text[half:]))
    return streamed(*pieces, finish="tool_calls")


def play(handler: Handler) -> None:
    """Answer as a model would that looks at which tools it was given."""
    told: OpenAIServer = handler.server.owner  # type: ignore[attr-defined]
    request = told.requests[-1]
    tools = {tool["function"]["name"] for tool in request["tools"]}
    if "submit_plan" in tools:
        calls(("submit_plan", PLAN))(handler)
    elif "give_verdict" in tools:
        calls(("give_verdict", {"accept": True, "findings": []}))(handler)
    elif request["messages"][-1]["role"] == "user":
        wrote = ("write_file", {"path": "a.txt", "text": "yes\n"})
        calls(("read_file", {"path": "a.txt"}), wrote, ("run", {"command": says("yes", "a.txt")}))(handler)
    else:
        calls(("finish", {"summary": "a says yes", "claims": ["VAL-A-001"]}))(handler)


def run(repository: Path, server: OpenAIServer, *arguments: str) -> Any:
    command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--json", *arguments]
    return onecontext(repository, *command, env={"OPENAI_API_KEY": "sk-local-key-of-a-test-0123456789"})


def test_a_mission_runs_over_http_and_is_billed(repository: Path, server: OpenAIServer) -> None:
    server.plan(play)

    ran = run(repository, server)

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    called = events_of(repository, "model.called")
    assert len(called) == len(server.requests) == 4
    assert all(event.data["tokens_in"] == 1000 and event.data["scripted"] is False for event in called)
    # Nobody has a price list for a model of this name: the cost is unknown, not nothing.
    assert ran.data["spent"]["cost_usd"] is None


def test_a_refusal_interrupts_the_mission_and_resume_goes_on(repository: Path, server: OpenAIServer) -> None:
    server.plan(refused(401, "Incorrect API key provided"))
    refusing = run(repository, server)

    server.plan(play)
    resumed = onecontext(
        repository, "resume", "--api-base", server.url, "--json", env={"OPENAI_API_KEY": "sk-another-0123456789abcdef"}
    )

    assert refusing.code == 7
    assert "401" in refusing.stderr or "key" in refusing.stderr
    assert "sk-local" not in refusing.stdout + refusing.stderr
    assert resumed.code == 0, resumed.stderr
    assert [e.data["ending"] for e in events_of(repository, "mission.ended")] == ["done"]


def test_the_key_reaches_the_provider_and_no_file(repository: Path, server: OpenAIServer) -> None:
    server.plan(play)

    run(repository, server)

    key = "sk-local-key-of-a-test-0123456789"
    assert any(key in headers.get("Authorization", "") for headers in server.headers)
    written = [path for path in repository.rglob("*") if path.is_file()]
    assert len(written) > 50
    assert not [path for path in written if key.encode() in path.read_bytes()]
