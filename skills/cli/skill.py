"""``onecontext skill``: what its words are, and which file answers each.

Rule 1: a word is a file of this room that offers ``add_arguments(parser)`` and ``run(args, invocation) -> int``; what
        is heavy it imports in ``run``, since all of them are loaded to learn the arguments.
Rule 2: text of skills is untrusted: what reaches a terminal is made printable first.
"""

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


class Word(NamedTuple):
    """One word of ``onecontext skill``: the module that answers it, and its line in ``--help``."""

    module: str
    help: str


WORDS: dict[str, Word] = {
    "list": Word("skills.cli.list_", "the skills there are, a line each"),
    "show": Word("skills.cli.show", "what a skill says about itself, and its files"),
    "search": Word("skills.cli.search", "skills found by a few words"),
    "use": Word("skills.cli.use", "the body of a skill, or one of its files"),
    "import-mcp": Word("skills.cli.import_mcp", "make a skill of an MCP server"),
    "validate": Word("skills.cli.validate", "check a skill against the format of agentskills.io"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar=" | ".join(WORDS))
    for name, word in WORDS.items():
        one = words.add_parser(name, help=word.help)
        import_module(word.module).add_arguments(one)
        # The main parser has --json too; SUPPRESS keeps this one from undoing it.
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Answer one of the words."""
    return int(import_module(WORDS[args.word].module).run(args, invocation))
