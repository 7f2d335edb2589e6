"""Messages and tools in OpenAI's form, from which litellm translates to every other."""

import json
from contextlib import suppress
from typing import Any

from teams.models.port import Message, ToolSpec


def as_sent(message: Message) -> dict[str, Any]:
    """Return a message as it is sent."""
    content = _encodable(message.content)
    sent: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_call_id is not None:
        sent["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        sent["content"] = content or None
        sent["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _object(call.arguments)}}
            for call in message.tool_calls
        ]
    return sent


def _object(arguments: str) -> str:
    # Several providers parse what they are reminded of: junk a model once wrote would make every later call fail.
    arguments = _encodable(arguments)
    with suppress(ValueError, RecursionError):
        if isinstance(json.loads(arguments), dict):
            return arguments
    return json.dumps({"unreadable": arguments} if arguments.strip() else {})


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate has no form on the wire


def schema(tool: ToolSpec) -> dict[str, Any]:
    """Return a tool as it is sent."""
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}
