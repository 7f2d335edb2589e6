"""What the tools of real MCP servers cost a model: as schemas in every request, and as skills.

Rule 1: everything that we send and that a client of MCP does not is on our side: the catalogue's frame and lines, the
        schema of the tool ``skill``, the text of each body, each answer to ``--schema``.
Rule 2: on the other side is the least that can be sent: names, descriptions and input schemas, without spaces, without
        titles, annotations and output schemas, and without the prefixes that clients put before names.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from onecontext.text.tokens import Counter, default_counter
from skills.catalogue.fitting import catalogue
from skills.format.skill import Skill
from skills.mcp.body import Body, body_for, description_for
from skills.mcp.tools import Tool
from teams.agent.tools import tool_from

DATA = Path(__file__).parent / "data" / "mcp-tools"
FORM = "markdown"
COUNTER: Counter = default_counter()


@dataclass(frozen=True)
class Server:
    """One server, and what it costs in tokens."""

    name: str
    tools: tuple[Tool, ...]

    @cached_property
    def openai(self) -> int:
        """All its tools as function tools of a request to OpenAI."""
        return tokens([{"type": "function", "function": self._said(tool, "parameters")} for tool in self.tools])

    @cached_property
    def anthropic(self) -> int:
        """All its tools as tools of a request to Anthropic, counted by the same counter."""
        return tokens([self._said(tool, "input_schema") for tool in self.tools])

    @cached_property
    def skill(self) -> Skill:
        """What stands for it in the catalogue."""
        return Skill(self.name, description_for(self.name, self.tools, COUNTER), Path("/nowhere") / self.name)

    @cached_property
    def line(self) -> int:
        """Its line in the catalogue."""
        return catalogue([self.skill], budget=None, counter=COUNTER, form=FORM).tokens

    @cached_property
    def body(self) -> Body:
        """What an agent reads when it opens it."""
        return body_for(self.name, self.tools, COUNTER)

    @cached_property
    def schemas(self) -> tuple[int, ...]:
        """What the full schema of each tool costs when it is asked for, the dearest first."""
        return tuple(sorted((COUNTER.count(tool.schema) for tool in self.tools), reverse=True))

    @staticmethod
    def _said(tool: Tool, key: str) -> dict[str, Any]:
        return {"name": tool.name, "description": tool.description, key: tool.parsed}


def tokens(value: object) -> int:
    """Return the tokens of a JSON value without spaces."""
    return COUNTER.count(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def servers() -> list[Server]:
    """Return the servers of ``bench/data/mcp-tools``, those whose schemas cost most first."""
    found = [_server(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(DATA.glob("*.json"))]
    return sorted(found, key=lambda server: -server.openai)


def frame() -> int:
    """Return what skills cost once, however many there are: the schema of the tool that opens them."""

    def skill(name: str) -> str:
        """Read a skill before doing what it is for: its name from the catalogue, or name/path for one of its files."""
        return name

    tool = tool_from(skill)
    return tokens({"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema}})


def listed(installed: Iterable[Server]) -> int:
    """Return what the catalogue of these costs, with what is there once."""
    return FRAME + catalogue([one.skill for one in installed], budget=None, counter=COUNTER, form=FORM).tokens


def as_skills(installed: Sequence[Server], active: Iterable[Server] | None = None, asked: Iterable[int] = ()) -> int:
    """Return what a model has read of ``installed`` when ``active`` (None: all) are open and schemas were ``asked``."""
    bodies = sum(one.body.tokens for one in (installed if active is None else active))
    return FRAME + sum(one.line for one in installed) + bodies + sum(asked)


def _server(said: dict[str, Any]) -> Server:
    tools = [
        Tool(one["name"], one.get("description") or "", json.dumps(one["inputSchema"], ensure_ascii=False, separators=(",", ":")))
        for one in said["tools"]
    ]
    return Server(said["server"], tuple(tools))


FRAME = frame()
