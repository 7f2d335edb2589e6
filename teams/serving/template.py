"""The prompt of ``WORKFLOW.md``: a text with ``{{ names }}`` in it.

Rule 1: strict: a name that nobody knows is an error when the file is read, never an empty place in a prompt.
Rule 2: what is put in is put in once: braces in the words of a task mean nothing.
Rule 3: there is no logic: of Liquid and its like, only the names are known. ``\\{{`` stands for two braces.
"""

import re
from collections.abc import Collection, Mapping

from onecontext.errors import InvalidDocument

_PLACE = re.compile(r"\\(\{\{|\{%)|\{\{(.*?)\}\}|(\{\{|\{%)", re.DOTALL)


class Template:
    """A text whose names are all among ``known``.

    Args:
        first_line: the number of its first line in the file, for errors.
        source: the file, for errors.

    Raises:
        InvalidDocument: a name is not known, or is not written as one; the message says the line.
    """

    def __init__(self, text: str, *, known: Collection[str], source: str, first_line: int = 1) -> None:
        self._text = text
        for match in _PLACE.finditer(text):
            if problem := _problem(match, known):
                line = first_line + text.count("\n", 0, match.start())
                raise InvalidDocument(f"{source}, line {line}: {problem}")

    def render(self, values: Mapping[str, str]) -> str:
        """Return the text with the values in the place of their names; there is one for each that is known."""
        return _PLACE.sub(lambda match: match[1] or values[match[2].strip()], self._text)


def _problem(match: re.Match[str], known: Collection[str]) -> str:
    if match[1]:
        return ""
    if match[3] == "{%":
        return "'{%' begins a statement, and there are none; write '\\{%' for the two characters"
    if match[3]:
        return "'{{' without '}}'; write '\\{{' for the two braces"
    if (name := match[2].strip()) not in known:
        return f"nobody knows {{{{ {name[:80]} }}}}; there are {', '.join(sorted(known))}"
    return ""
