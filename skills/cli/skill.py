"""``onecontext skill``: what its words are, and which file answers each.

Rule 1: a word is a file of this room that offers ``add_arguments(parser)`` and ``run(args, invocation) -> int``; it is
        loaded when it is asked for, and no other.
Rule 2: what comes after ``--`` goes to a word as it is, whatever it looks like, under the name that the word's file
        calls ``AFTER_DASHES``; argparse would give it to whichever argument is still free.
Rule 3: text of skills is untrusted: what reaches a terminal is made printable first.
"""

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


class Word(NamedTuple):
    """One word of ``onecontext skill``: the module that answers it, and its line in ``--help``."""

    module: str
    help: str


WORDS: dict[str, Word] = {
    "new": Word("skills.cli.new", "make a skill to fill in"),
    "list": Word("skills.cli.list_", "the skills there are, a line each"),
    "show": Word("skills.cli.show", "what a skill says about itself, and its files"),
    "search": Word("skills.cli.search", "skills found by a few words"),
    "use": Word("skills.cli.use", "the body of a skill, or one of its files"),
    "import-mcp": Word("skills.cli.import_mcp", "make a skill of an MCP server"),
    "run": Word("skills.cli.run", "a script of a trusted skill, in the sandbox"),
    "trust": Word("skills.cli.trust", "let a skill run its commands and scripts, as it is now"),
    "validate": Word("skills.cli.validate", "check skills against the format of agentskills.io"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words; the arguments of one are declared when it is the one that is asked for."""
    words = parser.add_subparsers(dest="word", required=True, metavar=" | ".join(WORDS))
    for name, word in WORDS.items():
        _declare_late(words.add_parser(name, help=word.help), word.module)


def _declare_late(parser: argparse.ArgumentParser, module: str) -> None:
    """Let ``parser`` learn its arguments when it parses: only then it is known whose file is needed."""
    parse = parser.parse_known_args

    def declare_and_parse(args: Any = None, namespace: Any = None) -> Any:
        parser.parse_known_args = parse  # type: ignore[method-assign]  # a word may put its own in its place
        word = import_module(module)
        word.add_arguments(parser)
        # The main parser has --json too; SUPPRESS keeps this one from undoing it.
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        words, after = list(args), getattr(word, "AFTER_DASHES", None)
        end = words.index("--") if after and "--" in words else len(words)
        found, unknown = parser.parse_known_args(words[:end], namespace)
        if after:
            setattr(found, after, words[end + 1 :])
        return found, unknown

    parser.parse_known_args = declare_and_parse  # type: ignore[method-assign]


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Answer one of the words."""
    return int(import_module(WORDS[args.word].module).run(args, invocation))
