"""The line that each skill costs: its name and when to use it, for a model to choose from.

Rule 1: whatever a description holds, it stays one line and cannot close or forge an element, an item or a string.
Rule 2: the tokens are counted on the finished text and never above the budget. Descriptions are shortened before
        skills are dropped, and both are listed.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from onecontext.text.tokens import Counter
from skills.format.skill import Skill

Form = Literal["xml", "markdown", "json"]
_WIDTHS = (240, 120, 60)  # characters of a description, tried in turn
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>|~#])")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Catalogue:
    """The text for the model, its tokens, and a sentence for each skill that is shortened or not in it."""

    text: str
    tokens: int
    left_out: tuple[str, ...]


def catalogue(skills: Sequence[Skill], *, budget: int | None, counter: Counter, form: Form = "xml") -> Catalogue:
    """Return the catalogue of ``skills``, in their order, within ``budget`` tokens (None: no limit)."""
    write = _FORMS[form]
    for width in (None, *_WIDTHS):
        text = write([(skill.name, _shortened(skill, width)) for skill in skills])
        if budget is None or counter.count(text) <= budget:
            return Catalogue(text, counter.count(text), tuple(_cuts(skills, width)))
    return _dropped(skills, budget or 0, counter, write)


def _dropped(skills: Sequence[Skill], budget: int, counter: Counter, write: "_Writer") -> Catalogue:
    width = _WIDTHS[-1]
    for kept in range(len(skills) - 1, 0, -1):
        text = write([(skill.name, _shortened(skill, width)) for skill in skills[:kept]])
        if counter.count(text) <= budget:
            break
    else:
        kept, text = 0, ""
    gone = [f"{skill.name}: not listed ('onecontext skill list' shows it)" for skill in skills[kept:]]
    return Catalogue(text, counter.count(text), (*_cuts(skills[:kept], width), *gone))


def _cuts(skills: Sequence[Skill], width: int | None) -> list[str]:
    shortened = [skill for skill in skills if _shortened(skill, width) != _one_line(skill.description)]
    return [f"{skill.name}: description shortened to {width} characters" for skill in shortened]


def _shortened(skill: Skill, width: int | None) -> str:
    line = _one_line(skill.description)
    if width is None or len(line) <= width:
        return line
    return line[: width - 1].rsplit(" ", 1)[0].rstrip() + "…"


def _one_line(text: str) -> str:
    return " ".join(_NOT_XML.sub("\ufffd", text).split())


_Writer = Callable[[list[tuple[str, str]]], str]


def _xml(lines: list[tuple[str, str]]) -> str:
    if not lines:
        return ""
    items = [
        f"<skill><name>{escape(name)}</name><description>{escape(text)}</description></skill>" for name, text in lines
    ]
    return "\n".join(["<available_skills>", *items, "</available_skills>"])


def _markdown(lines: list[tuple[str, str]]) -> str:
    escaped = [(name, _MARKDOWN_SIGNS.sub(r"\\\1", text)) for name, text in lines]
    return "\n".join(f"- {name}: {text}" for name, text in escaped)


def _json(lines: list[tuple[str, str]]) -> str:
    return json.dumps([{"name": name, "description": text} for name, text in lines], ensure_ascii=False)


_FORMS: dict[Form, _Writer] = {"xml": _xml, "markdown": _markdown, "json": _json}
