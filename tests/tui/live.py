"""The monitor as a process on a terminal of its own, over a real folder."""

import os
import sys
from pathlib import Path

from tests.support.terminal import Terminal

COMMAND = [sys.executable, "-c", "from onecontext.cli.main import entry; entry()", "monitor"]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a person at a terminal of many colours."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY")}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | more


def monitor(folder: Path, *arguments: str, size: tuple[int, int] = (120, 36), **env: str) -> Terminal:
    """Start it in ``folder``."""
    return Terminal([*COMMAND, *arguments], cwd=folder, env=environment(**env), size=size)
