"""Carries out what a skill teaches: every command of its text, in the order in which they stand, in one shell.

Rule 1: what is run is read out of the text; a test adds only what an agent would do between two commands.
Rule 2: a command ends as the text says: ``# must exit N`` or ``# exits N when …`` (then 0 will do, too), else 0.
Rule 3: a block of another language that begins with a comment of a path is a file, and written where it says.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MUST = re.compile(r"#\s*must exit (\d+)")
_MAY = re.compile(r"#\s*exits (\d+) when")
_ANN = {"NAME": "Ann", "EMAIL": "ann@example.org"}
_PATH = re.compile(r"\A# ([\w./-]+/[\w.-]+)\n")


@dataclass(frozen=True)
class Command:
    """One line of a ``sh`` block, and the exit codes that it may end with."""

    text: str
    codes: tuple[int, ...]


@dataclass(frozen=True)
class File:
    """A block that is a file."""

    path: str
    text: str


def taught(text: str) -> list[Command | File]:
    """Return what a skill's text has to be done, in its order."""
    found: list[Command | File] = []
    for language, body in _BLOCK.findall(text):
        if language == "sh":
            found += [Command(line, _codes(line)) for line in body.splitlines() if line.strip()]
        elif path := _PATH.match(body):
            found.append(File(path[1], body))
    return found


def commands(text: str) -> list[str]:
    """Return the commands alone."""
    return [one.text for one in taught(text) if isinstance(one, Command)]


def carry_out(text: str, folder: Path, *, after: Mapping[str, str], tools: Path) -> "subprocess.CompletedProcess[str]":
    """Do all that ``text`` teaches in ``folder``; exit code 99 names the first command that ended otherwise.

    Args:
        after: the beginning of a command to what is done after the first that begins so, in bash: what an agent, or
            somebody else, does there.
        tools: a folder for the command ``onecontext``, which is made there.
    """
    left, script = dict(after), []
    for one in taught(text):
        if isinstance(one, File):
            script.append(_writing(one))
            continue
        script.append(_checked(one))
        for beginning in [beginning for beginning in left if one.text.startswith(beginning)][:1]:
            script.append(_checked(Command(left.pop(beginning), (0,))))
    assert not left, f"no command begins with {list(left)}"
    environment = {**os.environ, "PATH": f"{_onecontext_in(tools)}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment |= {f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in _ANN.items()}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    command = ["bash", "-uc", "\n".join(script)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=110, check=False
    )


def _codes(line: str) -> tuple[int, ...]:
    if must := _MUST.search(line):
        return (int(must[1]),)
    return (0, int(may[1])) if (may := _MAY.search(line)) else (0,)


def _checked(command: Command) -> str:
    fits = " && ".join(f"[ $code -ne {code} ]" for code in command.codes)
    said = command.text.replace("'", "'\\''")
    return f"{command.text}\ncode=$?; if {fits}; then echo \"exit code $code:\" '{said}' >&2; exit 99; fi"


def _writing(file: File) -> str:
    return f"mkdir -p \"$(dirname '{file.path}')\"; cat > '{file.path}' <<'THE END OF IT'\n{file.text}THE END OF IT"


def _onecontext_in(tools: Path) -> Path:
    tools.mkdir(parents=True, exist_ok=True)
    command = tools / "onecontext"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m onecontext "$@"\n')
    command.chmod(0o755)
    return tools
