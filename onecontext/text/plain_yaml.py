"""YAML whose every value is the text that was written: ``1.10`` stays ``1.10``, ``no`` stays ``no``.

Rule 1: no aliases, anchors or tags, no key twice, and nothing nested deeper than :data:`MAX_DEPTH`.
Rule 2: it is built from events without recursion, so that the depth of a hostile text costs nothing: what is too deep
        ends the reading where it is met.
Rule 3: the answers are those of PyYAML's own parser. Its C parser gives them about fourteen times as fast, and is used
        where it is there, for texts without the few signs that the two take differently
        (tests/property/test_plain_yaml_parsers.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from onecontext.errors import BrokenFrontMatter

MAX_DEPTH = 16

Value = str | list["Value"] | dict[str, "Value"]

_BREAK = re.compile(r"\r\n?|\n")
_CHARACTER = "a character that YAML does not allow"
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The C parser takes a tab for a space, a byte order mark anywhere, and a remark right behind the sign of a block.
_TAKEN_DIFFERENTLY = re.compile("[\t\ufeff]|[|>][-+0-9]*#")


@dataclass(frozen=True)
class Texts:
    """What was read.

    Attributes:
        values: by key, in their order; empty where there was nothing but comments.
        lines: by key of the uppermost mapping, the line it stands on; the text's first is 1.
        flow_line: the line of the first value in ``[…]`` or ``{…}``; None: there is none.
    """

    values: dict[str, Value]
    lines: dict[str, int]
    flow_line: int | None


def read_texts(content: str, *, parser: Any = None) -> Texts:
    """Return the mapping that ``content`` is.

    Args:
        parser: another loader class of PyYAML than the one that is used here, for tests.

    Raises:
        BrokenFrontMatter: it is no YAML, no mapping, or has what rule 1 forbids; ``line`` counts from 1, and the hint
            says how to mend it.
    """
    building = _Building()
    try:
        for event in yaml.parse(_hidden(content), parser or _parser_for(content)):
            building.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "cannot be read"
        # The C parser places the end of the text behind its last line.
        line = min(_line(mark), len(_BREAK.findall(content)) + 1)
        raise BrokenFrontMatter(what, line=line, hint=_mend(what)) from error
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:  # the latter: a lone surrogate, met by the C parser
        place = error.position if isinstance(error, yaml.reader.ReaderError) else error.start
        line = content.count("\n", 0, place) + 1
        raise BrokenFrontMatter(_CHARACTER, line=line, hint="take out control characters") from error
    return building.texts()


def _parser_for(content: str) -> Any:
    return yaml.SafeLoader if _TAKEN_DIFFERENTLY.search(content) else _FAST


class _Building:
    """The values so far: a stack of open collections, each with the key that waits for its value."""

    def __init__(self) -> None:
        self._open: list[tuple[dict[str, Value] | list[Value], list[str]]] = []
        self._root: Value | None = None
        self._lines: dict[str, int] = {}
        self._flow: int | None = None

    def take(self, event: Any) -> None:
        """Take the next event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self._plain(event)
            self._put(_shown(event.value), event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._plain(event)
            self._begin({} if isinstance(event, yaml.MappingStartEvent) else [], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.AliasEvent):
            raise _broken("aliases (*name) are not allowed", event, "write the value out")
        elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
            raise _broken("a second YAML document begins", event, "keep one")

    def texts(self) -> Texts:
        """Return what was built."""
        if self._root is None or self._root == "":
            return Texts({}, {}, None)
        if not isinstance(self._root, dict):
            raise BrokenFrontMatter("must be keys with values", line=1, hint="write lines such as 'name: fix-login'")
        return Texts(self._root, self._lines, self._flow)

    def _plain(self, event: Any) -> None:
        if event.anchor is not None:
            raise _broken("anchors (&name) are not allowed", event, "take the sign away, or put the text in quotes")
        if event.tag is not None:
            raise _broken(f"tags ({event.tag}) are not allowed", event, "take it away, or put the text in quotes")

    def _begin(self, collection: dict[str, Value] | list[Value], event: Any) -> None:
        if len(self._open) == MAX_DEPTH:
            raise _broken("nested too deeply", event, f"keep it within {MAX_DEPTH} levels")
        if event.flow_style and self._flow is None:
            self._flow = _line(event.start_mark)
        self._put(collection, event)
        self._open.append((collection, []))

    def _put(self, value: Value, event: Any) -> None:
        if not self._open:
            self._root = value
            return
        collection, key = self._open[-1]
        if isinstance(collection, list):
            collection.append(value)
        elif key:
            collection[key.pop()] = value
        elif not isinstance(value, str):
            raise _broken("a key must be text", event, "write keys as single words")
        elif value in collection:
            raise _broken(f"the key {value[:80]!r} twice", event, "keep one of them")
        else:
            key.append(value)
            if len(self._open) == 1:
                self._lines[value] = _line(event.start_mark)


def flattened(value: Value, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of ``value`` under names such as ``author.mail``; the texts of a list are joined by commas."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from flattened(part, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield name, ", ".join(text for part in value for _, text in flattened(part))
    else:
        yield name, value


# Line ends to YAML 1.1, and so to the parsers; to YAML 1.2, and to whoever wrote them, characters like any other.
_BREAKS = {0x85: 0x10F485, 0x2028: 0x10F828, 0x2029: 0x10F829}
_SHOWN = {hidden: character for character, hidden in _BREAKS.items()}


def _hidden(text: str) -> str:
    return text if text.isascii() else text.translate(_BREAKS)


def _shown(text: str) -> str:
    return text if text.isascii() else text.translate(_SHOWN)


def _broken(what: str, event: Any, mend: str) -> BrokenFrontMatter:
    return BrokenFrontMatter(what, line=_line(event.start_mark), hint=mend)


def _line(mark: Any) -> int:
    return int(mark.line) + 1 if mark else 1


_MENDS = {
    "mapping values are not allowed": "put a value that has ': ' in it in quotes",
    "found character '\\t'": "indent with spaces instead of tabs",
    "cannot start any token": "put a value that begins with this character in quotes",
    "unexpected end of stream": "close the quotes",
    "could not find expected ':'": "write 'key: value', and indent lines that go on with a value",
}


def _mend(what: str) -> str:
    found = (mend for part, mend in _MENDS.items() if part in what)
    return next(found, "write 'key: value' lines, with values of odd characters in quotes")
