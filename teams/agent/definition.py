"""One agent as a Markdown file describes it: who it is, which tools and which model it wants.

Rule 1: what a person meant is taken where there is no doubt, and said where it was not what he wrote.
Rule 2: fields we do not know are kept as they are.
Rule 3: the file is data: no alias, no include, no variable in it is followed.

Source: code.claude.com/docs/en/sub-agents; ``role`` is ours.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from onecontext.errors import InvalidDocument
from onecontext.names import is_name
from onecontext.text.frontmatter import split, split_plainly
from teams.agent.client_tools import split_list

INHERIT = "inherit"
DEFAULT_ROLE = "worker"
_FIELDS = ("name", "description", "tools", "disallowedTools", "model", "skills", "role")
_COUNT = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_LINE = re.compile(r"\bline (\d+)")
_NO_NAME = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True)
class Definition:
    """An agent that can be built.

    Attributes:
        description: when to use it; empty when the file does not say.
        instructions: the body of the file.
        tools: as written, names of the client's tools or of ours; None is all that are offered.
        forbidden: ``disallowedTools`` as written; they win over ``tools``.
        model: ``inherit``, an alias, or a model's name.
        skills: names of skills that it begins with.
        role: what it is for in a team.
        path: the file; ``source`` says where that is, as in ``the project``.
        more: fields we do not know.
    """

    name: str
    description: str
    instructions: str
    path: Path
    source: str = ""
    tools: tuple[str, ...] | None = None
    forbidden: tuple[str, ...] = ()
    model: str = INHERIT
    skills: tuple[str, ...] = ()
    role: str = DEFAULT_ROLE
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def max_turns(self) -> int | None:
        """``maxTurns``: replies of the model that one run may take; None when the file does not say."""
        turns = str(self.more.get("maxTurns", ""))
        return int(turns) if _COUNT.fullmatch(turns) else None


class Fault(NamedTuple):
    """What is odd about a file that is used all the same: in which line, and what to write instead."""

    line: int
    reason: str
    mend: str


def parse(text: str, path: Path, *, source: str = "") -> tuple[Definition, list[Fault]]:
    """Return the agent in ``text`` and what is odd about it.

    Raises:
        InvalidDocument: it is empty, its front matter never ends, or no name can be found.
    """
    if not text.removeprefix("\ufeff").strip():
        raise InvalidDocument("line 1: the file is empty", hint="say in it who the agent is and what it does")
    values, body, faults = _read(text)
    if not values:
        faults.append(Fault(1, "it has no front matter", "begin it with '---', 'name: …', 'description: …', '---'"))
    definition = Definition(
        name=_name(values, path, text, faults),
        description=_text(values.get("description")),
        instructions=body.strip().replace("\r\n", "\n"),
        path=path,
        source=source,
        tools=_names(values.get("tools")),
        forbidden=_names(values.get("disallowedTools")) or (),
        model=_text(values.get("model")) or INHERIT,
        skills=_names(values.get("skills")) or (),
        role=_text(values.get("role")) or DEFAULT_ROLE,
        more={key: value for key, value in values.items() if key not in _FIELDS},
    )
    if values and not definition.description:
        faults.append(Fault(1, "it has no description", "add 'description: when to use it'"))
    if not definition.instructions:
        faults.append(Fault(text.count("\n") + 1, "it has no instructions", "write them below the front matter"))
    return definition, faults


def line_of(error: InvalidDocument) -> int:
    """Return the line that an error about front matter names; 1 where it names none."""
    found = _LINE.search(error.message)
    return int(found[1]) if found else 1


def _read(text: str) -> tuple[dict[str, Any], str, list[Fault]]:
    try:
        values, body = split(text)
    except InvalidDocument as error:
        # Mostly a colon in a description, which YAML takes for a key.
        plain, body = split_plainly(text)
        if not plain:
            raise
        mend = "put the value in quotes, or below 'key: |' and indented"
        return dict(plain), body, [Fault(line_of(error), f"no YAML, read line by line: {error.message}", mend)]
    return values, body, []


def _name(values: Mapping[str, Any], path: Path, text: str, faults: list[Fault]) -> str:
    written = _text(values.get("name"))
    line = next((n for n, row in enumerate(text.splitlines(), 1) if row.startswith("name")), 1)
    for wanted in (written, path.stem):
        name = _as_name(wanted)
        if not is_name(name):
            continue
        if values and name != written:
            what = f"{written[:80]!r} is no name" if written else "it has no name"
            faults.append(Fault(line, f"{what}, so it is called {name}", f"write 'name: {name}'"))
        return name
    raise InvalidDocument(
        f"line {line}: neither {written[:80]!r} nor {path.name[:80]!r} can name an agent",
        hint="write 'name: ' and 1 to 64 of a-z, 0-9 and - inside, such as code-reviewer",
    )


def _as_name(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return _NO_NAME.sub("-", plain).strip("-._")[:64].rstrip("-._")


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()


def _names(value: Any) -> tuple[str, ...] | None:
    """Return a list of names, written as text or as a YAML list; None when nothing is written."""
    if value is None:
        return None
    if isinstance(value, list):
        return tuple(str(item).strip() for item in value if str(item).strip())
    text = _text(value)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    lines = [line.strip().removeprefix("- ").strip("'\"") for line in text.split("\n")]
    return split_list(", ".join(lines))
