"""Real requests through litellm, to a server on this machine that behaves badly."""

import subprocess
import sys
import time

import pytest

from onecontext.errors import ContextOverflow, GarbledReply, ModelRefused, ModelStalled, ModelUnavailable
from teams.models.litellm_model import LitellmModel
from tests.integration.asking import ASKED, KEY, MARKS, Ask, ask, server, soon, streams, warm
from tests.integration.openai_server import (
    Answer,
    OpenAIServer,
    body,
    broken,
    chunk,
    cut,
    events,
    refused,
    stalled,
    text,
)

__all__ = ["ask", "server", "warm"]
pytestmark = MARKS


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

    assert 0.9 < time.monotonic() - started < 20  # the server would be silent for 30
    assert soon(lambda: not streams())


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


def test_nobody_at_the_address_is_unavailable_and_the_address_is_named() -> None:
    model = LitellmModel("m", route="openai/m", key=KEY, api_base="http://ann:s3cretpass@127.0.0.1:9/v1", retries=0)

    with pytest.raises(ModelUnavailable) as caught:
        model.reply(ASKED, [])

    assert "127.0.0.1:9" in caught.value.hint
    assert "s3cretpass" not in caught.value.hint + caught.value.message


def test_a_stalled_server_does_not_keep_the_process_alive(server: OpenAIServer) -> None:
    server.plan(text("warm"), stalled({"content": "half"}, keep_alive_s=0.2))
    program = f"""
from teams.models.litellm_model import LitellmModel
from teams.models.port import Message
def ask(stall_s):
    model = LitellmModel("m", route="openai/m", key="x", api_base={server.url!r}, stall_s=stall_s, retries=0)
    return model.reply([Message("user", "hi")], [], on_text=lambda piece: print(piece, flush=True))
ask(60)
try:
    ask(1)
except BaseException as error:
    print(type(error).__name__, flush=True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    # That it came to its end within the 60 s says that no thread kept it: the server never stops being silent.
    assert done.stdout.split() == ["warm", "half", "ModelStalled"], done.stderr
    assert done.stderr == ""
