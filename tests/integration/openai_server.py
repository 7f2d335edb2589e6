"""A server on this machine that speaks OpenAI's chat protocol, well or badly, as it is told.

Rule 1: each request gets the next of the planned answers; the last one is given again to all that follow.
Rule 2: an answer is a function of the request's handler, so any misbehaviour is a few lines.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support.loopback import Loopback, QuietHandler

Answer = Callable[["Handler"], None]
USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "total_tokens": 1100,
    "prompt_tokens_details": {"cached_tokens": 400},
}


class OpenAIServer(Loopback):
    """``requests`` are the bodies that came, ``headers`` theirs; ``released`` lets stalled answers go."""

    def __init__(self) -> None:
        super().__init__(Handler)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self._answers: list[Answer] = []

    @property
    def url(self) -> str:
        return f"{self.address}/v1"

    def plan(self, *answers: Answer) -> None:
        """Answer the coming requests so, in this order."""
        self._answers = list(answers)

    def next_answer(self) -> Answer:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Handler(QuietHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        told: OpenAIServer = self.server.owner  # type: ignore[attr-defined]
        told.requests.append(json.loads(self.content()))
        told.headers.append(dict(self.headers))
        self.released = told.released
        told.next_answer()(self)

    def begin(self, status: int = 200, content_type: str = "text/event-stream", **headers: str) -> None:
        """Send status and headers; the body follows and ends with the connection."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.close_connection = True

    def event(self, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.raw(f"data: {text}\n\n".encode())

    def raw(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()


def chunk(delta: Mapping[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One piece of a stream."""
    choices = [{"index": 0, "delta": dict(delta or {}), "finish_reason": finish}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "served",
        "choices": choices,
        **more,
    }


def streamed(*deltas: Mapping[str, Any], finish: str = "stop", usage: Mapping[str, Any] | None = USAGE) -> Answer:
    """A whole, well-behaved answer in these pieces."""

    def answer(handler: Handler) -> None:
        handler.begin()
        for delta in deltas:
            handler.event(chunk(delta))
        handler.event(chunk(finish=finish))
        if usage is not None:
            handler.event(chunk(usage=dict(usage)) | {"choices": []})
        handler.event("[DONE]")

    return answer


def text(*pieces: str, finish: str = "stop", usage: Mapping[str, Any] | None = USAGE) -> Answer:
    """Text in these pieces."""
    return streamed({"role": "assistant", "content": ""}, *({"content": p} for p in pieces), finish=finish, usage=usage)


def call(index: int, **parts: Any) -> dict[str, Any]:
    """A piece of a tool call: ``id``, ``name`` and ``arguments`` as given."""
    function = {key: parts[key] for key in ("name", "arguments") if key in parts}
    piece = {"index": index, "function": function} | ({"id": parts["id"], "type": "function"} if "id" in parts else {})
    return {"tool_calls": [piece]}


def refused(status: int, message: str, *, code: str | None = None, **headers: str) -> Answer:
    """An error as OpenAI words it."""

    def answer(handler: Handler) -> None:
        handler.begin(status, "application/json", **headers)
        handler.raw(json.dumps({"error": {"message": message, "type": "error", "code": code}}).encode())

    return answer


def cut(*deltas: Mapping[str, Any]) -> Answer:
    """These pieces, and then the connection closes without a word."""

    def answer(handler: Handler) -> None:
        handler.begin()
        for delta in deltas:
            handler.event(chunk(delta))

    return answer


def broken(*deltas: Mapping[str, Any]) -> Answer:
    """These pieces of a chunked body, and then the connection breaks in the middle of one."""

    def answer(handler: Handler) -> None:
        handler.begin(Transfer_Encoding="chunked")
        for delta in deltas:
            event = f"data: {json.dumps(chunk(delta))}\n\n".encode()
            handler.raw(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        handler.raw(b"ff\r\ndata: {")

    return answer


def stalled(*deltas: Mapping[str, Any], headers: bool = True, keep_alive_s: float | None = None) -> Answer:
    """These pieces, and then silence; with ``keep_alive_s``, only comments every so many seconds."""

    def answer(handler: Handler) -> None:
        if headers:
            handler.begin()
        for delta in deltas:
            handler.event(chunk(delta))
        while not handler.released.wait(keep_alive_s or 30):
            handler.raw(b": still here\n\n")

    return answer


def body(content: bytes, *, content_type: str = "text/event-stream") -> Answer:
    """These bytes, whatever they are."""

    def answer(handler: Handler) -> None:
        handler.begin(content_type=content_type)
        handler.raw(content)

    return answer


def events(*data: Sequence[Any] | Mapping[str, Any] | str) -> Answer:
    """These events, of any shape, then the regular end."""

    def answer(handler: Handler) -> None:
        handler.begin()
        for one in data:
            handler.event(one)
        handler.event("[DONE]")

    return answer
