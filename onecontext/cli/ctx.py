"""``onecontext ctx``: values that are too large to read, under handles: put, head, slice, grep, count, list, collect.

Rule 1: the handle comes first, whatever is done with it.
Rule 2: pieces go to stdout as they are (control characters as escapes), and what they are pieces of to stderr.
Rule 3: ``ask`` needs a model, which this package has not: its module is a word until it is asked for
        (:mod:`onecontext.cli.commands` does the same for every command).
"""

import argparse
import importlib
import io
import os
import re
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.cli.memory import counted, open_memory
from onecontext.errors import UsageError
from onecontext.variables.model import Kept, Part, Variable
from onecontext.variables.searching import as_text
from onecontext.variables.variables import HEAD_CHARACTERS, Variables

_ASKING = "teams.cli.ctx_ask"
_RANGE = re.compile(r"(\d{0,18})[:,](\d{0,18})", re.ASCII)
_NO_MATCH = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words and their arguments."""
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")

    def word(name: str, told: str) -> argparse.ArgumentParser:
        sub = words.add_parser(name, help=told, description=told, allow_abbrev=False)
        sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer as one JSON document")
        return sub

    put = word("put", "keep a file or standard input, and print its handle")
    put.add_argument("file", metavar="FILE", help="a file; '-' reads standard input until it ends")
    head = _of_one(word("head", "the beginning of a value"))
    size = head.add_mutually_exclusive_group()
    size.add_argument("-n", "--lines", type=int, metavar="N", help="so many lines")
    size.add_argument(
        "-c", "--characters", type=int, default=HEAD_CHARACTERS, metavar="N", help="characters (default: %(default)s)"
    )
    piece = _of_one(word("slice", "a piece of a value")).add_mutually_exclusive_group(required=True)
    piece.add_argument(
        "-L", "--lines", metavar="FIRST:LAST", help="lines, both in it; the first line is 1; '9:' is to the end"
    )
    piece.add_argument(
        "-c", "--characters", metavar="START:END", help="characters, END not in it; the first character is 0"
    )
    _add_search(_of_one(word("grep", "lines that match a regular expression; exit code 1 where none does")))
    count = _of_one(word("count", "bytes, characters and lines"))
    count.add_argument("--tokens", action="store_true", help="count tokens, too")
    count.add_argument("--grep", metavar="PATTERN", help="count the lines that match, too")
    count.add_argument("-i", "--ignore-case", action="store_true", help="capitals make no difference")
    word("list", "all values, the one used last first")
    _add_asking(_of_one(word("ask", "have a model read a value in pieces and answer a question about it")))
    collect = word("collect", "take away what nothing names any more")
    collect.add_argument("-n", "--dry-run", action="store_true", help="only say what would be taken away")
    collect.add_argument(
        "--grace", type=int, default=24 * 3600, metavar="SECONDS", help="what was used since stays (default: a day)"
    )


def _of_one(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("handle", metavar="HANDLE", help="ctx: and 4 or more hex digits")
    return parser


def _add_search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", metavar="PATTERN", help="in RE2's syntax")
    parser.add_argument("-i", "--ignore-case", action="store_true", help="capitals make no difference")
    parser.add_argument("-C", "--context", type=int, default=0, metavar="N", help="lines before and after each match")
    parser.add_argument("-m", "--max-count", type=int, default=100, metavar="N", help="matches (default: 100)")


def _add_asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", metavar="QUESTION", help="what is to be found out; '-' reads it from stdin")
    parser.add_argument("--model", help="any litellm name, or scripted:PATH (default: onecontext.toml)")
    parser.add_argument("--api-base", help="the address of a server that speaks the model's protocol")
    parser.add_argument("--calls", type=int, metavar="N", help="calls of the model, at the most (default: 400)")
    parser.add_argument("--tokens", type=int, metavar="N", help="tokens in and out, at the most (default: 2,000,000)")
    parser.add_argument("--seconds", type=int, metavar="N", help="how long it may take (default: 600)")
    parser.add_argument("--depth", type=int, metavar="N", help="how often answers are united in answers (default: 4)")
    parser.add_argument(
        "--team", help="whose journal the calls go to, for 'onecontext cost' (default: $ONECONTEXT_TEAM)"
    )
    parser.add_argument("--root", type=Path, help="the folder with that team (default: where the memory is)")


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Do what the word says."""
    if args.word == "ask":
        return int(importlib.import_module(_ASKING).run(args, invocation))
    variables = open_memory(args, invocation).variables
    return _WORDS[args.word](args, variables, invocation)


