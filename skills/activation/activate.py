"""The second level of a skill: its body, as an agent reads it.

Rule 1: what it was called with is put in, and commands in it are run, only as :mod:`skills.activation.arguments` and
        :mod:`skills.activation.commands` say; whatever was not done is told.
Rule 2: a body costs at most what a part may (:mod:`skills.activation.parts`); a longer one comes in parts, and says so.
Rule 3: below it stand the names of its other files, and where scripts are to be run from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onecontext.errors import InvalidDocument
from skills.activation.arguments import Arguments, filled
from skills.activation.commands import MAX_COMMANDS, commands, expanded
from skills.activation.files import files, read_skill_file
from skills.activation.parts import PART_TOKENS, Part, part_of
from skills.activation.port import Runner
from skills.format.reading import read_body
from skills.format.skill import Skill

if TYPE_CHECKING:  # it brings pydantic, which reading alone does not need
    from skills.activation.trust import Trust

_MAX_LISTED = 50  # files
_SCRIPTS = "scripts/"
_OF_SERVER = "mcp"  # metadata.onecontext of an imported server, whose body says how its files are asked for


@dataclass(frozen=True)
class Reading:
    """How skills are read: ``trust`` says which may run commands (None: none may), ``run`` runs them (None: nobody).

    ``note`` is asked for a sentence of a skill that its reader should know, "" where there is none.
    """

    trust: "Trust | None" = None
    run: Runner | None = None
    note: Callable[[Skill], str] = lambda skill: ""


PLAIN = Reading()


def activate(skill: Skill, *, arguments: Arguments | None = None, part: int = 1, reading: Reading = PLAIN) -> str:
    """Return the body of the skill, or a part of it, and below it the names of its other files.

    Args:
        arguments: what it is called with; None: nothing.
        part: of a body that is longer than :data:`skills.activation.parts.PART_TOKENS`; the first is 1.

    Raises:
        InvalidDocument: it is no longer the skill that was found. UsageError: there is no such part.
        NoSandbox: it is trusted and has commands, and nothing can be run here. OSError: it cannot be read.
    """
    given = arguments or Arguments()
    body = read_body(skill.folder).strip("\n")
    text, said = _filled(skill, body, given, reading)
    cut = part_of(text, part)
    first = [said, reading.note(skill)] if cut.number == 1 else []
    notes = [*first, _of_parts(cut, skill.name), *([_files(skill)] if cut.number == cut.of else [])]
    return "\n\n".join([cut.text.rstrip("\n"), *(note for note in notes if note)])


def whole(skill: Skill, *, by: str) -> str:
    """Return the body with the names of its other files, for somebody who begins with it.

    Args:
        by: who that is, as the sentence names it.

    Raises:
        InvalidDocument: it is no longer the skill that was found, or it is too long to begin with.
    """
    try:
        text = activate(skill)
        fits = part_of(text).of == 1
    except OSError as error:
        raise InvalidDocument(f"{by} requires the skill {skill.name}, which cannot be read: {error}") from error
    if not fits:
        raise InvalidDocument(
            f"{by} requires the skill {skill.name}, whose text is longer than the {PART_TOKENS:,} tokens to begin with",
            hint="move some of it to other files of the skill, which are read when they are needed",
        )
    return text


def read_part(skill: Skill, name: str, part: int = 1) -> str:
    """Return one file of the skill, or a part of it; see :func:`skills.activation.files.read_skill_file`."""
    cut = part_of(read_skill_file(skill, name), part)
    note = _of_parts(cut, f"{skill.name}/{name}")
    return f"{cut.text}\n\n{note}" if note else cut.text


def _filled(skill: Skill, body: str, given: Arguments, reading: Reading) -> tuple[str, str]:
    """Return the text, and a sentence about what was not done with it."""
    there = len(commands(body))
    number = "a command" if there == 1 else f"{there} commands"
    if there and (why_not := _why_not(skill, body, reading)):
        return filled(body, given, skill.folder), f"[{number} in this text did not run: {why_not}]"
    if not there or reading.run is None:
        return filled(body, given, skill.folder), ""
    more = f"[{number} are in this text, and the first {MAX_COMMANDS} did run]" if there > MAX_COMMANDS else ""
    return expanded(body, given, skill.folder, reading.run), more


def _why_not(skill: Skill, body: str, reading: Reading) -> str:
    if reading.trust is None or reading.run is None:
        return "there is no sandbox here to run them in"
    return reading.trust.why_not(skill, body)


def _of_parts(cut: Part, name: str) -> str:
    if cut.of == 1:
        return ""
    next_ = f'; skill("{name}#{cut.number + 1}") reads the next' if cut.number < cut.of else ""
    return f"[part {cut.number} of {cut.of}{next_}]"


def _files(skill: Skill) -> str:
    if skill.metadata.get("onecontext") == _OF_SERVER:
        return ""
    names = files(skill)
    if not names:
        return ""
    more = f", and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    # Only what is to be run needs a path; texts are read by the tool that gave this one.
    where = f", in {skill.folder}" if any(name.startswith(_SCRIPTS) for name in names) else ""
    return f"Files of this skill{where}: {', '.join(names[:_MAX_LISTED])}{more}"
