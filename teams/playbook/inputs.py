"""The inputs of a play: what the person gave, as the playbook wants it; looked at before anything is made."""

from collections.abc import Sequence
from typing import Any

from onecontext.errors import InvalidDocument, UsageError
from teams.playbook.document import Playbook
from teams.playbook.expressions import Expression
from teams.playbook.templates import Template
from teams.playbook.types import of_text, shown


def inputs_of(playbook: Playbook, given: Sequence[str]) -> dict[str, Any]:
    """Return every input with its value; ``given`` are the words of a command line, each ``NAME=VALUE``.

    Raises:
        UsageError: one is unknown, missing, given twice, of another type, or all together are not what the playbook
            requires.
    """
    words = _words(playbook, given)
    missing = [name for name, one in playbook.inputs.items() if one.is_required and name not in words]
    if missing:
        raise UsageError(f"{playbook.name} needs {', '.join(f'{name}=…' for name in missing)}", hint=_hint(playbook))
    values = {
        name: of_text(one.type, words[name], what=name) if name in words else one.default
        for name, one in playbook.inputs.items()
    }
    for condition in playbook.require:
        if not Expression(condition.that or "").value({"inputs": values}):
            said = Template(condition.otherwise).plain({"inputs": values})
            raise UsageError(said or f"{playbook.name} requires that {condition.that}")
    return values


def _words(playbook: Playbook, given: Sequence[str]) -> dict[str, str]:
    words: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"{word!r} is no NAME=VALUE", hint=_hint(playbook))
        if name not in playbook.inputs:
            raise UsageError(f"{playbook.name} has no input {name!r}", hint=_hint(playbook))
        if name in words:
            raise UsageError(f"{name} is given twice")
        if "\0" in value or not _is_storable(value):
            raise InvalidDocument(f"{name} has a NUL character or a lone surrogate, which no file can carry")
        words[name] = value
    return words


def _is_storable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _hint(playbook: Playbook) -> str:
    told = [f"{name} ({shown(one.type)})" for name, one in playbook.inputs.items()]
    return f"its inputs are {', '.join(told) or 'none'}; 'onecontext play --show {playbook.name}' tells more"