def _put(args: argparse.Namespace, variables: Variables, invocation: Invocation) -> int:
    out = invocation.out
    if args.file == "-":
        kept = _from_stdin(variables, invocation)
    else:
        # A person may well keep a link to a file; the file itself must be a regular one.
        kept = variables.put_file(Path(os.path.realpath(invocation.cwd / args.file)))
    out.answer(kept, kept.handle)
    said = f"{kept.size_bytes:,} bytes, {kept.characters:,} characters, {counted(kept.lines, 'line')}"
    more = [f"{counted(kept.redacted, 'secret')} redacted"] if kept.redacted else []
    more += [f"{kept.replaced:,} times bytes that are no UTF-8 were replaced"] if kept.replaced else []
    out.say("; ".join([said, *more]))
    return 0


def _from_stdin(variables: Variables, invocation: Invocation) -> Variable:
    stream = getattr(invocation.stdin, "buffer", None)
    # Only a terminal or a pipe has bytes; a test or an embedding program may give text.
    return variables.put_stream(stream if isinstance(stream, io.IOBase) else io.BytesIO(_encoded(invocation)))


def _encoded(invocation: Invocation) -> bytes:
    return invocation.stdin.read().encode("utf-8", "replace")


def _head(args: argparse.Namespace, variables: Variables, invocation: Invocation) -> int:
    if args.lines is not None:
        return _show(variables.head(args.handle, lines=args.lines), invocation)
    return _show(variables.head(args.handle, characters=args.characters), invocation)


def _slice(args: argparse.Namespace, variables: Variables, invocation: Invocation) -> int:
    if args.lines is not None:
        first, last = _range(args.lines)
        return _show(variables.lines(args.handle, 1 if first is None else first, last), invocation)
    start, end = _range(args.characters)
    return _show(variables.slice(args.handle, start or 0, end), invocation)


def _range(text: str) -> tuple[int | None, int | None]:
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text[:40]!r} is no range", hint="write it as 10:20, 10: or :20")
    return (int(match[1]) if match[1] else None, int(match[2]) if match[2] else None)


def _show(part: Part, invocation: Invocation) -> int:
    out = invocation.out
    out.answer(part, out.paint(part.text.removesuffix("\n")))
    first, last = (part.start, part.end)
    if not part.text:
        out.say(f"there is nothing: it has {counted(part.total, part.unit.removesuffix('s'))}")
        return 0
    more = "; more was asked for, and cut: ask for less at once" if part.cut else ""
    out.say(f"{part.unit} {first:,} to {last:,} of {part.total:,}{more}")
    return 0


def _grep(args: argparse.Namespace, variables: Variables, invocation: Invocation) -> int:
    found = variables.grep(
        args.handle, args.pattern, ignore_case=args.ignore_case, context=args.context, limit=args.max_count
    )
    out = invocation.out
    out.answer(found, out.paint(as_text(found)))
    if not found.matches:
        out.say(f"no line matches{f'; {found.reason}' if found.reason else ''}")
        return _NO_MATCH
    out.say(f"{counted(found.matches, 'matching line')}{f'; {found.reason}' if found.reason else ''}")
    return 0


def _count(args: argparse.Namespace, variables: Variables, invocation: Invocation) -> int:
    size = variables.count(args.handle, tokens=args.tokens, pattern=args.grep, ignore_case=args.ignore_case)
    told = [f"{size.size_bytes:,} bytes", f"{size.characters:,} characters", f"{size.lines:,} lines"]
    told += [f"{size.tokens:,} tokens ({size.counter})"] if size.tokens is not None else []
    if size.matches is not None:
        told.append(f"{size.matches:,} matching lines" + ("" if size.complete else " (time was over before the end)"))
    invocation.out.answer(size, "\n".join(told))
    return 0


def _list(args: argparse.Namespace, variables: Variables, invocation: Invocation) -> int:
    kept = variables.list()
    invocation.out.answer(kept, "\n".join(map(_line, kept)))
    if not kept:
        invocation.out.say("there are none; 'onecontext ctx put FILE' keeps one")
    return 0


def _collect(args: argparse.Namespace, variables: Variables, invocation: Invocation) -> int:
    done = variables.collect(grace_s=args.grace, dry_run=args.dry_run)
    out = invocation.out
    out.answer(done, "\n".join(map(_line, done.removed)))
    verb = "would be taken away" if args.dry_run else "taken away"
    out.say(f"{counted(len(done.removed), 'value')} {verb} ({done.size_bytes:,} bytes), {done.kept:,} kept")
    return 0


def _line(kept: Kept) -> str:
    return f"{kept.handle}  {kept.size_bytes:>15,} bytes  used {kept.used_at:%Y-%m-%d %H:%M}"


_WORDS = {
    "put": _put,
    "head": _head,
    "slice": _slice,
    "grep": _grep,
    "count": _count,
    "list": _list,
    "collect": _collect,
}
