"""From the text of a file to a playbook; what is wrong is told with file and line.

Rule 1: what stands in a file is a stranger's: bounded, plain values, no aliases (:mod:`onecontext.text.strict_yaml`).
Rule 2: all that is wrong is told at once, in the order of the lines.
"""

from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from onecontext.errors import Damaged, InvalidDocument, NewerFormat
from onecontext.store.files import read_bytes
from onecontext.text.strict_yaml import StrictLoader
from onecontext.text.validation import in_words
from teams.playbook.checking import problems
from teams.playbook.document import VERSION, Playbook
from teams.playbook.uses import Place

LIMIT_BYTES = 256 * 1024
_TOLD = 20
_HINT = "docs/playbooks.md describes the language; 'onecontext play --check FILE' looks without running"


class BadPlaybook(InvalidDocument):
    """A file that is no playbook. ``problems`` has a sentence for each thing that is wrong, with its line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems[:_TOLD]), hint=_HINT)
        self.problems = tuple(problems)


class Source(NamedTuple):
    """A parsed file: the document, and the line of each place in it, counted from 1."""

    document: Any
    lines: dict[Place, int]


def load_playbook(path: Path) -> Playbook:
    """Return the playbook at ``path``.

    Raises:
        BadPlaybook: the file is none; NewerFormat: it has a higher version than we know.
        InvalidDocument: it is not there, cannot be read, or is too large.
    """
    try:
        text = read_bytes(path, limit_bytes=LIMIT_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"{path} is not UTF-8 text") from error
    except (Damaged, OSError) as error:
        raise InvalidDocument(f"{path} cannot be read as a playbook: {error}") from error
    return parse_playbook(text, source=str(path))


def parse_playbook(text: str, *, source: str) -> Playbook:
    """Return the playbook that ``text`` is; ``source`` stands in errors before the line. Raises as above."""
    read = _parsed(text, source)
    document = read.document
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat(f"{source} has version {version}; this program knows {VERSION}")
    try:
        playbook = Playbook.model_validate(document)
    except ValidationError as error:
        raise BadPlaybook(_told(source, read.lines, _of_pydantic(error))) from error
    except RecursionError as error:
        raise BadPlaybook([f"{source}:1: it is nested too deeply"]) from error
    if found := problems(playbook):
        raise BadPlaybook(_told(source, read.lines, [(problem.at, problem.what) for problem in found]))
    return playbook


def _of_pydantic(error: ValidationError) -> list[tuple[Place, str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [(one["loc"], in_words(one, Playbook)) for one in found]


def _told(source: str, lines: dict[Place, int], found: list[tuple[Place, str]]) -> list[str]:
    placed = []
    for at, what in found:
        line = next((lines[at[:length]] for length in range(len(at), -1, -1) if at[:length] in lines), 1)
        where = ".".join(str(part) for part in at if part != "[key]")
        placed.append((line, f"{source}:{line}: {where}: {what}" if where else f"{source}:{line}: {what}"))
    return list(dict.fromkeys(text for _, text in sorted(placed, key=lambda one: one[0])))


def _parsed(text: str, source: str) -> Source:
    try:
        loader = StrictLoader(text)
        node = loader.get_single_node()
        if node is None:
            raise BadPlaybook([f"{source}:1: the file is empty"])
        lines: dict[Place, int] = {}
        _note_lines(node, (), lines)
        return Source(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadPlaybook([f"{source}:{line}: {error.problem or error.context}"]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadPlaybook([f"{source}:{line}: a character that YAML does not allow"]) from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadPlaybook([f"{source}:1: {reason}"]) from error


def _note_lines(node: yaml.Node, at: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                lines[*at, key.value] = key.start_mark.line + 1
                _note_lines(value, (*at, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note_lines(value, (*at, index), lines)
