"""Words after ``--`` that are not options of ours, whatever they look like."""

import argparse
from collections.abc import Sequence
from typing import Any


def take_apart(parser: argparse.ArgumentParser, name: str) -> None:
    """Let ``parser`` put all words after the first ``--`` into ``name``, as they are; [] where there is none.

    argparse itself would give them to whichever argument is still free, and loses the ``--`` on the way.
    """
    parse = parser.parse_known_args

    def parse_known_args(args: Sequence[str] | None = None, namespace: Any = None) -> Any:
        words = list(args or ())
        at = words.index("--") if "--" in words else len(words)
        found, unknown = parse(words[:at], namespace)
        setattr(found, name, words[at + 1 :])
        return found, unknown

    setattr(parser, "parse_known_args", parse_known_args)  # noqa: B010 - mypy knows it as a method
