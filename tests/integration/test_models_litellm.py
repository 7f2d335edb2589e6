"""Real requests through litellm, to a server on this machine that behaves well or badly.

All tests that need litellm are in this file and run in one process: importing it takes seconds.
"""

import logging
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onecontext.errors import (
    ContextOverflow,
    GarbledReply,
    ModelError,
    ModelRefused,
    ModelStalled,
    ModelUnavailable,
)
from teams.agent.agent import Agent
from teams.models.litellm_model import LitellmModel, load_litellm
from teams.models.port import Conversation, Message, Reply, ToolCall, ToolSpec, Usage
from teams.models.registry import open_models
from tests.integration.openai_server import (
    Answer,
    OpenAIServer,
    body,
    broken,
    call,
    chunk,
    cut,
    events,
    refused,
    stalled,
    streamed,
    text,
)

KEY = "sk-not-to-be-seen-anywhere"
ADD = ToolSpec("add", "Add numbers.", {"type": "object", "properties": {"a": {"type": "integer"}}})
ASKED = [Message("system", "You are ann."), Message("user", "hi")]

pytestmark = [
    pytest.mark.xdist_group("litellm"),
    # Pydantic about types and habits of litellm's own, where it first uses a provider or reads a chunk.
    pytest.mark.filterwarnings("ignore:.*`ReadOnly` qualifier:UserWarning"),
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*Accessing the .* attribute on the instance"),
]


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Let litellm load what it loads on a first request, so that no test measures that."""
    with OpenAIServer().running() as server:
        server.plan(text("warm"))
        open_models("openai/gpt-4o-mini", api_base=server.url, env={})(Conversation("a", "b")).reply(ASKED, [ADD])


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer().running() as server:
        yield server


class Ask:
    """Asks a model at the server; ``waits`` are the seconds it would have slept."""

    def __init__(self, server: OpenAIServer) -> None:
        self.server = server
        self.waits: list[float] = []
        self.pieces: list[str] = []

    def __call__(
        self, *answers: Answer, stall_s: float = 10, retries: int = 0, name: str = "openai/gpt-4o-mini"
    ) -> Reply:
        self.server.plan(*answers)
        model = LitellmModel(
            name,
            route=name,
            key=KEY,
            api_base=self.server.url,
            stall_s=stall_s,
            retries=retries,
            sleep=self.waits.append,
        )
        return model.reply(ASKED, [ADD], on_text=self.pieces.append)


@pytest.fixture
def ask(server: OpenAIServer) -> Ask:
    return Ask(server)


def test_text_is_streamed_counted_and_priced(ask: Ask, server: OpenAIServer) -> None:
    reply = ask(text("Hel", "lo ", "wörld"))

    assert (reply.text, reply.stop, reply.tool_calls) == ("Hello wörld", "end", ())
    assert ask.pieces == ["Hel", "lo ", "wörld"]
    # 600 tokens at $0.15, 400 cached at half of it and 100 out at $0.60 a million.
    assert reply.usage == Usage(1000, 400, 100, pytest.approx(0.00018))
    assert server.requests[0]["messages"] == [
        {"role": "system", "content": "You are ann."},
        {"role": "user", "content": "hi"},
    ]
    assert server.requests[0]["tools"][0]["function"]["name"] == "add"
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_an_unknown_price_is_unknown_and_not_nothing(ask: Ask) -> None:
    assert ask(text("x"), name="openai/nobody-knows-it").usage == Usage(1000, 400, 100, None)


def test_tool_calls_split_anywhere_are_put_together(ask: Ask) -> None:
    reply = ask(
        streamed(
            call(0, id="c1", name="add", arguments=""),
            call(0, arguments='{"a"'),
            call(1, id="c2", name="add", arguments='{"a": "\\u00'),
            call(0, arguments=": 1}"),
            call(1, arguments='e9"}'),
            call(2, id="c3", name="add", arguments="{not json"),
            finish="tool_calls",
        )
    )

    assert reply.stop == "tools"
    assert reply.tool_calls == (
        ToolCall("c1", "add", '{"a": 1}'),
        ToolCall("c2", "add", '{"a": "\\u00e9"}'),
        ToolCall("c3", "add", "{not json"),
    )


def test_a_reply_that_reached_its_length_says_so(ask: Ask) -> None:
    assert ask(text("half", finish="length")).stop == "length"


def test_an_agent_works_through_it_from_end_to_end(server: OpenAIServer) -> None:
    server.plan(
        streamed(
            {"content": "I add."}, call(0, id="c1", name="add", arguments='{"a": 2, "b": 3}'), finish="tool_calls"
        ),
        text("It is 5."),
    )

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    result = Agent("ann", model="my-own-model", tools=[add], api_base=server.url, env={}).run("What is 2 + 3?")

    assert (result.text, result.ending) == ("It is 5.", "finished")
    assert server.requests[1]["messages"][2:] == [
        {
            "role": "assistant",
            "content": "I add.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2, "b": 3}'}}
            ],
        },
        {"role": "tool", "content": "5", "tool_call_id": "c1"},
    ]


def test_arguments_that_were_junk_go_back_as_json(server: OpenAIServer, ask: Ask) -> None:
    server.plan(text("sorry"))
    model = LitellmModel("m", route="openai/m", key=KEY, api_base=server.url)
    model.reply([*ASKED, Message("assistant", "", (ToolCall("c", "add", "{a:"),)), Message("tool", "no", (), "c")], [])

    assert server.requests[0]["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"unreadable": "{a:"}'


def test_half_a_character_does_not_break_the_request(server: OpenAIServer) -> None:
    server.plan(text("fine"))
    model = LitellmModel("m", route="openai/m", key=KEY, api_base=server.url)

    assert model.reply([Message("user", "lone \ud800")], []).text == "fine"
    assert server.requests[0]["messages"][0]["content"] == "lone ?"


def test_too_many_requests_wait_as_long_as_the_server_says(ask: Ask, server: OpenAIServer) -> None:
    reply = ask(
        refused(429, "slow down", Retry_After="7"), refused(429, "slower", Retry_After="999"), text("ok"), retries=2
    )

    assert reply.text == "ok"
    assert ask.waits == [7, 60]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "bad", [refused(500, "oops"), refused(503, "oops"), cut({"content": "half"}), broken({"content": "half"})]
)
def test_what_may_go_better_is_tried_again(ask: Ask, server: OpenAIServer, bad: Answer) -> None:
    reply = ask(bad, bad, text("whole"), retries=3)

    assert reply.text == "whole"
    assert ask.waits == [0.5, 1.0]
    assert len(server.requests) == 3


@pytest.mark.parametrize("bad", [refused(500, "oops"), cut({"content": "half"}), broken({"content": "half"})])
def test_after_the_retries_it_is_unavailable(ask: Ask, server: OpenAIServer, bad: Answer) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        ask(bad, retries=1)

    assert type(caught.value) is ModelUnavailable
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_final(ask: Ask, server: OpenAIServer, status: int) -> None:
    with pytest.raises(ModelRefused, match=f"no such luck .status {status}"):
        ask(refused(status, "no such luck"), retries=3)

    assert len(server.requests) == 1


def test_a_full_window_is_its_own_error(ask: Ask, server: OpenAIServer) -> None:
    message = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."

    with pytest.raises(ContextOverflow):
        ask(refused(400, message, code="context_length_exceeded"), retries=3)

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "silent",
    [
        stalled(headers=False),
        stalled(),
        stalled({"content": "half"}),
        stalled({"content": "half"}, keep_alive_s=0.2),
    ],
    ids=["nothing at all", "headers", "half a reply", "half a reply and keep-alives"],
)
def test_silence_is_given_up_within_the_configured_seconds(ask: Ask, server: OpenAIServer, silent: Answer) -> None:
    started = time.monotonic()

    with pytest.raises(ModelStalled, match="nothing for 1 s"):
        ask(silent, stall_s=1)

    assert 0.9 < time.monotonic() - started < 4
    assert _soon(lambda: not [thread for thread in threading.enumerate() if thread.name == "model-stream"])


def test_a_stalled_stream_is_asked_for_again(ask: Ask) -> None:
    assert ask(stalled({"content": "half"}), text("whole"), stall_s=1, retries=1).text == "whole"


@pytest.mark.parametrize(
    "junk",
    [
        body(b"<html>It works!</html>", content_type="text/html"),
        body(b'{"hello": 1}', content_type="application/json"),
        body(b"data: {not json}\n\ndata: [DONE]\n\n"),
        body(bytes(range(256))),
        body(b""),
        events({"foo": 1}),
        events([1, 2]),
        events({"choices": "no"}),
        events({"choices": [{"delta": 5}]}),
        events(chunk({"content": "x"}) | {"choices": None}),
    ],
    ids=["html", "json", "no json", "bytes", "empty", "other keys", "list", "text", "number", "null"],
)
def test_junk_is_no_answer(ask: Ask, junk: Answer) -> None:
    with pytest.raises(GarbledReply):
        ask(junk)


def test_an_error_in_the_middle_of_a_stream_is_no_answer(ask: Ask) -> None:
    with pytest.raises(ModelUnavailable, match="overloaded"):
        ask(events(chunk({"content": "half"}), {"error": {"message": "overloaded", "code": 529}}))


def test_nobody_at_the_address_is_unavailable() -> None:
    model = LitellmModel("m", route="openai/m", key=KEY, api_base="http://127.0.0.1:9/v1", retries=0)

    with pytest.raises(ModelUnavailable):
        model.reply(ASKED, [])


def test_a_key_that_the_server_repeats_is_nowhere_to_be_read(
    ask: Ask, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="teams")
    with pytest.raises(ModelError) as caught:
        ask(refused(401, f"Incorrect API key provided: {KEY}"))

    assert "[key]" in caught.value.message
    shown = "".join(traceback.format_exception(caught.value))
    assert KEY not in shown + caplog.text + "".join(capfd.readouterr())


def test_who_receives_text_may_stop_it(ask: Ask) -> None:
    class Enough(Exception):
        pass

    def stop(piece: str) -> None:
        raise Enough

    ask.server.plan(text("a", "b", "c"))
    model = LitellmModel("m", route="openai/m", key=KEY, api_base=ask.server.url)
    with pytest.raises(Enough):
        model.reply(ASKED, [], on_text=stop)


def test_litellm_keeps_to_itself(capfd: pytest.CaptureFixture[str], ask: Ask) -> None:
    litellm: Any = load_litellm()

    with pytest.raises(ModelRefused):
        ask(refused(400, "no"))

    assert litellm.telemetry is False
    assert "".join(capfd.readouterr()) == ""


def test_a_stalled_server_does_not_keep_the_process_alive(server: OpenAIServer) -> None:
    server.plan(text("warm"), stalled({"content": "half"}, keep_alive_s=0.2))
    program = f"""
import time
from teams.models.litellm_model import LitellmModel
from teams.models.port import Message
def ask(stall_s):
    model = LitellmModel("m", route="openai/m", key="x", api_base={server.url!r}, stall_s=stall_s, retries=0)
    return model.reply([Message("user", "hi")], [], on_text=lambda piece: print(piece, flush=True))
ask(60)
try:
    ask(1)
except BaseException as error:
    print(type(error).__name__, time.time(), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    ended = time.time()

    words = done.stdout.split()
    assert words[:3] == ["warm", "half", "ModelStalled"], done.stderr
    assert ended - float(words[3]) < 3
    assert done.stderr == ""


def _soon(condition: Callable[[], bool], within_s: float = 4) -> bool:
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
