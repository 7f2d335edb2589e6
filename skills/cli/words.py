"""Words among options: argparse gives a list of words up once it met an option, and these commands must not.

Rule 1: a word that argparse leaves over, and that is no option, is put where the command wants it; an option that it
        does not know stays an error.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

Put = Callable[[argparse.Namespace, list[str]], None]


def words_anywhere(parser: argparse.ArgumentParser, put: Put) -> None:
    """Let ``parser`` take words wherever they stand; ``put`` puts those that were left over into the namespace."""
    plain = parser.parse_known_args

    def parse(args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:
        found, extras = plain(list(args or []), namespace)
        unknown = [word for word in extras if word.startswith("-") and word != "-"]
        put(found, [word for word in extras if word not in unknown])
        return found, unknown

    parser.parse_known_args = parse  # type: ignore[method-assign, assignment]
