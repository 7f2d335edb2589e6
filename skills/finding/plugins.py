"""Plugins of Claude Code that bring skills: which are installed, switched on, and where their skills lie.

Rule 1: what is installed is what ``plugins/installed_plugins.json`` of the client's folder says, and is not switched
        off in ``enabledPlugins`` of its ``settings.json``. One that was installed for another project is none of ours.
Rule 2: a plugin lies in the client's ``plugins`` folder, and its skills in the plugin: what leads out is refused.
Rule 3: these files are another program's: what is odd in them is one problem, and takes nothing else down.

Layout (Claude Code 2.1): ``installed_plugins.json`` is ``{"version": 2, "plugins": {"NAME@MARKETPLACE": [{"scope":
"user" | "project" | "local", "installPath": …, "projectPath"?: …}]}}``, version 1 had one object in place of the list;
the plugin's ``.claude-plugin/plugin.json`` may name more folders than ``skills/`` under ``skills``.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onecontext.errors import Damaged
from onecontext.store.files import read_bytes
from skills.format.names import is_name
from skills.format.skill import Problem

_MAX_BYTES = 4 * 1024 * 1024
_NEAREST = {"local": 0, "project": 1}


@dataclass(frozen=True)
class Plugin:
    """A plugin that is installed and on: the name before the ``:`` of its skills, and the folders they lie in."""

    name: str
    folders: tuple[Path, ...]


def installed(client: Path, project: Path) -> tuple[list[Plugin], list[Problem]]:
    """Return the plugins for work in ``project``, by name, and what is wrong with those that cannot be taken."""
    problems: list[Problem] = []
    listed = client / "plugins" / "installed_plugins.json"
    plugins = _mapping(_json(listed, problems).get("plugins"))
    enabled = _mapping(_json(client / "settings.json", problems).get("enabledPlugins")) if plugins else {}
    found: dict[str, Plugin] = {}
    for key in sorted(plugins):
        name = key.partition("@")[0]
        if enabled.get(key) is False or name in found:
            continue
        path = _path(plugins[key], project)
        if path is None:
            continue
        if fault := _fault(name, path, client / "plugins"):
            mend = "install the plugin again, or take it out of the list"
            problems.append(Problem(listed, f"plugin {key!r} {fault}", None, mend))
            continue
        found[name] = Plugin(name, tuple(_folders(path.resolve(), problems)))
    return list(found.values()), problems


def _path(entries: Any, project: Path) -> Path | None:
    """Return where the plugin lies that counts for ``project``: installed for it goes before installed for all."""
    some = [entry for entry in (entries if isinstance(entries, list) else [entries]) if isinstance(entry, dict)]
    ours = [entry for entry in some if _is_for(entry, project)]
    nearest = min(ours, key=lambda entry: _NEAREST.get(str(entry.get("scope")), 2), default={})
    path = nearest.get("installPath")
    return Path(path) if isinstance(path, str) and path and "\0" not in path else None


def _is_for(entry: dict[str, Any], project: Path) -> bool:
    of = entry.get("projectPath")
    return of is None or (isinstance(of, str) and project.is_relative_to(of))


def _fault(name: str, path: Path, folder: Path) -> str:
    if not is_name(name):
        return "has a name that no skill can begin with"
    try:
        return "" if path.resolve().is_relative_to(folder.resolve()) else f"lies outside {folder}"
    except (OSError, RuntimeError):
        return "cannot be looked at"


def _folders(plugin: Path, problems: list[Problem]) -> Iterator[Path]:
    manifest = plugin / ".claude-plugin" / "plugin.json"
    more = _json(manifest, problems).get("skills", [])
    named = [more] if isinstance(more, str) else more if isinstance(more, list) else []
    for name in ("skills", *(name for name in named if isinstance(name, str) and "\0" not in name)):
        folder = (plugin / name).resolve()
        if folder.is_relative_to(plugin):
            yield folder
        else:
            problems.append(
                Problem(manifest, f"'skills' names {name[:80]!r}, outside the plugin", None, "name one in it")
            )


def _json(path: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        return _mapping(json.loads(read_bytes(path, limit_bytes=_MAX_BYTES)))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        reason, mend = f"cannot be read: {error.strerror}", "check its owner and mode"
    except Damaged as error:
        reason, mend = error.message, "put the client's own file there"
    except (ValueError, RecursionError):
        reason, mend = "it is no JSON", "let the client write it again"
    problems.append(Problem(path, reason, None, mend))
    return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
