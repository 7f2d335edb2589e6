"""Which servers a person lets start: by the digest of how and where, in a file of the person's own.

Rule 1: a repository cannot trust for the person: the file is in the person's configuration folder, and a
        ``server.json`` that changed is not trusted any more, whoever changed it.
Rule 2: importing a server is trusting it: the person wrote, or was shown, what is started.
Rule 3: what is not trusted is refused with a sentence that shows what would be started.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from onecontext.errors import InvalidDocument, SetupError
from onecontext.folders import config_folder
from onecontext.store.files import read_bytes, replace_text
from skills.mcp.start import FILE_NAME as SERVER_FILE
from skills.mcp.start import Server, read_server

FILE_NAME = "mcp-servers.json"
SCHEMA_VERSION = 1
_MAX_BYTES = 4 * 1024 * 1024


class NotTrusted(SetupError):
    """A server that nobody on this machine said may start."""


def check_trusted(server: Server, env: Mapping[str, str]) -> None:
    """Refuse a server that the person has not trusted.

    Raises:
        NotTrusted: it is not in the file, or was changed since. InvalidDocument: the file is broken.
    """
    if server.digest not in _read(_path(env)):
        raise NotTrusted(
            f"the MCP server {server.name} was not trusted here; it would start: {server.start.shown()}",
            hint=f"if you mean it, 'onecontext skill trust {server.name}' lets it start",
        )


def trust(server: Server, env: Mapping[str, str]) -> None:
    """Record that ``server`` may start as it is now.

    Raises:
        InvalidDocument: the file that would hold it is broken. OSError: it cannot be written.
    """
    from onecontext.store.locks import held

    path = _path(env)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One writer at a time, or two imports at once would lose one of the two.
    with held(path.with_name(f".{path.name}.lock")):
        _write(path, _read(path) | {server.digest: f"{server.name} in {server.root}"})


def trust_folder(folder: Path, env: Mapping[str, str]) -> str:
    """Record that the server of the skill in ``folder`` may start, and return in a line what that starts.

    "" where the skill is no server. Raises as :func:`trust` and :func:`skills.mcp.start.read_server` do.
    """
    if not (folder / SERVER_FILE).exists():
        return ""
    server = read_server(folder, folder.parents[2])
    trust(server, env)
    return server.start.shown()


def distrust(name: str, env: Mapping[str, str]) -> list[str]:
    """Take back every trust in servers of that name, and return in which folders they were.

    Raises:
        InvalidDocument: the file that holds it is broken. OSError: it cannot be written.
    """
    path = _path(env)
    if not path.exists():
        return []
    from onecontext.store.locks import held

    with held(path.with_name(f".{path.name}.lock")):
        starts = _read(path)
        gone = {digest: what for digest, what in starts.items() if what.startswith(f"{name} in ")}
        _write(path, {digest: what for digest, what in starts.items() if digest not in gone})
    return [what.removeprefix(f"{name} in ") for what in gone.values()]


def _read(path: Path) -> dict[str, str]:
    try:
        value = json.loads(read_bytes(path, limit_bytes=_MAX_BYTES))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"{path} is no JSON: {error}", hint="mend it, or move it away and trust anew") from error
    starts = value.get("starts") if isinstance(value, dict) else None
    if not isinstance(starts, dict):
        raise InvalidDocument(f"{path} has no 'starts'", hint="mend it, or move it away and trust anew")
    return {str(digest): str(what) for digest, what in starts.items()}


def _write(path: Path, starts: Mapping[str, str]) -> None:
    text = json.dumps({"schema_version": SCHEMA_VERSION, "starts": starts}, indent=2, ensure_ascii=False)
    replace_text(path, f"{text}\n", durable=True, mode=0o600)


def _path(env: Mapping[str, str]) -> Path:
    folder = config_folder(env)
    if folder is None:
        raise SetupError("neither HOME nor XDG_CONFIG_HOME is set, so there is no folder of your own")
    return folder / FILE_NAME
