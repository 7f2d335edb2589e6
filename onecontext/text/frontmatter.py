"""The YAML between two ``---`` lines at the top of a Markdown file.

Rule 1: a text without front matter is a body and nothing else; a byte order mark, CRLF and a lone CR are no reason to
        miss it.
Rule 2: YAML from strangers is data (:mod:`onecontext.text.strict_yaml`), bounded in size. A line number in an error
        counts from the top of the file.
Rule 3: :func:`split_plainly` reads what people write for YAML and is none, for whoever would rather have most of it.
"""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from onecontext.errors import BrokenFrontMatter, InvalidDocument
from onecontext.text.strict_yaml import StrictLoader

MAX_CHARACTERS = 64 * 1024
_OPENING = re.compile(r"\ufeff?---[ \t]*(?:\r\n?|\n)")
_BLOCKS = ("|", ">", "|-", ">-", "|+", ">+")
_PLAIN_KEY = re.compile(r"([a-z][A-Za-z0-9_-]*)[ \t]*:(?:[ \t]+(.*)|)$")
_CLOSING = re.compile(r"(?<=[\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n?|\n|\Z)")


def split(text: str) -> tuple[dict[str, Any], str]:
    """Return the front matter of ``text``, empty when there is none, and the body after it, unchanged.

    Raises:
        InvalidDocument: it is never closed, is no YAML mapping, has a key twice or an alias, or is larger than 64 KiB;
            the message names the line.
    """
    content, body = parts(text)
    return ({} if content is None else _parse(content)), body


def line_of(text: str, place: Sequence[str | int]) -> int:
    """Return the line, from the top of the file, on which the value at ``place`` of its front matter begins.

    Where the path leads nowhere (a key that is missing) it is the line of the last part that is there. The text is one
    that :func:`split` reads.
    """
    content, _ = parts(text)
    node = yaml.compose(content or "", StrictLoader)
    line = 2
    for part in place:
        found = _part_of(node, part)
        if found is None:
            break
        named, node = found
        line = _line(named.start_mark)
    return line


def _part_of(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Return what names a part of ``node``, and the part; of a list an item names itself."""
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    return None


def split_plainly(text: str) -> tuple[dict[str, str], str]:
    """Return front matter as keys with the text behind their colons, and the body; see :func:`plain_values`.

    Raises:
        BrokenFrontMatter: it is never closed, or larger than 64 KiB.
    """
    content, body = parts(text)
    return plain_values(content or "")[0], body


def plain_values(content: str) -> tuple[dict[str, str], dict[str, int]]:
    """Return keys with the text behind their colons, and the line of each, the first being 1.

    A key begins a line with a small letter; every other line goes on with the value before it, joined by line feeds.
    Of a value in matching quotes the quotes are taken away, of a block (``|``, ``>``) its sign; nothing else is
    interpreted, and the first of two equal keys counts.
    """
    values: dict[str, list[str]] = {}
    places: dict[str, int] = {}
    current: list[str] = []
    for number, line in enumerate(content.splitlines(), 1):
        key = _PLAIN_KEY.match(line)
        if key and key[1] not in values:
            current = values[key[1]] = [(key[2] or "").strip()]
            places[key[1]] = number
        elif not line.startswith("#"):
            current.append(line.rstrip())
    return {key: _value(lines) for key, lines in values.items()}, places


def parts(text: str) -> tuple[str | None, str]:
    """Return what stands between the two lines, None when there are none, and what stands behind them, unchanged.

    Raises:
        BrokenFrontMatter: it is never closed, or larger than 64 KiB.
    """
    opening = _OPENING.match(text)
    if not opening:
        return None, text.removeprefix("\ufeff")
    closing = _CLOSING.search(text, opening.end())
    if not closing:
        message = "front matter that begins on line 1 is never closed; put a line '---' after it"
        raise BrokenFrontMatter(message, line=1, hint="put a line '---' after the last field")
    if closing.start() - opening.end() > MAX_CHARACTERS:
        message = f"front matter on line 2 is longer than {MAX_CHARACTERS:,} characters"
        raise BrokenFrontMatter(message, line=2, hint="move what is not a field below it, or to another file")
    return text[opening.end() : closing.start()], text[closing.end() :]


def _value(lines: list[str]) -> str:
    if lines[0] in _BLOCKS:
        lines = [line.strip() for line in lines[1:]]
    value = "\n".join(lines).strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _parse(content: str) -> dict[str, Any]:
    try:
        # The loader is a SafeLoader: it makes plain values and runs nothing.
        values = yaml.load(content, StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidDocument(f"front matter, line {_line(mark)}: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = content.count("\n", 0, error.position) + 2
        raise InvalidDocument(f"front matter, line {line}: a character that YAML does not allow") from error
    except ValueError as error:  # a date or number of the right shape that is none, such as 2026-13-45
        raise InvalidDocument(f"front matter, line 2 or after: {error}") from error
    except RecursionError as error:
        raise InvalidDocument("front matter, line 2 or after: nested too deeply") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InvalidDocument("front matter, line 2: must be keys with values, as in 'name: fix-login'")
    odd = next((key for key in values if not isinstance(key, str)), None)
    if odd is not None:
        raise InvalidDocument(f"front matter, line 2 or after: the key {odd!r} is no text; put it in quotes")
    return values


def _line(mark: yaml.Mark | None) -> int:
    return (mark.line if mark else 0) + 2  # the mark counts from 0, and the first line is the opening one
