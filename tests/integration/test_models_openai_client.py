"""OpenAI's client as litellm is handed it: the same words on the wire, without a look at each message in every turn."""

import threading
from typing import Any

import pytest

from teams.models.litellm_model import LitellmModel
from teams.models.openai_client import wire_client
from teams.models.port import Message, ToolCall
from tests.integration.asking import ASKED, KEY, MARKS, Ask, server, warm
from tests.integration.openai_server import Handler, OpenAIServer, chunk, text

__all__ = ["server", "warm"]
pytestmark = MARKS


def certificates() -> bool:
    return False


def turns(count: int) -> list[Message]:
    """A conversation of so many calls of a tool, each answered."""
    called = [(Message("assistant", "", (ToolCall(f"c{n}", "add", '{"a": 1}'),)), f"c{n}") for n in range(count)]
    return [*ASKED, *(message for call, id_ in called for message in (call, Message("tool", "2", (), id_)))]


def calls_of(ask: Ask, messages: list[Message]) -> int:
    """Return how many functions the reading thread calls to have ``messages`` answered."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        if event == "call" and threading.current_thread().name == "model-stream":
            count += 1

    threading.setprofile(note)
    try:
        ask(text("fine"), messages=messages)
    finally:
        threading.setprofile(None)
    return count


def test_a_long_conversation_is_not_looked_through_again_with_every_turn(server: OpenAIServer) -> None:
    ask = Ask(server)
    ask(text("warm"), messages=turns(2))

    first, last = calls_of(ask, turns(1)), calls_of(ask, turns(60))

    assert 1000 < first < last < min(1.5 * first, 7500)


def test_what_is_sent_is_what_the_client_itself_would_have_sent(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Ask(server)
    ask(text("fine"), messages=turns(3))
    monkeypatch.setattr("teams.models.litellm_model.LitellmModel._is_of_openai", False)
    ask(text("fine"), messages=turns(3))

    ours, theirs = server.requests
    assert ours == theirs
    differs = {"X-Stainless-Raw-Response"}
    heard = [{name: value for name, value in headers.items() if name not in differs} for headers in server.headers]
    assert heard[0] == heard[1]


def test_what_the_server_did_not_count_is_estimated(server: OpenAIServer) -> None:
    ask = Ask(server)

    short, long = (
        ask(text("a few words", usage=None), messages=[Message("user", "word " * count)]).usage for count in (10, 500)
    )

    assert 10 < short.tokens_in < 200
    assert 500 < long.tokens_in < 800
    assert 0 < long.tokens_out < 20
    assert long.cost_usd is not None
    assert long.cost_usd > (short.cost_usd or 0)


def test_a_server_that_counts_in_every_piece_is_believed_the_last_time(server: OpenAIServer) -> None:
    def answer(handler: Handler) -> None:
        handler.begin()
        for number, word in enumerate(("one ", "two ", "three"), start=1):
            counted = {"prompt_tokens": 7, "completion_tokens": number, "total_tokens": 7 + number}
            handler.event(chunk({"content": word}, usage=counted))
        handler.event(chunk(finish="stop"))
        handler.event("[DONE]")

    reply = Ask(server)(answer)

    assert (reply.text, reply.usage.tokens_in, reply.usage.tokens_out) == ("one two three", 7, 3)


def test_the_environment_says_where_the_server_is(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    wire_client.cache_clear()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.plan(text("found"))

    try:
        reply = LitellmModel("gpt-4o-mini", route="gpt-4o-mini", key=KEY).reply(ASKED, [])
    finally:
        wire_client.cache_clear()

    assert reply.text == "found"
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_one_server_and_key_have_one_client(server: OpenAIServer) -> None:
    assert wire_client(KEY, server.url, certificates) is wire_client(KEY, server.url, certificates)
    assert wire_client(KEY, server.url, certificates) is not wire_client("another", server.url, certificates)
