r"""Commands in a skill's text, whose output is to stand there instead: ``!`git status``` and blocks that begin "```!".

Rule 1: only of a skill that the person trusts, and only in a sandbox that was handed in; otherwise they stay as they
        are, as text, and a sentence says so.
Rule 2: what they print is data: it is put between fences that it cannot end, and is bounded, as is their time.
Rule 3: arguments reach a command as bash's own parameters, never as a part of its text: nothing in them is run.
Rule 4: a command that fails is told as that; the rest of the text stands.

Source: code.claude.com/docs/en/skills, "inject dynamic context".
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from onecontext.text.fence import clean, fenced
from skills.activation.arguments import Arguments, asks, for_bash, put, with_rest
from skills.activation.port import Ran, Runner

TIMEOUT_S = 30.0  # of one command
OUTPUT_CHARACTERS = 8_000  # of one command
MAX_COMMANDS = 20  # of one text
_INLINE = r"(?:(?<=\s)|^)!`(?P<inline>[^`\n]+)`"
_BLOCK = r"^(?P<ticks>`{3,})![ \t]*\n(?P<block>.*?)^(?P=ticks)[ \t]*$"
_COMMAND = re.compile(f"{_BLOCK}|{_INLINE}", re.MULTILINE | re.DOTALL)


class Piece(NamedTuple):
    """A part of a text as it stands; ``command`` is what it would run, "" for plain text."""

    text: str
    command: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """Yield the text in order, cut where it has commands."""
    done = 0
    for found in _COMMAND.finditer(text):
        yield Piece(text[done : found.start()])
        yield Piece(found[0], (found["inline"] or found["block"]).strip())
        done = found.end()
    yield Piece(text[done:])


def commands(text: str) -> list[str]:
    """Return the commands in ``text``, in order."""
    return [piece.command for piece in pieces(text) if piece.command]


def expanded(text: str, given: Arguments, folder: Path, run: Runner) -> str:
    """Return ``text`` with what was given in its places, and what its commands print instead of them.

    Those beyond the first 20 stay as they are. What a command prints is not looked into for places.

    Raises:
        NoSandbox: nothing can be run here.
    """
    parts, left = [], MAX_COMMANDS
    for piece in pieces(text):
        if piece.command and left > 0:
            left -= 1
            parts.append(_told(piece.command, _run(piece.command, given, folder, run)))
        else:
            parts.append(put(piece.text, given, folder))
    return with_rest("".join(parts), given, asked=asks(text))


def _run(command: str, given: Arguments, folder: Path, run: Runner) -> Ran:
    env = {"ARGUMENTS": given.whole, "CLAUDE_SKILL_DIR": str(folder)}
    # bash's $0 is the first of these words, as the first argument of a skill is.
    return run(["bash", "-c", for_bash(command), *(given.parts or [""])], env=env, timeout_s=TIMEOUT_S)


def _told(command: str, ran: Ran) -> str:
    ending = f"took longer than {TIMEOUT_S:g} s" if ran.exit_code is None else f"exit code {ran.exit_code}"
    said = "" if ran.exit_code == 0 else f"[{ending}]\n"
    return fenced("output", f"$ {command}\n{said}{_bounded(clean(ran.output))}".rstrip())


def _bounded(text: str) -> str:
    if len(text) <= OUTPUT_CHARACTERS:
        return text
    half = OUTPUT_CHARACTERS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
