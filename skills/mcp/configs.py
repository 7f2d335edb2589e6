"""The servers that other clients are configured with: Claude's, Codex's and Cursor's files, as ways to start one.

Rule 1: a file is read, never followed: nothing in it is started here, and values in it go where
        :mod:`skills.mcp.literals` says.
Rule 2: what such a file can say and we cannot do is named in a sentence, not dropped.

    .mcp.json, ~/.claude.json   mcpServers.NAME, in ~/.claude.json also projects.PATH.mcpServers.NAME; type stdio or
                                http; ${VAR} and ${VAR:-default} in command, args, env, url and headers
    .cursor/mcp.json            mcpServers.NAME; ${env:NAME}, ${userHome}, ${workspaceFolder}
    ~/.codex/config.toml        mcp_servers.NAME; env, env_vars, cwd; url, bearer_token_env_var, http_headers,
                                env_http_headers; nothing is expanded

Sources: code.claude.com/docs/en/mcp, cursor.com/docs/mcp, developers.openai.com/codex/mcp.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onecontext.errors import Damaged, InvalidDocument, UsageError
from onecontext.store.files import read_bytes
from skills.mcp.expanding import escaped
from skills.mcp.start import Start

_MAX_BYTES = 16 * 1024 * 1024
_CURSOR = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)


def servers_in(path: Path, *, project: Path, home: Path | None) -> dict[str, Mapping[str, Any]]:
    """Return the servers that a configuration names, as it describes them.

    Args:
        project: of several projects in one file, this one's servers count before the person's.

    Raises:
        InvalidDocument: it is no such file. OSError: it cannot be read.
    """
    value = _read(path)
    if path.suffix == ".toml":
        return _tables(value.get("mcp_servers"))
    found = _tables(value.get("mcpServers", value.get("servers")))
    projects = value.get("projects")
    if isinstance(projects, dict):
        for about in (projects.get(str(project)), projects.get(str(project.resolve()))):
            found |= _tables(about.get("mcpServers") if isinstance(about, dict) else None)
    return found


def start_of(name: str, about: Mapping[str, Any], path: Path, *, project: Path, home: Path | None) -> Start:
    """Return how a server is started that ``path`` describes as ``about``; literal values are still in it.

    Raises:
        UsageError: it is described in a way that cannot be carried out here.
    """
    for key, why in _CANNOT.items():
        if about.get(key):
            raise UsageError(f"{path} gives {name} '{key}', {why}")
    try:
        if path.suffix == ".toml":
            return _of_codex(about)
        return _of_json(about, project, home)
    except (TypeError, AttributeError) as error:
        raise UsageError(f"{path} describes {name} in another form than its format has: {error}") from error
    except ValueError as error:
        raise UsageError(f"{path}: {name} {error}") from error


_CANNOT = {
    "headersHelper": "a program that makes headers; give them with --header instead",
    "envFile": "a file of values; set them in your environment and give their names with --env",
    "cwd": "which is not taken over: a command runs in the folder that the skill belongs to; "
    "write '-- sh -c \"cd …; exec …\"' if it needs another",
}


def _of_json(about: Mapping[str, Any], project: Path, home: Path | None) -> Start:
    kind = about.get("type", "http" if about.get("url") else "stdio")
    if kind == "sse":
        raise ValueError("speaks the older transport 'sse', which is not spoken here; try its streamable HTTP address")
    if kind not in ("stdio", "http", "streamable-http", "streamableHttp"):
        raise ValueError(f"has the type {kind!r}; there are stdio and http")

    def said(text: Any) -> str:
        if isinstance(text, bool | int | float):
            return json.dumps(text)
        if not isinstance(text, str):
            raise TypeError(f"{str(text)[:40]!r} is no text")
        text = text.replace("${workspaceFolder}", str(project)).replace("${userHome}", str(home or "~"))
        return _CURSOR.sub(r"${\1}", text.replace("${workspaceFolderBasename}", project.name))

    headers = {name: said(value) for name, value in (about.get("headers") or {}).items()}
    if kind != "stdio":
        return Start(url=said(about.get("url")), headers=headers)
    command = [said(about.get("command")), *map(said, about.get("args") or [])]
    return Start(command=tuple(command), env={name: said(value) for name, value in (about.get("env") or {}).items()})


def _of_codex(about: Mapping[str, Any]) -> Start:
    if about.get("url"):
        headers = {name: escaped(value) for name, value in (about.get("http_headers") or {}).items()}
        headers |= {name: f"${{{variable}}}" for name, variable in (about.get("env_http_headers") or {}).items()}
        if about.get("bearer_token_env_var"):
            headers["Authorization"] = f"Bearer ${{{about['bearer_token_env_var']}}}"
        return Start(url=escaped(about["url"]), headers=headers)
    env = {name: escaped(value) for name, value in (about.get("env") or {}).items()}
    for variable in about.get("env_vars") or []:
        named = variable["name"] if isinstance(variable, dict) else variable
        env[named] = f"${{{named}}}"
    if not about.get("command"):
        raise ValueError("has neither 'command' nor 'url'")
    return Start(command=tuple(escaped(part) for part in [about["command"], *(about.get("args") or [])]), env=env)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        text = read_bytes(path, limit_bytes=_MAX_BYTES).decode("utf-8-sig")
        value = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except FileNotFoundError as error:
        raise InvalidDocument(f"there is no {path}") from error
    except Damaged as error:
        raise InvalidDocument(error.message) from error
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"{path} cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise InvalidDocument(f"{path} is no configuration with servers")
    return value


def _tables(value: Any) -> dict[str, Mapping[str, Any]]:
    return {name: about for name, about in value.items() if isinstance(about, dict)} if isinstance(value, dict) else {}
