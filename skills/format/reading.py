"""A ``SKILL.md``, read: its front matter says the name and when to use it.

Rule 1: the format is that of agentskills.io; every field it has is checked here and nowhere else.
Rule 2: a fault that leaves name or description in doubt is fatal. Any other is reported, and the skill is used, since
        programs add fields of their own.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from onecontext.errors import Damaged, InvalidDocument
from onecontext.store.files import read_bytes
from onecontext.text.frontmatter import split
from skills.format.skill import FILE_NAME, Skill

MAX_FILE_BYTES = 1024 * 1024
MAX_NAME, MAX_DESCRIPTION, MAX_COMPATIBILITY = 64, 1024, 500  # characters
FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


class Fault(NamedTuple):
    """One thing wrong with a ``SKILL.md``; a fatal one keeps it from being a skill at all."""

    reason: str
    fatal: bool


def read_skill(folder: Path, *, source: str = "") -> tuple[Skill, list[Fault]]:
    """Return the skill in ``folder`` and what is wrong with it but not fatal.

    Raises:
        InvalidDocument: a fatal fault; the message names all of them.
        OSError: there is no ``SKILL.md``, or it cannot be read.
    """
    values, _ = split(read_text(folder / FILE_NAME))
    faults = list(_faults(values, folder.name))
    if any(fault.fatal for fault in faults):
        raise InvalidDocument("; ".join(fault.reason for fault in faults))
    metadata = values.get("metadata")
    skill = Skill(
        name=values["name"],
        description=values["description"].strip(),
        folder=folder,
        source=source,
        license=str(values.get("license", "")),
        compatibility=str(values.get("compatibility", "")),
        metadata={str(key): str(value) for key, value in metadata.items()} if isinstance(metadata, dict) else {},
        allowed_tools=_tools(values.get("allowed-tools")),
    )
    return skill, faults


def read_body(folder: Path) -> str:
    """Return ``SKILL.md`` without its front matter.

    Raises:
        InvalidDocument: the front matter is broken, or the file is no UTF-8.
        OSError: it cannot be read.
    """
    return split(read_text(folder / FILE_NAME))[1]


def read_text(path: Path) -> str:
    """Return the text of a file of a skill.

    Raises:
        InvalidDocument: not a regular file, larger than 1 MiB, or no UTF-8.
        OSError: it cannot be read.
    """
    try:
        return read_bytes(path, limit_bytes=MAX_FILE_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"{path.name} is no UTF-8 text (byte {error.start})") from error
    except Damaged as error:
        raise InvalidDocument(error.message) from error


def _faults(values: Mapping[str, Any], folder_name: str) -> Iterator[Fault]:
    yield from _name_faults(values.get("name"), folder_name)
    description = values.get("description")
    if not isinstance(description, str) or not description.strip():
        yield Fault("'description' is missing; say what the skill does and when to use it", fatal=True)
    elif len(description) > MAX_DESCRIPTION:
        yield Fault(f"'description' has {len(description)} characters, more than {MAX_DESCRIPTION}", fatal=True)
    yield from _lesser_faults(values)


def _name_faults(name: Any, folder_name: str) -> Iterator[Fault]:
    if not isinstance(name, str) or not name:
        yield Fault("'name' is missing", fatal=True)
    elif len(name) > MAX_NAME or not _NAME.fullmatch(name):
        yield Fault(
            f"'name' {name[:80]!r} must be 1 to {MAX_NAME} of a-z and 0-9 with single hyphens inside", fatal=True
        )
    elif name != folder_name:
        yield Fault(f"'name' is {name!r} but the folder is {folder_name!r}", fatal=True)


def _lesser_faults(values: Mapping[str, Any]) -> Iterator[Fault]:
    for key in values:
        if key not in FIELDS:
            yield Fault(f"the format has no field {key!r}; put it under 'metadata'", fatal=False)
    for key in ("license", "compatibility", "allowed-tools"):
        if key in values and not isinstance(values[key], str):
            yield Fault(f"{key!r} must be text", fatal=False)
    compatibility = values.get("compatibility", "")
    if isinstance(compatibility, str) and len(compatibility) > MAX_COMPATIBILITY:
        length = len(compatibility)
        yield Fault(f"'compatibility' has {length} characters, more than {MAX_COMPATIBILITY}", fatal=False)
    metadata = values.get("metadata", {})
    if not isinstance(metadata, dict) or not all(isinstance(part, str) for pair in metadata.items() for part in pair):
        yield Fault("'metadata' must map text to text; put numbers in quotes", fatal=False)


def _tools(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.replace(",", " ").split())
    return tuple(map(str, value)) if isinstance(value, list) else ()
