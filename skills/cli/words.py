"""Words among options: argparse gives a list of words up once it met an option, and these commands must not.

Rule 1: a word that argparse leaves over, and that is no option, is put where the command wants it; an option that it
        does not know stays an error.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

Put = Callable[[argparse.Namespace, list[str]], None]


def words_anywhere(parser: argparse.ArgumentParser, put: Put, *, rest: str | None = None) -> None:
    """Let ``parser`` take words wherever they stand.

    Args:
        put: is given the words that were left over, and puts them into the namespace.
        rest: the name under which everything after ``--`` goes; None: there is nothing special about it.
    """
    plain = parser.parse_known_args

    def parse(args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:
        given = list(args or [])
        head, tail = (given, []) if rest is None or "--" not in given else _split(given)
        found, extras = plain(head, namespace)
        unknown = [word for word in extras if word.startswith("-") and word != "-"]
        put(found, [word for word in extras if word not in unknown])
        if rest is not None:
            setattr(found, rest, tail)
        return found, unknown

    parser.parse_known_args = parse  # type: ignore[method-assign, assignment]


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--")
    return words[:at], words[at + 1 :]
