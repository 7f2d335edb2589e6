"""What people and programs type: seconds, and texts that may come on stdin.

Rule 1: what is no number, or cannot be meant, is refused before anything is opened.
Rule 2: of stdin no more is read than any text of a team may have.
"""

import argparse
import math

from onecontext.cli.main import Invocation
from onecontext.errors import InvalidText

STDIN = "-"
LIMIT_CHARACTERS = 8 * 1024 * 1024


def seconds(text: str) -> float:
    """Return a time of 0 s or more; for argparse."""
    return _number(text, least=0.0)


def seconds_above_zero(text: str) -> float:
    """Return a time of more than 0 s; for argparse."""
    number = _number(text, least=0.0)
    if number == 0:
        raise argparse.ArgumentTypeError("0 s is no time; give more")
    return number


def text_of(given: str, invocation: Invocation) -> str:
    """Return the text that was given; ``-`` is what stands on stdin.

    Raises:
        InvalidText: stdin is not UTF-8.
    """
    if given != STDIN:
        return given
    try:
        return invocation.stdin.read(LIMIT_CHARACTERS)
    except UnicodeDecodeError as error:
        raise InvalidText(f"what came on stdin is not UTF-8, from byte {error.start} on") from error


def _number(text: str, *, least: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number of seconds from {least:g} on")
    return number
