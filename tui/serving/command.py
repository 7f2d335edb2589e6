"""What is run for each browser that looks: the monitor itself, as a process of its own.

Rule 1: an argument list, never a shell; no word of it comes from the browser.
Rule 2: of the environment it has what the monitor reads and nothing more, so no key of a model; with ``--control`` it
        has all of it, as what it then does are commands that a person would type here.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

DRIVER = "tui.serving.driver:Driver"
_KEPT = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_TIME", "TZ", "TMPDIR"),
    *("NO_COLOR", "PYTHONPATH", "CLAUDE_CONFIG_DIR", "ONECONTEXT_ROOT", "ONECONTEXT_TEAM"),
    "ONECONTEXT_AGENT",
)


def command_of(args: argparse.Namespace, cwd: Path) -> list[str]:
    """Return the command that shows what ``args`` of ``onecontext monitor --serve`` ask for, to be run in ``cwd``."""
    # -P: what lies in the folder that is worked in is no module of ours.
    command = [sys.executable, "-P", "-m", "onecontext", "monitor", "--served", "--palette", args.palette]
    for root in args.root or ():
        command += ["--root", str(cwd / root)]
    for option, value in (("--team", args.team), ("--at", args.at), ("--as", args.agent)):
        command += [f"{option}={value}"] if value else []
    if args.control:
        command.append("--control")
    if args.replay:
        command += ["--replay", str(cwd / args.replay), "--speed", str(args.speed)]
    return [*command, "--all"] if args.all else command


def environment_of(env: Mapping[str, str], *, whole: bool) -> dict[str, str]:
    """Return the environment of that command; ``whole``: it acts."""
    return {name: value for name, value in env.items() if whole or name in _KEPT}


def screen_of(columns: int, rows: int, *, light: bool) -> dict[str, str]:
    """Return what the environment says about a screen of so many cells; ``light``: what its person prefers."""
    size = {"COLUMNS": str(columns), "ROWS": str(rows), "TERM": "xterm-256color", "TEXTUAL_COLOR_SYSTEM": "truecolor"}
    size["COLORFGBG"] = "0;15" if light else "15;0"
    return {**size, "TEXTUAL_DRIVER": DRIVER, "PYTHONUNBUFFERED": "1"}
