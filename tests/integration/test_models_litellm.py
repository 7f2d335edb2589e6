"""Real requests through litellm, to a server on this machine that behaves well."""

import logging
import traceback
from typing import Any

import pytest

from onecontext.errors import ModelError, ModelRefused
from teams.agent.agent import Agent
from teams.models.litellm_model import LitellmModel, load_litellm
from teams.models.port import Message, ToolCall, Usage
from tests.integration.asking import ASKED, KEY, MARKS, Ask, ask, server, warm
from tests.integration.openai_server import OpenAIServer, call, refused, streamed, text

__all__ = ["ask", "server", "warm"]
pytestmark = MARKS


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


LIES: list[dict[str, Any]] = [
    {"prompt_tokens": -100_000, "completion_tokens": -5, "total_tokens": -100_005},
    {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    {"prompt_tokens": "many", "completion_tokens": [], "total_tokens": None},
    {"prompt_tokens": 1.5, "completion_tokens": None, "total_tokens": 2},
]


@pytest.mark.parametrize("usage", LIES)
def test_what_no_reply_can_take_is_estimated_in_its_place(ask: Ask, usage: dict[str, Any]) -> None:
    said = ask(text("a few words", usage=usage)).usage

    assert 0 < said.tokens_in < 1000
    assert 0 < said.tokens_out < 100
    assert said.cost_usd is not None
    assert said.cost_usd > 0


def test_more_from_the_cache_than_there_was_is_nothing_from_the_cache(ask: Ask) -> None:
    for cached in (10**9, -1, "all"):
        usage = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}
        said = ask(text("x", usage=usage | {"prompt_tokens_details": {"cached_tokens": cached}})).usage

        assert (said.tokens_in, said.tokens_cached, said.tokens_out) == (10, 0, 1)


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
