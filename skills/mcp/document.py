"""``server.json`` and the list of trusted servers as models, for editors, other programs and our tests.

Rule 1: what reads them on every call is :mod:`skills.mcp.start` and :mod:`skills.mcp.trusting`, without pydantic; a
        test holds the two to one format.

``python -m skills.mcp.document docs/schemas`` writes the JSON Schema anew.
"""

import json
import sys
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_FORBID = ConfigDict(extra="forbid", frozen=True, strict=True)


class StartDocument(BaseModel):
    """How the server is started (``command``) or reached (``url``): one of the two."""

    model_config = _FORBID
    command: list[str] | None = Field(
        None, min_length=1, description="The program and its arguments; ${NAME} is filled in."
    )
    url: str | None = Field(None, min_length=1, description="The address of a server that speaks streamable HTTP.")
    env: dict[str, str] = Field(
        {}, description="Variables for the server: ${NAME}, ${NAME:-default} or what is no secret."
    )
    headers: dict[str, str] = Field({}, description="HTTP headers, as env.")
    stored: list[str] = Field([], description="Names of variables or headers whose value is in the person's keyring.")


class AboutDocument(BaseModel):
    """What the server said of itself when it was imported."""

    model_config = _FORBID
    name: str
    version: str
    protocol: str = Field(description="The revision of the Model Context Protocol that was agreed on.")


class ToolDocument(BaseModel):
    """One tool when it was imported."""

    model_config = _FORBID
    file: str = Field(description="Its schema is schemas/FILE.json, its whole description schemas/FILE.txt.")
    schema_: str = Field(alias="schema", pattern="^[0-9a-f]{64}$", description="SHA-256 of the schema, keys sorted.")
    description: str = Field(
        pattern="^[0-9a-f]{16}$", description="The first 16 digits of the SHA-256 of its description."
    )
    bytes: Literal["written again"] | None = Field(
        None, description="There where the server's own bytes were not to be had."
    )


class ServerDocument(BaseModel):
    """An imported MCP server: ``.agents/skills/NAME/server.json``."""

    model_config = _FORBID
    schema_version: Literal[1]
    start: StartDocument
    server: AboutDocument
    form: Literal["lines", "schemas"] = Field(description="What the body holds; 'schemas' where these cost less.")
    listing: str = Field(
        pattern="^[0-9a-f]{64}$", description="SHA-256 of names, descriptions and schemas of all tools."
    )
    skill: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of SKILL.md as it was written.")
    tools: dict[str, ToolDocument]


class TrustedDocument(BaseModel):
    """The servers that a person lets start: ``~/.config/onecontext/mcp-servers.json``."""

    model_config = _FORBID
    schema_version: Literal[1]
    starts: dict[str, str] = Field(description="SHA-256 of how and where a server is started, to its name and folder.")


MODELS: dict[str, type[BaseModel]] = {"mcp-server": ServerDocument, "mcp-servers": TrustedDocument}


def schema_text(name: str) -> str:
    """Return the JSON Schema (2020-12) of one of :data:`MODELS`, as it lies in docs/schemas."""
    schema = MODELS[name].model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


if __name__ == "__main__":
    for _name in MODELS:
        (Path(sys.argv[1]) / f"{_name}.json").write_text(schema_text(_name), encoding="utf-8")
