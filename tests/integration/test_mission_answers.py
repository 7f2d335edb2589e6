"""A mission that was cut short does not pay twice for what it was told, and does all of what it does anew."""

import json
from pathlib import Path

import pytest

from tests.integration.asking import MARKS
from tests.integration.openai_server import Handler, OpenAIServer, refused
from tests.integration.test_mission_real_model import calls, play
from tests.support.missions import events_of, make_repository, onecontext

pytestmark = MARKS
KEY = {"OPENAI_API_KEY": "sk-local-key-of-a-test-0123456789"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"a.txt": "?\n"})


class Plays:
    """Answers as a model would; the validator reads first, and cannot be reached afterwards until ``judges``."""

    judges = False

    def __call__(self, handler: Handler) -> None:
        told: OpenAIServer = handler.server.owner  # type: ignore[attr-defined]
        request = told.requests[-1]
        if "give_verdict" not in {tool["function"]["name"] for tool in request["tools"]}:
            play(handler)
        elif request["messages"][-1]["role"] == "user":
            calls(("read_file", {"path": "a.txt"}))(handler)
        else:
            (play if self.judges else refused(503, "overloaded"))(handler)


@pytest.mark.parametrize("cache", [True, False])
def test_what_was_said_before_a_break_is_said_again_for_nothing(repository: Path, cache: bool) -> None:
    (repository / "onecontext.toml").write_text(f"[model]\ncache = {str(cache).lower()}\nretries = 0\n")
    plays = Plays()
    with OpenAIServer().running() as server:
        server.plan(plays)
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        assert onecontext(repository, *command, env=KEY).code == 7
        first = len(server.requests)
        plays.judges = True
        resumed = onecontext(repository, "resume", "--sandbox", "none", "--api-base", server.url, "--json", env=KEY)

        assert resumed.code == 0, resumed.stderr
        assert len(server.requests) == first + (1 if cache else 2)
    judged = [event.data for event in events_of(repository, "model.called") if event.agent == "validator-1"]
    assert [data.get("cached", False) for data in judged] == [False, cache, False]
    # It was read anew, and not only said to have been.
    assert len([e for e in events_of(repository, "tool.result") if e.agent == "validator-1"]) == 3
    if cache:
        assert (judged[1]["tokens_in"], judged[1]["cost_usd"]) == (0, 0.0)
        assert "1 of 6 calls came from the cache" in onecontext(repository, "cost").stdout


def test_what_is_kept_is_for_its_owner_alone_and_only_what_changes_nothing(repository: Path) -> None:
    (repository / "onecontext.toml").write_text("[model]\ncache = true\n")
    with OpenAIServer().running() as server:
        server.plan(play)
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        assert onecontext(repository, *command, env=KEY).code == 0

    private = repository / ".onecontext" / ".git" / "onecontext" / "answers"
    kept = [json.loads(path.read_text()) for path in private.iterdir()]
    # Not the worker's turns, which write and hand over.
    assert sorted(call["name"] for answer in kept for call in answer["calls"]) == ["give_verdict", "submit_plan"]
    assert {path.stat().st_mode & 0o777 for path in private.iterdir()} == {0o600}
    assert private.stat().st_mode & 0o777 == 0o700
    assert onecontext(repository, "doctor").code == 0
