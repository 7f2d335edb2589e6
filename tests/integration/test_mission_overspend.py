"""Ten workers who ask a model at the same moment, of a mission that could pay for a few of them."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from onecontext.text.tokens import default_counter
from tests.integration.asking import MARKS
from tests.integration.openai_server import Handler, OpenAIServer, call, streamed
from tests.support.missions import events_of, make_repository, onecontext

pytestmark = MARKS
KEY = {"OPENAI_API_KEY": "sk-local-key-of-a-test-0123456789"}
USD_IN, USD_OUT = 0.15e-6, 0.6e-6
TEN = [f"t{number}" for number in range(10)]
PLAN = {
    "assertions": [
        {"id": f"VAL-A-{n:03}", "text": f"{key} is there", "command": f"test -e {key}"} for n, key in enumerate(TEN)
    ],
    "tasks": [{"key": key, "subject": f"Make {key}", "assertions": [f"VAL-A-{n:03}"]} for n, key in enumerate(TEN)],
}


class Greedy:
    """Answers as long as it may, says so in the usage, and keeps who asks waiting, so that many ask at once."""

    def __init__(self, server: OpenAIServer) -> None:
        self.server = server
        self.tokens, self.usd = 0, 0.0
        self.at_once, self.most = 0, 0
        self._lock = threading.Lock()

    def __call__(self, handler: Handler) -> None:
        request = self.server.requests[-1]
        tools = {tool["function"]["name"] for tool in request.get("tools", ())}
        tokens_in = default_counter().count(json.dumps([request["messages"], request.get("tools")]))
        tokens_out = request["max_tokens"]
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            number = len(self.server.requests)
            self.tokens += tokens_in + tokens_out
            self.usd += tokens_in * USD_IN + tokens_out * USD_OUT
        time.sleep(0.3)
        with self._lock:
            self.at_once -= 1
        said: tuple[str, dict[str, Any]] = ("submit_plan", PLAN)
        if "submit_plan" not in tools:
            said = ("write_file", {"path": f"f{number}", "text": "more\n"})
        name, arguments = said
        usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
        piece = call(0, id=f"c{number}", name=name, arguments=json.dumps(arguments))
        streamed(piece, finish="tool_calls", usage=usage)(handler)


@pytest.mark.parametrize("words", [("--budget-tokens", "60000"), ("--budget-usd", "0.012")])
def test_ten_workers_cannot_spend_together_what_one_may(tmp_path: Path, words: tuple[str, str]) -> None:
    settings = "[run]\nworkers = 10\nmax_turns = 200\n[budget]\nanswer_tokens = 400\n"
    repository = make_repository(tmp_path / "shop", {"a.txt": "no\n", "onecontext.toml": settings})
    with OpenAIServer().running() as server:
        greedy = Greedy(server)
        server.plan(greedy)
        command = ["run", "Make ten", "--model", "openai/gpt-4o-mini", "--api-base", server.url, "--sandbox", "none"]

        ran = onecontext(repository, *command, *words, "--json", env=KEY)

    assert ran.code == 10, ran.stderr
    assert ran.data["ending"] == "budget_exhausted"
    spent, most = (greedy.tokens, 60_000) if words[0] == "--budget-tokens" else (greedy.usd, 0.012)
    # What the server says that it was asked for, which nobody here has counted.
    assert 0.7 * most < spent <= most
    assert greedy.most >= 4
    claimed = {event.agent for event in events_of(repository, "model.called")}
    assert len(claimed) >= 10
    counted = sum(event.data["tokens_in"] + event.data["tokens_out"] for event in events_of(repository, "model.called"))
    assert counted == greedy.tokens
