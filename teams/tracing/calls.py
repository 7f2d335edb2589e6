"""What a span says of one call: the attributes that OpenTelemetry has for it, out of the data of an event.

Source: OpenTelemetry, semantic conventions for generative AI; what they have no word for begins with ``onecontext.``.
"""

import json
from collections.abc import Mapping
from typing import Any

from onecontext.text.redact import redact
from teams.tracing.provider import OURS, provider_name
from teams.tracing.span import Value


def chat(data: Mapping[str, Any], asked: str) -> dict[str, Value]:
    """Return what is to be said of a ``model.called``; ``asked`` is the model as the user named it."""
    provider = provider_name(asked)
    attributes: dict[str, Value] = {
        "gen_ai.request.model": asked,
        "gen_ai.response.model": str(data["model"]),
        "gen_ai.provider.name": provider_name(str(data["model"])) if provider == OURS else provider,
        "gen_ai.usage.input_tokens": int(data["tokens_in"]),
        "gen_ai.usage.cache_read.input_tokens": int(data["tokens_cached"]),
        "gen_ai.usage.output_tokens": int(data["tokens_out"]),
    }
    if data.get("cost_usd") is not None:
        attributes["onecontext.cost_usd"] = float(data["cost_usd"])
    if int(data.get("calls") or 1) > 1:
        attributes["onecontext.calls"] = int(data["calls"])
    return attributes


def said_by_model(data: Mapping[str, Any]) -> dict[str, Value]:
    """Return the reply as the conventions write one; why it ended is not on record."""
    parts = [{"type": "text", "content": redact(str(data["text"]))}]
    message = {"role": "assistant", "parts": parts, "finish_reason": "unknown"}
    return {"gen_ai.output.messages": json.dumps([message], ensure_ascii=False)}


def tool(data: Mapping[str, Any]) -> dict[str, Value]:
    """Return what is to be said of a ``tool.intent``."""
    return {
        "gen_ai.tool.name": str(data["tool"]),
        "gen_ai.tool.call.id": str(data["call"]),
        "gen_ai.tool.type": "function",
    }


def command(data: Mapping[str, Any]) -> dict[str, Value]:
    """Return what is to be said of a ``verify.command``; without an exit code it took too long."""
    code = {} if data["exit_code"] is None else {"process.exit.code": int(data["exit_code"])}
    return {"onecontext.assertion": str(data["assertion"]), **code}
