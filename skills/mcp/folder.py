"""An imported server as a skill's folder: ``SKILL.md``, a schema for each tool, ``server.json``.

Rule 1: a schema's file holds the bytes that the server sent, and nothing else.
Rule 2: a tool's name never becomes a path: a name that is no plain file name, or that another has but for case, is
        stored under letters of it and a digest, and ``server.json`` says which.
Rule 3: a first import appears at once and whole (rename(2)). A refresh replaces file by file, ``server.json`` last,
        removes only schemas that ``server.json`` named, and leaves what a person put beside them.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from onecontext.errors import InvalidDocument, UsageError
from onecontext.store.files import read_bytes, replace_bytes
from onecontext.text.tokens import Counter
from skills.format.skill import FILE_NAME as SKILL_FILE
from skills.mcp.body import body_for, description_for
from skills.mcp.start import FILE_NAME, MAX_BYTES, SCHEMA_VERSION, Server, Start
from skills.mcp.tools import Tool, ascii_digest, listing_digest

SCHEMAS = "schemas"
_PLAIN_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", re.ASCII)
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.ASCII)


def contents(
    name: str, start: Start, about: Mapping[str, str], tools: Sequence[Tool], counter: Counter
) -> dict[str, bytes]:
    """Return the files of the skill, by their paths in its folder."""
    body = body_for(name, tools, counter)
    names = file_names(tool.name for tool in tools)
    plain = " ".join(tool for tool, file in names.items() if tool == file)
    skill = _skill_text(name, description_for(name, tools, counter), plain, body.text)
    found: dict[str, bytes] = {}
    for tool in tools:
        found[f"{SCHEMAS}/{names[tool.name]}.json"] = tool.schema.encode("utf-8", "surrogatepass")
        if tool.description.strip():
            found[f"{SCHEMAS}/{names[tool.name]}.txt"] = tool.description.encode("utf-8", "replace")
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "start": start.document(),
        "server": dict(about),
        "form": body.form,
        "listing": listing_digest(tools),
        "skill": ascii_digest(skill),
        "tools": {tool.name: _about(tool, names[tool.name]) for tool in tools},
    }
    found[SKILL_FILE] = skill.encode()
    found[FILE_NAME] = (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    return found


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make ``folder`` with these files, whole or not at all.

    Raises:
        UsageError: there is something of that name. OSError: it cannot be written; nothing is left.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.importing")
    shutil.rmtree(draft, ignore_errors=True)  # of an import that was killed
    try:
        for name, content in files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_bytes(content)
        if folder.exists() or folder.is_symlink():
            raise UsageError(f"there is {folder} already", hint="--refresh imports it again")
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_again(server: Server, files: Mapping[str, bytes]) -> None:
    """Bring the folder of ``server`` to these files; see rule 3.

    Raises:
        OSError: it cannot be written; what is there is used as before until ``server.json`` is replaced.
    """
    (server.folder / SCHEMAS).mkdir(exist_ok=True)
    last = (FILE_NAME,)
    for name in [*(name for name in files if name not in last), *last]:
        replace_bytes(server.folder / name, files[name])
    for about in server.tools.values():
        for suffix in (".json", ".txt"):
            file = f"{about.get('file', '')}{suffix}"
            if _PLAIN_FILE.fullmatch(about.get("file", "")) and f"{SCHEMAS}/{file}" not in files:
                (server.folder / SCHEMAS / file).unlink(missing_ok=True)


def was_edited(server: Server) -> bool:
    """Say whether a person changed ``SKILL.md`` since it was written."""
    document = json.loads(read_bytes(server.folder / FILE_NAME, limit_bytes=MAX_BYTES))
    try:
        text = read_bytes(server.folder / SKILL_FILE, limit_bytes=MAX_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return False
    return bool(document.get("skill")) and ascii_digest(text) != document["skill"]


def schema_text(server: Server, tool: str, suffix: str = ".json") -> str:
    """Return the schema of a tool as it was sent (or, with ``.txt``, its whole description; "" when there is none).

    Raises:
        InvalidDocument: the folder holds no such file, or another than it should.
    """
    file = server.tools.get(tool, {}).get("file", "")
    path = server.folder / SCHEMAS / f"{file}{suffix}"
    if not _PLAIN_FILE.fullmatch(file):
        raise InvalidDocument(f"{server.folder / FILE_NAME} names no sound file for the schema of {tool[:80]!r}")
    try:
        return read_bytes(path, limit_bytes=MAX_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        if suffix == ".txt":
            return ""
        raise InvalidDocument(
            f"{path} is missing", hint=f"'onecontext skill import-mcp {server.name} --refresh'"
        ) from None


def file_names(names: Iterator[str] | Sequence[str]) -> dict[str, str]:
    """Return the name of each tool's file, without its ending; no two are the same but for case."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        file = name
        if not _PLAIN_FILE.fullmatch(name) or _RESERVED.fullmatch(name) or name.lower() in taken:
            letters = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:40].strip("-") or "tool"
            file = f"{letters}-{ascii_digest(name)[:8]}"
        taken.add(file.lower())
        found[name] = file
    return found


def _about(tool: Tool, file: str) -> dict[str, str]:
    about = {"file": file, "schema": tool.schema_digest, "description": ascii_digest(tool.description)[:16]}
    return about if tool.exact else about | {"bytes": "written again"}


def _skill_text(name: str, description: str, tools: str, body: str) -> str:
    # Plain words and names that were checked: nothing in the front matter is the server's own text.
    metadata = f'metadata:\n  onecontext: mcp\n  tools: "{tools}"\n'
    return f"---\nname: {name}\ndescription: {json.dumps(description)}\n{metadata}---\n{body}"
