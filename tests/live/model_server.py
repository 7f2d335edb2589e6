"""A server on this machine that speaks Anthropic's protocol to a live client and does what the prompt says.

Rule 1: a prompt ``DO <number>`` is answered by the tool calls that were planned under it, in one reply; anything else
    by a text. So a test decides what the client does, and the client does it with its own code.
Rule 2: what the client puts before its model is kept, so that a test can say what the model has seen.
"""

import json
import re
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from tests.support.loopback import Loopback, QuietHandler

_ORDER = re.compile(r"^DO (\d+)$", re.MULTILINE)
_USAGE = {"input_tokens": 100, "output_tokens": 20}


class ModelServer(Loopback):
    """``seen`` holds every text of every request's messages, in the order of their first appearance; ``results`` what
    the client's tools returned, by the id of the call; ``orders`` the prompts of :meth:`plan` that came.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.seen: list[str] = []
        self.results: dict[str, str] = {}
        self.orders: set[str] = set()
        self._plans: list[list[dict[str, Any]]] = []
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def plan(self, *calls: tuple[str, dict[str, Any]]) -> tuple[str, list[str]]:
        """Plan tool calls (name, input); return the prompt that asks for them, and their ids."""
        blocks = [
            {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": name, "input": arguments}
            for name, arguments in calls
        ]
        self._plans.append(blocks)
        return f"DO {len(self._plans) - 1}", [block["id"] for block in blocks]

    def answer(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the blocks of the reply."""
        texts = [text for message in request["messages"] for text in _texts(message["content"])]
        with self._lock:
            self.seen += [text for text in dict.fromkeys(texts) if text not in self._known]
            self._known |= set(texts)
            for message in request["messages"]:
                self.results |= dict(_results(message["content"]))
        return self._calls(request["messages"]) or [{"type": "text", "text": "noted"}]

    def _calls(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the planned calls that the newest prompt asks for and that have not been made."""
        orders = [found for text in _texts(messages[-1]["content"]) for found in _ORDER.finditer(text)]
        self.orders |= {found[0] for found in orders}
        made = {block.get("id") for message in messages for block in message["content"] if isinstance(block, dict)}
        return [block for found in orders for block in self._plans[int(found[1])] if block["id"] not in made]


class _Handler(QuietHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._json(200, {})

    def do_GET(self) -> None:
        self._json(404, {"type": "error", "error": {"type": "not_found_error", "message": "not here"}})

    def do_POST(self) -> None:
        told: ModelServer = self.server.owner  # type: ignore[attr-defined]
        request = json.loads(self.content())
        if "/count_tokens" in self.path:
            return self._json(200, {"input_tokens": 100})
        if not self.path.startswith("/v1/messages"):
            return self._json(404, {"type": "error", "error": {"type": "not_found_error", "message": "not here"}})
        blocks = told.answer(request)
        stop = "tool_use" if blocks[0]["type"] == "tool_use" else "end_turn"
        model = request.get("model", "served")
        whole = {
            "id": f"msg_{uuid.uuid4().hex[:24]}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "stop_sequence": None,
            "usage": _USAGE,
        }
        if not request.get("stream"):
            return self._json(200, {**whole, "content": blocks, "stop_reason": stop})
        self._begin(200, "text/event-stream")
        self._event("message_start", {"message": {**whole, "content": [], "stop_reason": None}})
        for index, block in enumerate(blocks):
            self._block(index, block)
        delta = {"stop_reason": stop, "stop_sequence": None}
        self._event("message_delta", {"delta": delta, "usage": {"output_tokens": 20}})
        return self._event("message_stop", {})

    def _block(self, index: int, block: dict[str, Any]) -> None:
        is_text = block["type"] == "text"
        begin = {**block, "text": ""} if is_text else {**block, "input": {}}
        delta = (
            {"type": "text_delta", "text": block["text"]}
            if is_text
            else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        )
        self._event("content_block_start", {"index": index, "content_block": begin})
        self._event("content_block_delta", {"index": index, "delta": delta})
        self._event("content_block_stop", {"index": index})

    def _event(self, kind: str, data: dict[str, Any]) -> None:
        self.wfile.write(f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode())
        self.wfile.flush()

    def _begin(self, status: int, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def _json(self, status: int, document: dict[str, Any]) -> None:
        self._begin(status, "application/json")
        if self.command != "HEAD":
            self.wfile.write(json.dumps(document).encode())


def _texts(content: Any) -> Iterator[str]:
    """Return every text in a message: plain, in blocks, and in the results of tools."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            yield from _texts(block)
    elif isinstance(content, dict):
        if content.get("type") == "text":
            yield content["text"]
        elif content.get("type") == "tool_result":
            yield from _texts(content.get("content"))


def _results(content: Any) -> Iterator[tuple[str, str]]:
    if isinstance(content, list):
        for block in content:
            if block.get("type") == "tool_result":
                yield block["tool_use_id"], "\n".join(_texts(block.get("content")))
