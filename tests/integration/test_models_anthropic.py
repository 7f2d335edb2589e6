"""The protocol of Anthropic through litellm: another client and another stream than OpenAI's."""

import gc
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onecontext.errors import ContextOverflow, ModelRefused, ModelStalled, ModelUnavailable
from teams.models.litellm_model import load_litellm
from teams.models.port import Message, ToolCall, Usage
from tests.integration.asking import ASKED, KEY, MARKS, Ask, soon, streams, warm_up
from tests.integration.openai_server import Answer, Handler, OpenAIServer, refused

pytestmark = MARKS
CALL = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}
TEXT = {"type": "text", "text": ""}


def spoken(*events: tuple[str, dict[str, Any]], pings: bool = False) -> Answer:
    """A stream of these events after the beginning; with ``pings``, then only pings."""

    def answer(handler: Handler) -> None:
        handler.begin()
        usage = {"input_tokens": 600, "cache_read_input_tokens": 400, "output_tokens": 1}
        begin = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "served", "usage": usage}
        for kind, data in [("message_start", {"message": begin}), *events]:
            handler.raw(b"event: " + kind.encode() + b"\n")
            handler.event({"type": kind, **data})
        while pings and not handler.released.wait(0.2):
            handler.raw(b"event: ping\n")
            handler.event({"type": "ping"})

    return answer


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    pieces = [("content_block_delta", {"index": index, "delta": delta}) for delta in deltas]
    begin = ("content_block_start", {"index": index, "content_block": content})
    return [begin, *pieces, ("content_block_stop", {"index": index})]


def words(*pieces: str) -> list[tuple[str, dict[str, Any]]]:
    return block(0, TEXT, *({"type": "text_delta", "text": piece} for piece in pieces))


def end(reason: str) -> list[tuple[str, dict[str, Any]]]:
    delta = {"delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 20}}
    return [("message_delta", delta), ("message_stop", {})]


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()
    with OpenAIServer().running() as server:
        Ask(server, name="anthropic/claude-sonnet-4-5")(spoken(*words("warm"), *end("end_turn")), stall_s=60)


@pytest.fixture
def ask() -> Iterator[Ask]:
    with OpenAIServer().running() as server:
        yield Ask(server, name="anthropic/claude-sonnet-4-5")


def test_text_and_calls_are_streamed_counted_and_priced(ask: Ask) -> None:
    pieces = ({"type": "input_json_delta", "partial_json": part} for part in ('{"a"', ": 1}"))
    reply = ask(spoken(*words("Hel", "lo"), *block(1, CALL, *pieces), *end("tool_use")))

    assert (reply.text, reply.stop) == ("Hello", "tools")
    assert reply.tool_calls == (ToolCall("t1", "add", '{"a": 1}'),)
    # 600 at $3, 400 from the cache at a tenth of it, 20 out at $15 a million.
    assert reply.usage == Usage(1000, 400, 20, pytest.approx(0.00222))
    assert ask.server.headers[0]["x-api-key"] == KEY


def test_a_reply_that_reached_its_length_says_so(ask: Ask) -> None:
    assert ask(spoken(*words("half"), *end("max_tokens"))).stop == "length"


def test_a_cut_stream_is_no_answer(ask: Ask) -> None:
    with pytest.raises(ModelUnavailable, match="cut before"):
        ask(spoken(*words("half")))


def test_pings_are_no_sign_of_life(ask: Ask) -> None:
    with pytest.raises(ModelStalled):
        ask(spoken(*words("half"), pings=True), stall_s=1)

    assert soon(lambda: not streams())


def test_refusals_are_told_in_the_servers_words(ask: Ask) -> None:
    with pytest.raises(ModelRefused, match="no such model"):
        ask(refused(404, "no such model"))
    with pytest.raises(ContextOverflow):
        ask(refused(400, "prompt is too long: 300000 tokens > 200000 maximum"))


def refusal(ask: Ask) -> None:
    with pytest.raises(ModelRefused):
        ask(refused(404, "no such model"))


def half(ask: Ask) -> None:
    with pytest.raises(ModelUnavailable):
        ask(spoken(*words("half")))


def whole(ask: Ask) -> None:
    assert ask(spoken(*words("all of it"), *end("end_turn"))).text == "all of it"


@pytest.mark.parametrize("kind", [whole, half, refusal])
def test_connections_are_given_back_without_the_garbage_collector(ask: Ask, kind: Callable[[Ask], None]) -> None:
    # It comes rarely to a large process. A client has a hundred connections, and one more call would wait in vain.
    gc.disable()
    try:
        for _ in range(101):
            kind(ask)
        whole(ask)
    finally:
        gc.enable()


def test_arguments_that_were_junk_do_not_break_the_next_request(ask: Ask) -> None:
    junk = [*ASKED, Message("assistant", "", (ToolCall("x", "add", "{bad"),)), Message("tool", "no", (), "x")]

    assert ask(spoken(*words("sorry"), *end("end_turn")), messages=junk).text == "sorry"


def test_what_headers_anthropic_knows_is_asked_of_nobody(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    litellm, look_up, hosts = load_litellm(), socket.getaddrinfo, []
    monkeypatch.setattr(litellm.anthropic_beta_headers_manager, "_BETA_HEADERS_CONFIG", None)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **named: hosts.append(host) or look_up(host, *more, **named)
    )
    ask.server.plan(spoken(*words("hi"), *end("end_turn")))
    extra = {"anthropic-beta": "context-1m-2025-08-07"}

    request = {"api_base": ask.server.url, "api_key": KEY, "extra_headers": extra, "stream": True}
    for _ in litellm.completion(ask.name, [{"role": "user", "content": "hi"}], **request):
        pass

    # That it is among the headers that came says that the list of those that are known was read.
    assert "context-1m-2025-08-07" in ask.server.headers[0]["anthropic-beta"]
    assert set(hosts) == {"127.0.0.1"}
