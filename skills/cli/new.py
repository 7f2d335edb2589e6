"""``onecontext skill new``: a skill to fill in, which fits the format from its first moment.

Rule 1: nothing that is there is overwritten, and nothing is written outside the folder it is for.
"""

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from onecontext.errors import InvalidName, InvalidText, UsageError
from skills.cli.found import project_of
from skills.finding.lookalikes import imitates
from skills.finding.places import PLACES
from skills.format.names import RULE, is_name, is_plain, normal, slug
from skills.format.skill import FILE_NAME, MAX_DESCRIPTION

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation

_PLAIN = re.compile(r"[A-Za-z](?:[\w ,.;()/'-]|:(?! |$))*", re.ASCII)
_OTHER_TYPE = re.compile(r"[0-9][0-9a-fox_-]*|true|false|yes|no|on|off|null|y|n")  # a number, a date, a boolean
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_DESCRIPTION = "Does one thing well. Use when somebody asks for that thing, in words that they would use."

_TEMPLATE = """---
name: {name}
description: {description}
---
# {title}

What the agent needs to know that it does not know already: facts of this project, decisions, commands that work.

## Steps

1. Look first at what is there.
2. Do the work, in small steps that can be checked.
3. Check it with a command, and say what the command printed.

## When it is done

- What must be true then, so that somebody else can check it.

## More

Put long reference texts into `references/`, one subject a file, and programs into `scripts/`. Name here the file to
read and when to read it; what is not named is not read.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("name", metavar="NAME", help=f"what it is called: {RULE}")
    parser.add_argument("--description", help="what it does and when to use it: all that a model sees at first")
    parser.add_argument("--path", type=Path, metavar="FOLDER", help=f"make it in this folder (default: {PLACES[0]})")


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Make the folder and the document in it."""
    from skills.format.strict import validate

    name, description = _name(args.name), _described(args.description)
    top = _folder_for(args.path, invocation.cwd)
    written = _yaml(name, plain=not _OTHER_TYPE.fullmatch(name))
    document = _write(top / name, _TEMPLATE.format(name=written, description=description, title=_title(name)))
    if faults := validate(document):
        raise AssertionError(f"a new skill does not fit: {faults[0].reason}")
    out = invocation.out
    data = {"name": name, "folder": document.parent, "document": document}
    out.answer(data, f"{out.paint(name, 'bold')} is made, in {printable(str(document.parent))}")
    out.say(f"edit {printable(str(document))}, then 'onecontext skill validate' checks it")
    return 0


def _name(text: str) -> str:
    name = normal(text)
    if not is_name(name):
        nearest = slug(text)
        raise InvalidName(f"{text[:80]!r} is not {RULE}", hint=f"{nearest!r} is" if nearest else "")
    if not is_plain(text) or imitates(name):
        raise InvalidName(
            f"{text!r} looks like {imitates(name) or name!r} and is not", hint="write it in plain letters"
        )
    return name


def _described(text: str | None) -> str:
    """Return the description as a value of YAML, on one line."""
    line = " ".join(text.split()) if text is not None else _DESCRIPTION
    if not line:
        raise UsageError("the description is empty", hint="say what the skill does and when to use it")
    if len(line) > MAX_DESCRIPTION:
        raise UsageError(f"the description has {len(line):,} characters, more than {MAX_DESCRIPTION:,}")
    if _CONTROL.search(line):
        raise InvalidText("the description has control characters", hint="write it as plain text")
    return _yaml(line, plain=bool(_PLAIN.fullmatch(line)) and " " in line)


def _yaml(text: str, *, plain: bool) -> str:
    """Return ``text`` as every reader of YAML takes it for that text."""
    if plain:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folder_for(path: Path | None, cwd: Path) -> Path:
    if path is not None:
        return cwd / path
    project = project_of(cwd)
    top = project / PLACES[0]
    if not top.resolve().is_relative_to(project.resolve()):
        raise UsageError(f"{top} leads out of the project", hint="name the folder to make it in with --path")
    return top


def _write(folder: Path, text: str) -> Path:
    document = folder / FILE_NAME
    if folder.is_symlink():
        raise UsageError(f"{folder} is a symlink, which is not followed", hint="choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    # O_EXCL: whoever was faster keeps what is theirs, and a symlink is not written through.
    try:
        descriptor = os.open(document, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    except FileExistsError as error:
        raise UsageError(f"{document} is there already", hint="choose another name, or edit that one") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return document


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()
