"""The forms of a catalogue: XML, Markdown, JSON, and the short lines that our own agents are given.

Rule 1: whatever a name or a description holds, it is one line and cannot close or forge an element, an item, a string.
Rule 2: a form is its beginning, its items and its end, joined by line feeds: so what an item costs can be counted once.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from onecontext.text.fence import clean

Form = Literal["xml", "markdown", "json", "lines"]
MORE = 'skill("search: a few words")'
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>|~#])")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Writer(NamedTuple):
    """One form: what stands around the items, how one is written, and what says that there are others (or None)."""

    begin: str
    end: str
    item: Callable[[str, str], str]
    more: Callable[[int], str | None]
    between: str = "\n"

    def text(self, items: Iterable[str], *, others: int = 0) -> str:
        """Return the whole; "" where there is neither an item nor a word about ``others`` that are not among them."""
        told = self.more(others) if others else None
        body = self.between.join([*items, *([told] if told else [])])
        return "\n".join(part for part in (self.begin, body, self.end) if part) if body else ""


def one_line(text: str) -> str:
    """Return ``text`` on one line, without what XML cannot carry; what a reader would obey instead of show is shown."""
    return clean(" ".join(_NOT_XML.sub("\ufffd", text).split()))


def escape(text: str) -> str:
    """Return ``text`` as it stands inside an element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _xml(name: str, text: str) -> str:
    return f"<skill><name>{escape(name)}</name><description>{escape(text)}</description></skill>"


def _line(name: str, text: str) -> str:
    return f"- {escape(name)}: {escape(text)}" if text else f"- {escape(name)}"


def _markdown(name: str, text: str) -> str:
    name, text = (_MARKDOWN_SIGNS.sub(r"\\\1", part) for part in (name, text))
    return f"- {name}: {text}"


def _json(name: str, text: str) -> str:
    return json.dumps({"name": name, "description": text}, ensure_ascii=False)


def _others(before: str, after: str = "") -> Callable[[int], str]:
    return lambda others: f"{before}{others:,} more: {MORE} finds them{after}"


FORMS: dict[Form, Writer] = {
    "xml": Writer("<available_skills>", "</available_skills>", _xml, _others("<more>", "</more>")),
    "lines": Writer("<available_skills>", "</available_skills>", _line, _others("- … ")),
    "markdown": Writer("", "", _markdown, _others("- … ")),
    "json": Writer("[", "]", _json, lambda others: None, ",\n"),
}
