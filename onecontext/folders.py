"""Where a program keeps what is the person's own: settings and what can be found again, each in its folder.

Rule 1: a relative path is ignored, as if it were not set.
Rule 2: nothing is made or looked at here: whoever writes there makes the folder, for its owner alone.

Source: XDG Base Directory Specification 0.8, XDG_CONFIG_HOME and XDG_CACHE_HOME.
"""

from collections.abc import Mapping
from pathlib import Path

_NAME = "onecontext"


def config_folder(env: Mapping[str, str]) -> Path | None:
    """Return the folder of what the person has decided; None where ``env`` names neither it nor a home."""
    return _folder(env, "XDG_CONFIG_HOME", ".config")


def cache_folder(env: Mapping[str, str]) -> Path | None:
    """Return the folder of what only saves time; None where ``env`` names neither it nor a home."""
    return _folder(env, "XDG_CACHE_HOME", ".cache")


def _folder(env: Mapping[str, str], variable: str, at_home: str) -> Path | None:
    named, home = env.get(variable, ""), env.get("HOME", "")
    if named.startswith("/"):
        return Path(named) / _NAME
    return Path(home, at_home, _NAME) if home else None
