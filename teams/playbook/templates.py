"""Texts with ``{{ expressions }}`` in them, and what becomes of those in a value, a prompt and a command.

Rule 1: a text that is one insertion and nothing else is that value, with its type.
Rule 2: in a prompt, what agents, commands and files say is fenced as data; what the person who started the play says
    stands as it is, and so do numbers, truths and words that can be names.
Rule 3: in a command, what is inserted into a longer text is one quoted word, or one for each element of a list.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from onecontext.names import is_name
from teams.agent.prompt import fenced
from teams.playbook.evaluation import BadExpression
from teams.playbook.expressions import Expression
from teams.playbook.functions import as_text, check_size

MAX_CHARACTERS = 100_000


class Template:
    """One text, read.

    Raises:
        BadExpression: an insertion in it is none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        # Texts and insertions take turns: what stands between, and what was in the brackets.
        self._parts = [Expression(part) if index % 2 else part for index, part in enumerate(_split(text))]

    @property
    def expressions(self) -> list[Expression]:
        return [part for part in self._parts if isinstance(part, Expression)]

    @property
    def names(self) -> frozenset[str]:
        return frozenset[str]().union(*(expression.names for expression in self.expressions))

    @property
    def whole(self) -> Expression | None:
        """The one insertion that is all there is, None where there is more or none."""
        between = [part for part in self._parts if isinstance(part, str)]
        return self.expressions[0] if len(self.expressions) == 1 and not "".join(between).strip() else None

    def value(self, scope: Mapping[str, Any]) -> Any:
        """Return the value, or the text with the values in it."""
        return self.whole.value(scope) if self.whole else self.plain(scope)

    def plain(self, scope: Mapping[str, Any]) -> str:
        """Return the text with the values as they are."""
        return _joined(part if isinstance(part, str) else as_text(part.value(scope)) for part in self._parts)

    def prompt(self, scope: Mapping[str, Any], *, said: frozenset[str]) -> str:
        """Return the text for a model. ``said``: names whose values were said by somebody else than the person."""
        pieces = []
        for part in self._parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = part.value(scope)
            foreign = part.names & said and not _is_harmless(value)
            pieces.append(f"\n{fenced('data', as_text(value))}\n" if foreign else as_text(value))
        return _joined(pieces)

    def command(self, scope: Mapping[str, Any]) -> str:
        """Return the text for bash."""
        if self.whole:
            return as_text(self.whole.value(scope))
        return _joined(part if isinstance(part, str) else _words(part.value(scope)) for part in self._parts)


def _split(text: str) -> list[str]:
    """Return what stands before, in and behind each insertion, in one pass, however many are never closed."""
    parts, at = [], 0
    while (begin := text.find("{{", at)) >= 0:
        end = text.find("}}", begin + 2)
        inside = text[begin + 2 : end]
        if end < 0 or "{{" in inside:
            raise BadExpression(f"'{{{{' without '}}}}' in {text[:80]!r}")
        parts += [text[at:begin], inside]
        at = end + 2
    return [*parts, text[at:]]


def _is_harmless(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and is_name(value))


def _words(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return " ".join(shlex.quote(as_text(one)) for one in values)


def _joined(pieces: Any) -> str:
    text = "".join(pieces)
    if len(text) > MAX_CHARACTERS:
        raise BadExpression(f"the text has {len(text):,} characters; {MAX_CHARACTERS:,} are the most")
    return str(check_size(text))
