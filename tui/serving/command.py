"""What is run for each browser that looks: the monitor itself, as a process of its own.

Rule 1: an argument list, never a shell; no word of it comes from the browser.
Rule 2: of the environment it has what the monitor reads and nothing more, so no key of a model.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

DRIVER = "tui.serving.driver:Driver"
_KEPT = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_TIME", "TZ", "TMPDIR"),
    *("NO_COLOR", "COLORFGBG", "PYTHONPATH", "CLAUDE_CONFIG_DIR", "ONECONTEXT_ROOT", "ONECONTEXT_TEAM"),
)


def command_of(args: argparse.Namespace, cwd: Path) -> list[str]:
    """Return the command that shows what ``args`` of ``onecontext monitor --serve`` ask for, to be run in ``cwd``."""
    # -P: what lies in the folder that is worked in is no module of ours.
    command = [sys.executable, "-P", "-m", "onecontext", "monitor", "--served", "--palette", args.palette]
    for root in args.root or ():
        command += ["--root", str(cwd / root)]
    for name in ("team", "at", "as_", "control"):
        value = getattr(args, name, None)
        if value:
            option = f"--{name.strip('_')}"
            command += [option] if value is True else [f"{option}={value}"]
    if args.replay:
        command += ["--replay", str(cwd / args.replay), "--speed", str(args.speed)]
    return [*command, "--all"] if args.all else command


def environment_of(env: Mapping[str, str], columns: int, rows: int) -> dict[str, str]:
    """Return the environment of that command, for a screen of so many cells."""
    kept = {name: env[name] for name in _KEPT if name in env}
    screen = {"COLUMNS": str(columns), "ROWS": str(rows), "TEXTUAL_COLOR_SYSTEM": "truecolor"}
    return {**kept, **screen, "TEXTUAL_DRIVER": DRIVER, "TERM": "xterm-256color", "PYTHONUNBUFFERED": "1"}
