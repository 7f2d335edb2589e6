"""Whether a skill fits the format of agentskills.io to the letter: what ``onecontext skill validate`` says.

Rule 1: it agrees with the reference validator (skills-ref 0.1.1) wherever that one keeps to the specification; the
        rules in :data:`BEYOND` are those of the specification, or of reading files safely, that it does not hold.
Rule 2: every value is the text that was written: ``version: 1.0`` is the text ``1.0``, as the reference has it.
Rule 3: nothing is mended here, and nothing raised: each fault has its rule, its line and how to mend it.
"""

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import BrokenFrontMatter
from onecontext.text.frontmatter import MAX_CHARACTERS
from onecontext.text.plain_yaml import Texts, Value, read_texts
from skills.format.document import Unfit, read_document
from skills.format.names import RULE, is_name, normal
from skills.format.skill import FIELDS, FILE_NAME, MAX_COMPATIBILITY, MAX_DESCRIPTION, MAX_NAME

# What the reference accepts, or fails on with a traceback, and the specification does not: docs/skills.md says why.
BEYOND = frozenset({"file", "opened", "closed", "size", "text", "metadata", "compatibility-empty"})
_OPENING = re.compile(r"--- *\n")
_CLOSING = re.compile(r"^---[ \t]*$", re.MULTILINE)


class Fault(NamedTuple):
    """One thing that does not fit: the rule it breaks (a word), the line (None: the whole file), and the mend."""

    rule: str
    line: int | None
    reason: str
    mend: str


def validate(path: Path) -> list[Fault]:
    """Return what does not fit the format in the skill at ``path``, a folder or its ``SKILL.md``; nothing: it does."""
    # Of a symlink its own name counts, as the reference has it.
    folder = Path(os.path.abspath(path.parent if _is_document(path) else path))  # noqa: PTH100
    if not folder.is_dir():
        reason = "is not a folder" if os.path.lexists(folder) else "is not there"
        return [Fault("place", None, f"{folder} {reason}", f"name the folder of a skill, or its {FILE_NAME}")]
    document = next((folder / name for name in (FILE_NAME, "skill.md") if (folder / name).exists()), None)
    if document is None:
        return [Fault("place", None, f"there is no {FILE_NAME} in {folder}", "write one, or name another folder")]
    try:
        text = read_document(document)
    except Unfit as error:
        return [Fault("file", error.line, error.reason, error.mend)]
    except OSError as error:
        return [Fault("file", None, f"cannot be read: {error.strerror}", "check its owner and mode")]
    return check(text, folder.name)


def check(text: str, folder_name: str) -> list[Fault]:
    """Return what does not fit in the text of a ``SKILL.md`` that lies in a folder of that name."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    opening = _OPENING.match(text)
    if not opening:
        mend = "begin the file with a line '---', without a byte order mark or empty lines before it"
        return [Fault("opened" if text.startswith("---") else "front-matter", 1, "there is no front matter", mend)]
    closing = _CLOSING.search(text, opening.end())
    if not closing:
        return [Fault("closed", 1, "front matter is never closed", "put a line '---' after the last field")]
    if closing.start() - opening.end() > MAX_CHARACTERS:
        reason = f"front matter is longer than {MAX_CHARACTERS:,} characters"
        return [Fault("size", 2, reason, "move what is not a field below it, or to another file")]
    try:
        texts = read_texts(text[opening.end() : closing.start()])
    except BrokenFrontMatter as error:
        return [Fault("yaml", error.line + 1, f"front matter is no YAML: {error.message}", error.hint)]
    return sorted(_faults(texts, folder_name), key=lambda fault: fault.line or 0)


def _is_document(path: Path) -> bool:
    return path.name.lower() == "skill.md" and path.is_file()


def _faults(texts: Texts, folder_name: str) -> Iterator[Fault]:
    if texts.flow_line is not None:
        mend = "write one value a line, indented, or put the text in quotes"
        yield Fault("flow", texts.flow_line + 1, "a value in [...] or {...} is not portable", mend)
    for key in texts.values:
        if key not in FIELDS:
            reason = f"the format has no field {key[:80]!r}"
            yield Fault("field", texts.lines[key] + 1, reason, "put it under 'metadata'")
    yield from _name(texts, folder_name)
    yield from _description(texts)
    yield from _others(texts)


def _name(texts: Texts, folder_name: str) -> Iterator[Fault]:
    value, line = texts.values.get("name"), _line(texts, "name")
    if not isinstance(value, str) or not value.strip():
        reason = "'name' must be text" if _is_collection(value) else "'name' is missing"
        yield Fault("name-missing", line, reason, f"add 'name: {folder_name}'")
        return
    name, folder = normal(value), _normal_folder(folder_name)
    if not is_name(name):
        length = f" (it has {len(name)})" if len(name) > MAX_NAME else ""
        mend = f"write {RULE}"
        yield Fault("name", line, f"'name' {name[:80]!r} is not {RULE}{length}", mend)
    if name != folder:
        mend = "give the folder the name, or the name the folder's"
        yield Fault("folder", line, f"'name' is {name[:80]!r} but the folder is {folder_name!r}", mend)


def _normal_folder(name: str) -> str:
    """Return the name of a folder in the form that names are compared in; white space around it is part of it."""
    return unicodedata.normalize("NFKC", name)


def _description(texts: Texts) -> Iterator[Fault]:
    value, line = texts.values.get("description"), _line(texts, "description")
    if not isinstance(value, str) or not value.strip():
        reason = "'description' must be text" if _is_collection(value) else "'description' is missing"
        yield Fault("description-missing", line, reason, "say what the skill does and when to use it")
    elif len(value) > MAX_DESCRIPTION:
        reason = f"'description' has {len(value):,} characters, more than {MAX_DESCRIPTION:,}"
        yield Fault("description", line, reason, "move the details below the front matter")


def _others(texts: Texts) -> Iterator[Fault]:
    values = texts.values
    for key in ("license", "allowed-tools"):
        if key in values and not isinstance(values[key], str):
            yield Fault(
                "text", _line(texts, key), f"{key!r} must be text", "write it on one line, parts between spaces"
            )
    compatibility, line = values.get("compatibility"), _line(texts, "compatibility")
    if isinstance(compatibility, str) and not compatibility:
        yield Fault(
            "compatibility-empty", line, "'compatibility' is empty", "say what the skill needs, or leave it out"
        )
    elif isinstance(compatibility, str) and len(compatibility) > MAX_COMPATIBILITY:
        reason = f"'compatibility' has {len(compatibility):,} characters, more than {MAX_COMPATIBILITY}"
        yield Fault("compatibility", line, reason, "move the details below the front matter")
    elif compatibility is not None and not isinstance(compatibility, str):
        yield Fault("compatibility", line, "'compatibility' must be text", "write it on one line")
    if "metadata" in values and not _maps_texts(values["metadata"]):
        mend = "write 'key: value' lines below it, indented, one level deep"
        yield Fault("metadata", _line(texts, "metadata"), "'metadata' must map texts to texts", mend)


def _is_collection(value: Value | None) -> bool:
    return isinstance(value, list | dict)


def _maps_texts(value: Value) -> bool:
    return isinstance(value, dict) and all(isinstance(part, str) for part in value.values())


def _line(texts: Texts, key: str) -> int:
    return texts.lines.get(key, 0) + 1 if key in texts.lines else 1
