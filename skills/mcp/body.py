"""What an imported server costs a model: its line in the catalogue, and its body.

Rule 1: the body is the cheaper of two: signature lines, or, for a small server where these with the line in the
        catalogue would cost more, the schemas themselves. So a skill never costs more than the schemas would.
Rule 2: every text of the server is one line within a fenced block and cannot end it, so that no name, description or
        schema can become Markdown, a heading, front matter or another tool's line.
Rule 3: the description is made of plain words of the tools' names alone, never of what the server says about itself:
        the catalogue is in every prompt, and a stranger's sentence there would be an instruction.
"""

import json
import re
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from onecontext.text.fence import clean
from onecontext.text.tokens import Counter
from skills.mcp.signature import signature
from skills.mcp.tools import Tool

Form = Literal["lines", "schemas"]
MAX_DESCRIPTION_TOKENS = 24
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,47}", re.ASCII)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", re.ASCII)
_VERBS = (
    "add append apply assign batch call cancel change check clear click close convert copy count create delete "
    "describe disable download edit enable execute export fetch fill find get handle import insert list load lookup "
    "make manage mark merge move open perform post press process put query read reload remove rename replace reset "
    "resolve retrieve run save search select send set show start stop submit sync take toggle trigger update upload "
    "use validate view wait write"
)
_SMALL_WORDS = "all and api current for from has info into item items multiple new the tool tools mcp server url with"
_COMMON = frozenset([*_VERBS.split(), *_SMALL_WORDS.split()])


@dataclass(frozen=True)
class Body:
    """The body of a skill, what it costs by the counter it was made with, and which of the two forms it has."""

    form: Form
    text: str
    tokens: int


def body_for(name: str, tools: Sequence[Tool], counter: Counter) -> Body:
    """Return the cheaper body for a server that is called ``name``; see rule 1."""
    lines = _body(name, tools, "lines")
    tokens = counter.count(lines)
    line_tokens = counter.count(f"- {name}: {description_for(name, tools, counter)}\n")
    if tokens + line_tokens <= schema_tokens(tools, counter):
        return Body("lines", lines, tokens)
    schemas = _body(name, tools, "schemas")
    return Body("schemas", schemas, counter.count(schemas))


def schema_tokens(tools: Sequence[Tool], counter: Counter) -> int:
    """Return what the schemas cost as the tools of a request, without spaces, the way OpenAI's API takes them."""
    return sum(counter.count(_plain({"type": "function", "function": native(tool)})) for tool in tools)


def native(tool: Tool) -> Mapping[str, Any]:
    """Return a tool as the requests of language models hold it."""
    return {"name": tool.name, "description": tool.description, "parameters": tool.parsed}


def description_for(name: str, tools: Sequence[Tool], counter: Counter) -> str:
    """Return the sentence for the catalogue, within 24 tokens: the tools' names, or what they are about; see rule 3."""
    names = [tool.name for tool in tools]
    if names and all(_PLAIN.fullmatch(name_) for name_ in names):
        text = f"MCP server: {', '.join(names)}."
        if len(names) <= MAX_DESCRIPTION_TOKENS and counter.count(text) <= MAX_DESCRIPTION_TOKENS:
            return text
    subjects = _subjects(name, tools)
    best = start = f"MCP server, {len(tools)} tool{'s' * (len(tools) != 1)}"
    for end in range(1, len(subjects) + 1):
        text = f"{start}: {', '.join(subjects[:end])}"
        if counter.count(f"{text}.") > MAX_DESCRIPTION_TOKENS:
            break
        best = text
    return f"{best}."


def _subjects(name: str, tools: Sequence[Tool]) -> list[str]:
    """Return the words that the tools' names share most, those of the first tools first among equals."""
    own = set(name.split("-")) | _COMMON
    tally: Tally[str] = Tally()
    for tool in tools:
        words = [word.lower() for word in _WORDS.findall(tool.name[:128])]
        tally.update({word: 1 for word in words if word not in own and 2 < len(word) <= 16})
    singular = {word: word.removesuffix("s") for word in tally}
    merged: Tally[str] = Tally()
    for word, number in tally.items():
        merged[singular[word] if singular[word] in tally else word] += number
    found = [word for word, _ in merged.most_common(12)]
    return found or list(dict.fromkeys(w.lower() for t in tools for w in _WORDS.findall(t.name[:128])))[:6]


def _body(name: str, tools: Sequence[Tool], form: Form) -> str:
    if not tools:
        return "The server has no tools.\n"
    call = f"Call: `onecontext call {name} TOOL key=value …`"
    if form == "lines":
        head = f"{call}; `--schema` instead of values: its schema. Without a type: text; `?`: optional."
        lines = [signature(tool) for tool in tools]
    else:
        head, lines = f"{call}.", [_plain(native(tool)) for tool in tools]
    fence = "```"
    return "\n".join([head, fence, *map(_guarded, lines), fence, ""])


def _guarded(line: str) -> str:
    """Return ``line`` so that it ends no fence: nothing that begins with one is left at its beginning."""
    return clean(f" {line}" if line.startswith(("`", "~")) else line).replace("\n", "\\n")


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
