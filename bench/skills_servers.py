"""What the tools of real MCP servers cost a model: as schemas in every request, and as skills.

Rule 1: the skills are those that ``onecontext skill import-mcp`` writes, found and opened as agents do it; what is
        counted is what an agent is given.
Rule 2: everything that we send and that a client of MCP does not is on our side: the catalogue's frame and lines, the
        schema of the tool ``skill``, the text of each body, each answer to ``--schema``.
Rule 3: on the other side is the least that can be sent: names, descriptions and input schemas, without spaces, without
        titles, annotations and output schemas, and without the prefixes that clients put before names.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from onecontext.text.tokens import Counter, default_counter
from skills.activation.activate import activate
from skills.activation.parts import part_of
from skills.activation.tool import skill_tool
from skills.catalogue.forms import FORMS
from skills.finding.discover import find_skills
from skills.format.reading import read_body
from skills.format.skill import Skill
from skills.mcp.folder import contents, write_new
from skills.mcp.native import Priced, natives, priced
from skills.mcp.start import Start, find_server
from skills.mcp.tools import Tool
from teams.agent.calling import CALL_TOKENS
from teams.agent.tools import Tool as AgentTool
from teams.agent.tools import tool_from

DATA = Path(__file__).parent / "data" / "mcp-tools"
COUNTER: Counter = default_counter()


@dataclass(frozen=True)
class Server:
    """One server with its skill, and what each costs in tokens."""

    name: str
    tools: tuple[Tool, ...]
    skill: Skill

    @cached_property
    def openai(self) -> int:
        """All its tools as function tools of a request to OpenAI."""
        return tokens([{"type": "function", "function": self._said(tool, "parameters")} for tool in self.tools])

    @cached_property
    def anthropic(self) -> int:
        """All its tools as tools of a request to Anthropic, counted by the same counter."""
        return tokens([self._said(tool, "input_schema") for tool in self.tools])

    @cached_property
    def line(self) -> int:
        """Its line in the catalogue, in the form that agents are given."""
        return COUNTER.count(FORMS["lines"].item(self.skill.name, self.skill.description) + "\n")

    @cached_property
    def body(self) -> int:
        """What an agent reads when it opens it: all parts, where there are several."""
        parts = part_of(read_body(self.skill.folder)).of
        return sum(COUNTER.count(activate(self.skill, part=number)) for number in range(1, parts + 1))

    @cached_property
    def schemas(self) -> tuple[int, ...]:
        """What it costs to ask for the full schema of each tool, with its whole description; the dearest first."""
        return tuple(
            sorted((COUNTER.count(f"{tool.description}\n{tool.schema}\n") for tool in self.tools), reverse=True)
        )

    @staticmethod
    def _said(tool: Tool, key: str) -> dict[str, Any]:
        return {"name": tool.name, "description": tool.description, key: tool.parsed}


def tokens(value: object) -> int:
    """Return the tokens of a JSON value without spaces."""
    return COUNTER.count(_plain(value))


def servers(folder: Path) -> list[Server]:
    """Import the servers of ``bench/data/mcp-tools`` into ``folder``; those whose schemas cost most come first."""
    said = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("*.json"))]
    tools = {one["server"]: tuple(_tool(tool) for tool in one["tools"]) for one in said}
    start = Start(command=("server",))
    for name, has in tools.items():
        write_new(folder / ".agents" / "skills" / name, contents(name, start, {}, has, COUNTER))
    found = find_skills(folder, None, bundled=folder / "none")
    assert not found.problems, found.problems
    assert {skill.name for skill in found.skills} == {*tools}
    return sorted((Server(skill.name, tools[skill.name], skill) for skill in found.skills), key=lambda s: -s.openai)


def frame() -> int:
    """Return what skills cost once, however many there are: the catalogue's frame, and the tool that opens one."""
    around = FORMS["lines"]
    return COUNTER.count(f"{around.begin}\n{around.end}\n") + _of_tool(tool_from(skill_tool([])))


def in_missions(folder: Path, installed: Sequence[Server]) -> "Missions":
    """Return what agents of missions pay for these servers; they have no shell outside a sandbox.

    Args:
        folder: where :func:`servers` put them.
    """
    return Missions({one.name: priced(find_server(one.name, folder, None), COUNTER) for one in installed})


class Missions:
    """What agents of missions pay: servers that are cheaper so are given natively, the others by the tool ``call``."""

    def __init__(self, known: Mapping[str, Priced | None]) -> None:
        self._known = known

    def cost(self, installed: Sequence[Server], active: Sequence[Server], *, asked: bool = False) -> int:
        """Return the tokens when ``active`` are open, and of each the longest schema was asked for where ``asked``."""
        native = {one.server.name for one in natives([self._known[s.name] for s in installed], once=CALL_TOKENS)}
        rest = [one for one in installed if one.name not in native]
        opened = [one for one in active if one.name not in native]
        schemas = [one.schemas[0] for one in opened] if asked else []
        skills = as_skills(rest, opened, schemas) + CALL_TOKENS - FRAME if rest else 0
        return skills + sum(one.openai for one in installed if one.name in native)


def as_skills(installed: Iterable[Server], active: Iterable[Server] = (), asked: Iterable[int] = ()) -> int:
    """Return what a model has read of ``installed`` when ``active`` are open and schemas of these sizes were asked."""
    return FRAME + sum(one.line for one in installed) + sum(one.body for one in active) + sum(asked)


def _of_tool(tool: AgentTool) -> int:
    spec = tool.spec
    said = {"name": spec.name, "description": spec.description, "parameters": dict(spec.parameters)}
    return tokens({"type": "function", "function": said})


def _tool(said: dict[str, Any]) -> Tool:
    return Tool(said["name"], said.get("description") or "", _plain(said["inputSchema"]))


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


FRAME = frame()
