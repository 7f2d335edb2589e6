"""What a skill is called with, put into its text where it asks for it.

``$ARGUMENTS`` is all of it as it was written, ``$ARGUMENTS[0]`` and ``$0`` the first argument, ``$1`` the second, and
so on; ``${CLAUDE_SKILL_DIR}`` the skill's folder. A text that asks for none of them gets what was given at its end.

Rule 1: one pass: what is put in is never looked at again, so an argument that reads ``$1`` is just that.
Rule 2: arguments are split as a shell splits words, with quotes, and nothing else of a shell is done. Where the quotes
        do not match, they are split at white space.
Rule 3: an argument that was not given leaves ``$2`` as it stands: it may be the text's own.

Source: code.claude.com/docs/en/skills, "string substitutions", which count from 0.
"""

import re
import shlex
from pathlib import Path

from onecontext.errors import UsageError

MAX_CHARACTERS = 20_000
_PLACE = re.compile(r"\$ARGUMENTS\[(\d{1,3})\]|\$(ARGUMENTS)\b|\$(\d{1,3})(?!\d)|\$\{(CLAUDE_SKILL_DIR)\}", re.ASCII)


class Arguments:
    """What was given: ``whole`` as it was written, and in its parts. ``Arguments("")`` is nothing."""

    def __init__(self, whole: str = "") -> None:
        """Take what was written.

        Raises:
            UsageError: it is longer than 20,000 characters, or has a NUL in it.
        """
        if len(whole) > MAX_CHARACTERS or "\0" in whole:
            raise UsageError(f"arguments of a skill are at most {MAX_CHARACTERS:,} characters, without a NUL")
        self.whole = whole.strip()
        try:
            self.parts = shlex.split(self.whole)
        except ValueError:
            self.parts = self.whole.split()

    @classmethod
    def of(cls, words: list[str]) -> "Arguments":
        """Return arguments that were split already, as by the shell that started us."""
        return cls(shlex.join(words)) if len(words) != 1 else cls._one(words[0])

    @classmethod
    def _one(cls, word: str) -> "Arguments":
        made = cls(word)
        made.parts = [word]
        return made


def filled(text: str, given: Arguments, folder: Path) -> str:
    """Return ``text`` with what was given in its places; at its end where it has no place for it."""
    return with_rest(put(text, given, folder), given, asked=asks(text))


def put(text: str, given: Arguments, folder: Path) -> str:
    """Return ``text`` with what was given in its places; "" for ``$ARGUMENTS`` where nothing was."""

    def value(found: "re.Match[str]") -> str:
        indexed, everything, number, _ = found.groups()
        if indexed is None and number is None:
            return given.whole if everything else str(folder)
        place = int(indexed or number)
        return given.parts[place] if place < len(given.parts) else found[0]

    return _PLACE.sub(value, text)


def asks(text: str) -> bool:
    """Say whether ``text`` has a place for arguments."""
    return any(not found[4] for found in _PLACE.finditer(text))


def with_rest(text: str, given: Arguments, *, asked: bool) -> str:
    """Return ``text`` with what was given at its end, where it was not ``asked`` for."""
    return f"{text}\n\nARGUMENTS: {given.whole}" if given.whole and not asked else text


def for_bash(command: str) -> str:
    """Return ``command`` with its places as bash's own parameters, whose values bash never reads as code."""
    written = re.sub(r"\$ARGUMENTS\[(\d{1,3})\]", r"${\1}", command, flags=re.ASCII)
    return re.sub(r"\$(\d{2,3})(?!\d)", r"${\1}", written, flags=re.ASCII)
