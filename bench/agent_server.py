"""A model's server without a model: ``python bench/agent_server.py`` prints its address and serves until it is ended.

Rule 1: it speaks OpenAI's chat completions, streamed where it is asked to, and answers at once.
Rule 2: what it says depends on the request alone: as long as fewer than TURNS calls of tools were answered it asks for
        one more of the first tool that it is offered, then it ends.
"""

import asyncio
import json
import sys
from typing import Any

TURNS = 50
ENDING = "final_answer"
"""The tool by which smolagents end; others end with a text."""


class Connection(asyncio.Protocol):
    """One client. Requests come one after another, each with a Content-Length."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            request = json.loads(rest[:length])
            self._transport.write(streamed(request) if request.get("stream") else whole(request))


def message_for(request: dict[str, Any]) -> dict[str, Any]:
    """Return the assistant's next message."""
    turn = sum(message["role"] == "assistant" for message in request["messages"])
    tools = [tool["function"]["name"] for tool in request.get("tools", [])]
    if turn < TURNS:
        name, arguments = tools[0], {"command": "true"} if tools[0] == "bash" else {"a": turn, "b": 1}
    elif ENDING in tools:
        name, arguments = ENDING, {"answer": "done"}
    elif tools == ["bash"]:
        name, arguments = "bash", {"command": "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"}
    else:
        return {"role": "assistant", "content": "done"}
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call_{turn}", "type": "function", "function": function}
    return {"role": "assistant", "content": "One more.", "tool_calls": [call]}


def envelope(request: dict[str, Any], kind: str, choices: list[Any], usage: bool) -> dict[str, Any]:
    size = len(request["messages"]) * 20
    counted = {"prompt_tokens": size, "completion_tokens": 12, "total_tokens": size + 12}
    about = {"id": "chatcmpl-1", "object": kind, "created": 1, "model": request["model"], "choices": choices}
    return {**about, **({"usage": counted} if usage else {})}


def whole(request: dict[str, Any]) -> bytes:
    message = message_for(request)
    finish = "tool_calls" if "tool_calls" in message else "stop"
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    body = json.dumps(envelope(request, "chat.completion", choices, usage=True)).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def streamed(request: dict[str, Any]) -> bytes:
    """Return the same message as a stream: the text, the tool's name, its arguments in two pieces, the end, usage."""
    message = message_for(request)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": message["content"]}]
    for call in message.get("tool_calls", []):
        text = call["function"]["arguments"]
        first = {"index": 0, **call, "function": {"name": call["function"]["name"], "arguments": ""}}
        pieces = [{"index": 0, "function": {"arguments": part}} for part in (text[:5], text[5:])]
        deltas += [{"tool_calls": [part]} for part in (first, *pieces)]
    finish = "tool_calls" if "tool_calls" in message else "stop"
    choices: list[list[Any]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices += [[{"index": 0, "delta": {}, "finish_reason": finish}], []]
    chunks = [envelope(request, "chat.completion.chunk", choice, usage=not choice) for choice in choices]
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return (head + "".join(f"{len(line):x}\r\n{line}\r\n" for line in lines) + "0\r\n\r\n").encode()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=256)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    # Ends with whoever started it.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
