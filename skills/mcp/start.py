"""How a server is started or reached, and the ``server.json`` that says so in a skill's folder.

Rule 1: no value of a secret is in it: environment and headers hold templates (:mod:`skills.mcp.expanding`), and what
        was stored in a vault is named, not copied.
Rule 2: reading it needs the standard library alone: every call does.
Rule 3: it comes with whatever was cloned, so it starts nothing: :mod:`skills.mcp.trusting` decides by its digest.

The document is described in docs/formats.md, and as a model in :mod:`skills.mcp.document`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onecontext.errors import Damaged, InvalidDocument, NewerFormat, UnknownSkill
from onecontext.store.files import read_bytes
from skills.mcp.expanding import expanded, variables

FILE_NAME = "server.json"
SCHEMA_VERSION = 1
MAX_BYTES = 16 * 1024 * 1024
PLACES = (".agents/skills", ".claude/skills")


@dataclass(frozen=True)
class Start:
    """What is run (``command``) or reached (``url``): one of the two. All texts are templates.

    Attributes:
        env: names of variables for the server to templates of their values.
        headers: names of HTTP headers to templates of their values.
        stored: the names in ``env`` or ``headers`` whose value is in the person's vault; they are not in those two.
    """

    command: tuple[str, ...] = ()
    url: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    stored: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as it stands in ``server.json``."""
        said: dict[str, Any] = {"command": list(self.command)} if self.command else {"url": self.url}
        parts: dict[str, Any] = {"env": dict(self.env), "headers": dict(self.headers), "stored": list(self.stored)}
        said.update({name: value for name, value in parts.items() if value})
        return said

    def shown(self) -> str:
        """Return it in a line for a person to judge: templates as they are."""
        import shlex

        said = shlex.join(self.command) if self.command else self.url
        needs = [*self.env, *(f"header {name}" for name in self.headers), *(f"{name} (stored)" for name in self.stored)]
        return said + (f", with {', '.join(needs)}" if needs else "")

    def variables(self) -> tuple[str, ...]:
        """Return the names of the environment variables that it is expanded with."""
        return variables([*self.command, self.url, *self.env.values(), *self.headers.values()])


@dataclass(frozen=True)
class Server:
    """An imported server: its skill's name and folder, how it is started, and what its tools were when imported.

    Attributes:
        root: the folder that the skill's place is in (the project's, or the home folder): where a command runs.
        tools: names of tools to what ``server.json`` says of each: ``file``, ``schema`` (digest of its meaning).
        listing: digest of the whole list; "" when unknown.
    """

    name: str
    folder: Path
    root: Path
    start: Start
    form: str = "lines"
    tools: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    listing: str = ""

    @property
    def digest(self) -> str:
        """What a person trusts: how it is started, and where."""
        said = json.dumps([self.start.document(), str(self.root)], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

    def launch(self, env: Mapping[str, str]) -> dict[str, Any]:
        """Return how it is started now, with every value filled in: for the daemon, and for no file.

        Raises:
            SetupError: a variable is not set.
        """
        start = self.start
        filled: dict[str, Any] = {
            "name": self.name,
            "env": {name: expanded(text, env) for name, text in start.env.items()},
            "headers": {name: expanded(text, env) for name, text in start.headers.items()},
            "stored": [[name, f"{self.name}/{name}@{self.digest[:16]}"] for name in start.stored],
        }
        if start.url:
            return filled | {"url": expanded(start.url, env)}
        inherited = {name: env[name] for name in INHERITED if name in env}
        command = [expanded(part, env) for part in start.command]
        return filled | {"command": command, "cwd": str(self.root), "env": inherited | filled["env"]}


# What a program needs to run at all, and nothing that opens anything.
INHERITED = (
    *("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("TEMP", "TERM", "TMP", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"),
)


def find_server(name: str, project: Path, home: Path | None) -> Server:
    """Return the server of that name as its skill is found: the project's before the home folder's.

    Raises:
        UnknownSkill: there is none. InvalidDocument, Damaged: its ``server.json`` is broken.
    """
    for root in [project, *([home] if home else [])]:
        for place in PLACES:
            if _is_name(name) and (root / place / name / FILE_NAME).is_file():
                return read_server(root / place / name, root)
    known = sorted(_names(project, home))
    raise UnknownSkill(
        f"no MCP server {name!r}; there are {', '.join(known) or 'none'}",
        hint=f"'onecontext skill import-mcp {name if _is_name(name) else 'NAME'} -- COMMAND…' imports one",
    )


def find_servers(project: Path, home: Path | None) -> list[Server]:
    """Return all servers whose ``server.json`` can be read, by name."""
    found = []
    for name in sorted(_names(project, home)):
        try:
            found.append(find_server(name, project, home))
        except (InvalidDocument, Damaged, UnknownSkill):
            continue  # 'onecontext call NAME' says why
    return found


def read_server(folder: Path, root: Path) -> Server:
    """Return the server that ``folder`` describes.

    Raises:
        InvalidDocument: ``server.json`` is no such document. NewerFormat: a newer version wrote it.
        OSError: it cannot be read.
    """
    path = folder / FILE_NAME
    if folder.is_symlink() or not path.resolve().is_relative_to(root.resolve()):
        raise InvalidDocument(f"{path}: a symlink leads elsewhere, which is not followed")
    try:
        value = json.loads(read_bytes(path, limit_bytes=MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"{path} is no JSON: {error}", hint="import the server again") from error
    if not isinstance(value, dict):
        raise InvalidDocument(f"{path} is no JSON object")
    if isinstance(version := value.get("schema_version"), int) and version > SCHEMA_VERSION:
        raise NewerFormat(f"{path} has version {version}; this program knows {SCHEMA_VERSION}")
    start = _start(path, value.get("start"))
    tools = {name: about for name, about in _mapping(value.get("tools")).items() if isinstance(about, dict)}
    return Server(
        folder.name, folder, root, start, str(value.get("form", "lines")), tools, str(value.get("listing", ""))
    )


def _start(path: Path, value: Any) -> Start:
    value = _mapping(value)
    command, url = value.get("command", []), value.get("url", "")
    env, headers, stored = value.get("env", {}), value.get("headers", {}), value.get("stored", [])
    sound = (
        _texts(command) and _texts(stored) and isinstance(url, str) and _texts_by_name(env) and _texts_by_name(headers)
    )
    if not sound or bool(command) == bool(url):
        raise InvalidDocument(f"{path}: 'start' must have 'command' (a list of texts) or 'url'")
    return Start(tuple(command), url, env, headers, tuple(stored))


def _names(project: Path, home: Path | None) -> set[str]:
    places = [root / place for root in (project, home) if root for place in PLACES]
    return {path.parent.name for place in places for path in place.glob(f"*/{FILE_NAME}") if path.is_file()}


def _is_name(name: str) -> bool:
    return bool(name) and "/" not in name and "\0" not in name and not name.startswith(".")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _texts_by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(part, str) for part in value.values())
