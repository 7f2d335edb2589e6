"""A server's answer to ``tools/list`` as tools, with each schema as the server wrote it.

Rule 1: the text of the answer decides; what the SDK made of it is used only where the text could not be had.
Rule 2: of two tools of one name the first counts and the other is told; a tool without a name is told and left out.

Source: Model Context Protocol, revision 2025-11-25, server/tools.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from onecontext.errors import InvalidDocument
from skills.mcp.spans import elements, members
from skills.mcp.tools import EMPTY_SCHEMA, Tool

MAX_TOOLS = 5_000
MAX_DESCRIPTION = 100_000  # characters


def tools_in(answer: str) -> list[Tool]:
    """Return the tools in the text of a JSON-RPC answer to ``tools/list``.

    Raises:
        InvalidDocument: it is no such answer.
    """
    outer = members(answer)
    if "result" not in outer:
        raise InvalidDocument("the answer to tools/list has no result")
    inner = members(answer, outer["result"][0])
    return [_tool(answer, start) for start, _ in elements(answer, inner["tools"][0])] if "tools" in inner else []


def tools_of(listed: Sequence[Mapping[str, Any]]) -> list[Tool]:
    """Return tools whose text was not to be had: their schemas are written again, and say so."""
    return [
        Tool(
            str(tool.get("name", "")),
            str(tool.get("description") or "")[:MAX_DESCRIPTION],
            json.dumps(tool.get("inputSchema", {}), ensure_ascii=False),
            exact=False,
        )
        for tool in listed
    ]


def told_apart(tools: Sequence[Tool]) -> tuple[list[Tool], list[str]]:
    """Return the tools that can be called, and a sentence for each that cannot; see rule 2.

    Raises:
        InvalidDocument: there are more than 5,000.
    """
    if len(tools) > MAX_TOOLS:
        raise InvalidDocument(f"the server lists {len(tools):,} tools, more than {MAX_TOOLS:,}")
    kept: dict[str, Tool] = {}
    notes = []
    for tool in tools:
        if not tool.name.strip():
            notes.append("a tool without a name was left out")
        elif tool.name in kept:
            notes.append(f"the server lists {tool.name[:80]!r} twice; the first counts")
        else:
            kept[tool.name] = tool
    return list(kept.values()), notes


def _tool(answer: str, start: int) -> Tool:
    spans = members(answer, start)
    texts = {name: answer[slice(*span)] for name, span in spans.items() if name in ("name", "description")}
    values = dict(_strings(texts))
    schema = answer[slice(*spans["inputSchema"])] if "inputSchema" in spans else EMPTY_SCHEMA
    return Tool(values.get("name", ""), values.get("description", "")[:MAX_DESCRIPTION], schema)


def _strings(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in texts.items():
        value = json.loads(text)
        if isinstance(value, str):
            # Half a character, a lone surrogate, has no UTF-8 form and could not be written.
            yield name, value.encode("utf-8", "replace").decode("utf-8")
