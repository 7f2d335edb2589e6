"""The script of the scripted model, as a document (docs/formats.md, part 4).

Rule 1: a script holds only a model's words; tools, commands and verdicts stay real.
Rule 2: what does not fit is one sentence that names the file, the place in it and what is wrong there.
"""

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from onecontext.errors import Damaged, InvalidDocument, NewerFormat, UnknownModel
from onecontext.store.files import read_bytes
from onecontext.text.validation import first_problem
from teams.models.port import Conversation

VERSION = 1
LIMIT_BYTES = 8 * 1024 * 1024


class ScriptCall(BaseModel):
    """A tool asked for. ``args`` becomes the JSON text of the call."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    tool: str = Field(min_length=1)
    args: dict[str, JsonValue] = {}


class Turn(BaseModel):
    """One reply: what it says, the tools it asks for, what it expects to have been told, and how long it takes.

    ``expect`` None expects nothing; ``wait_s`` is the least time of the reply in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    say: str = ""
    call: tuple[ScriptCall, ...] = Field(default=(), strict=False)
    expect: str | None = Field(default=None, min_length=1)
    wait_s: float = Field(default=0.0, ge=0)


class ScriptConversation(BaseModel):
    """The turns of one conversation, and whose it is. ``agent`` is a shell pattern; None means any."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    agent: str = "*"
    role: str | None = None
    task: str | None = None
    attempt: int | None = Field(default=None, ge=1)
    turns: tuple[Turn, ...] = Field(min_length=1, strict=False)

    def fits(self, whose: Conversation) -> bool:
        """Say whether these turns are meant for ``whose`` conversation."""
        return (
            fnmatchcase(whose.agent, self.agent)
            and self.role in (None, whose.role)
            and self.task in (None, whose.task)
            and self.attempt in (None, whose.attempt)
        )


class Script(BaseModel):
    """One file: its version and its conversations. The first conversation that fits is used."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1]
    conversations: tuple[ScriptConversation, ...] = Field(min_length=1, strict=False)


def load_script(path: Path) -> dict[str, ScriptConversation]:
    """Return the conversations at ``path``, in order, by their place (``file: conversations.2``).

    Args:
        path: a file, or a folder whose ``*.yaml`` files are read in order of name.

    Raises:
        UnknownModel: there is no script at ``path``.
        NewerFormat: a file has a higher version than we know.
        InvalidDocument: a file does not fit the format; the first thing wrong is named.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise UnknownModel(f"the folder {path} has no *.yaml file, so there is no script in it")
    return {
        f"{file}: conversations.{index}": conversation
        for file in files
        for index, conversation in enumerate(_read(file).conversations)
    }


def parse_script(document: Any, *, source: str) -> Script:
    """Return the script in a parsed document; ``source`` says in errors where it came from. Raises as above."""
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat(f"{source} has version {version}; this program knows {VERSION}")
    try:
        return Script.model_validate(document)
    except ValidationError as error:
        problem = first_problem(error, whole="the document")
        raise InvalidDocument(f"{source}: {problem}", hint="docs/formats.md describes the script") from error


def schema_text() -> str:
    """Return ``docs/schemas/script.json``: the JSON Schema for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Script.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _read(file: Path) -> Script:
    try:
        # Resolved first: a person may well keep a link to a script; read_bytes itself follows none.
        text = read_bytes(file.resolve(), limit_bytes=LIMIT_BYTES).decode("utf-8")
        return parse_script(yaml.safe_load(text), source=str(file))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnknownModel(f"there is no script at {file}") from error
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"{file} is not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise InvalidDocument(f"{file}: {_one_line(error)}") from error
    except (Damaged, OSError) as error:
        if isinstance(error, NewerFormat):
            raise
        raise InvalidDocument(f"{file} cannot be read: {error}") from error


def _one_line(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or error.context}"
    return " ".join(str(error).split())
