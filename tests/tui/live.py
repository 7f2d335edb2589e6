"""The monitor as a process on a terminal of its own, over a real folder."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from teams.engine.event import Event
from teams.engine.line import encode
from tests.support.terminal import Terminal

COMMAND = [sys.executable, "-c", "from onecontext.cli.main import entry; entry()", "monitor"]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a person at a terminal of many colours, whose size is its own."""
    others = ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if name not in others}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | more


def monitor(folder: Path, *arguments: str, size: tuple[int, int] = (120, 36), **env: str) -> Terminal:
    """Start it in ``folder``."""
    return Terminal([*COMMAND, *arguments], cwd=folder, env=environment(**env), size=size)


def say(path: Path, last: Event, number: int) -> None:
    """Append a message of one of the agents to a journal whose last event is ``last``."""
    said = {"msg_id": f"said-{number}", "from": "worker-1", "to": "lead", "text": f"word number {number} of it"}
    line = encode(replace(last, seq=last.seq + number, id=f"said-{number}", type="message.sent", data=said, task=None))
    with path.open("ab", buffering=0) as file:
        file.write(line)
