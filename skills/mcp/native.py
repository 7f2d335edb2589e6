"""Servers that an agent is given as tools of its own, because a skill would cost it more than their schemas.

Rule 1: what counts is the dearest use of a skill: its line, its body, and the longest of its schemas asked for once.
Rule 2: the tool by which skills are called is paid once. As long as skills together save more than that, all are
        skills: a line is less than a schema that nobody needs. Else those are native that would cost more as skills,
        and where that is not enough, all. So no set of servers ever costs more than its schemas, which is what clients
        of MCP send.
Rule 3: a tool is only native under a name that every model's API takes, and with a schema of an object.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onecontext.errors import InvalidDocument
from onecontext.text.tokens import Counter
from skills.mcp.body import body_for, description_for, schema_tokens
from skills.mcp.folder import schema_text
from skills.mcp.start import Server
from skills.mcp.tools import Tool

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Priced:
    """A server with its tools, and what it costs a model in tokens: as native tools, and as a skill that is used."""

    server: Server
    tools: tuple[Tool, ...]
    native: int
    skill: int


def priced(server: Server, counter: Counter) -> Priced | None:
    """Return what a server costs; None where its tools cannot be native, or its schemas are not to be read."""
    try:
        tools = tuple(_tool(server, name) for name in server.tools)
    except (InvalidDocument, OSError):
        return None  # who opens the skill or calls it is told
    if not tools or not all(_NAME.fullmatch(tool.name) and tool.parsed.get("type") == "object" for tool in tools):
        return None
    longest = max(counter.count(f"{tool.description}\n{tool.schema}\n") for tool in tools)
    line = counter.count(f"- {server.name}: {description_for(server.name, tools, counter)}\n")
    skill = line + body_for(server.name, tools, counter).tokens + longest
    return Priced(server, tools, schema_tokens(tools, counter), skill)


def natives(found: Iterable[Priced | None], *, once: int) -> list[Priced]:
    """Return those that are to be native.

    Args:
        found: all servers there are; None is one that can only be a skill.
        once: tokens of the tool by which skills are called.
    """
    known = list(found)
    able = [one for one in known if one is not None]
    due = once if len(able) == len(known) else 0  # else it is paid in any case
    if _saved(able) >= due:
        return []
    dear = [one for one in able if one.native < one.skill]
    return dear if _saved([one for one in able if one not in dear]) >= due else able


def _saved(rest: Sequence[Priced]) -> int:
    return sum(one.native - one.skill for one in rest)


def _tool(server: Server, name: str) -> Tool:
    return Tool(name, schema_text(server, name, ".txt"), schema_text(server, name))
