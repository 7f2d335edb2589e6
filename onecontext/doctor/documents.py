"""Whether bytes are what a file of the memory holds, line by line. No input and output here.

Rule 1: damage is what no person would write: NUL bytes, bytes that are no UTF-8, a file cut off in the middle of what
        was committed. Everything else could be an edit, and is named and kept.
Rule 2: nothing that can be read as a record is ever taken out by :func:`cleaned`.
"""

import re
from typing import NamedTuple

from onecontext.errors import OneContextError
from onecontext.memory import metadata
from onecontext.records import Raw, split

_FRAME_START = re.compile(rb"^<!-- oc\d", re.MULTILINE)
_LOG_NAME = re.compile(r"branches/[^/]+/(log\.md|log/\d+/\d+\.md)")
_MILESTONES_NAME = re.compile(r"branches/[^/]+/(commit\.md|commit/\d+\.md)")
_YAML_NAME = re.compile(r"branches/[^/]+/(metadata\.yaml|conflicts/[^/]+\.yaml)")


class Fault(NamedTuple):
    """Something wrong in a file; ``damage`` is False for what a person may have meant."""

    what: str
    line: int | None
    damage: bool = True


def is_records(path: str) -> bool:
    """Say whether a path of a tree holds framed records."""
    return bool(_LOG_NAME.fullmatch(path) or _MILESTONES_NAME.fullmatch(path))


def is_steps(path: str) -> bool:
    """Say whether a path of a tree holds steps."""
    return _LOG_NAME.fullmatch(path) is not None


def is_yaml(path: str) -> bool:
    """Say whether a path of a tree holds a YAML mapping of ours."""
    return _YAML_NAME.fullmatch(path) is not None


def is_ours(path: str) -> bool:
    """Say whether the memory itself writes this path of a tree."""
    return path in ("main.md", "format") or is_records(path) or is_yaml(path)


def faults(path: str, content: bytes) -> list[Fault]:
    """Return what is wrong with the content of ``path`` as such."""
    if is_records(path):
        return _record_faults(content)
    if found := binary(content):
        return [found]
    if is_yaml(path):
        return _yaml_faults(path, content)
    if path == "format" and not content.strip().isdigit():
        return [Fault("it names no version", 1)]
    return []


def compared(path: str, committed: bytes, current: bytes) -> list[Fault]:
    """Return what is wrong with ``current``, which stands in a work tree where ``committed`` was written."""
    found = [fault for fault in faults(path, current) if not is_records(path) or fault not in faults(path, committed)]
    if committed and not current:
        return [Fault("it is empty", None)]
    if path == "format" and current != committed:
        return [Fault("it is not what was committed", 1)]
    if is_cut(path, committed, current):
        return [Fault(f"it ends after {len(current):,} of {len(committed):,} bytes", line_of(current, len(current)))]
    if is_records(path):
        ids = {raw.id for raw in split(current).records}
        lost = [raw.id for raw in split(committed).records if raw.id not in ids]
        found += [Fault(f"the record {record} is not there any more", None) for record in lost]
    return found


def is_cut(path: str, committed: bytes, current: bytes) -> bool:
    """Say whether ``current`` is ``committed`` without its end, and a person would not have taken that away."""
    # A person who takes the end of the roadmap away leaves whole lines. The other files only ever gain.
    whole_lines = current.endswith(b"\n") or committed[len(current) :].startswith((b"\n", b"\r"))
    return committed.startswith(current) and current != committed and (path != "main.md" or not whole_lines)


def binary(content: bytes) -> Fault | None:
    """Return a fault for NUL bytes and for what is no UTF-8; None for text."""
    if (nul := content.find(b"\0")) >= 0:
        return Fault(f"{content.count(0):,} NUL bytes from byte {nul:,} on", line_of(content, nul))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Fault(f"byte {error.start:,} is no UTF-8", line_of(content, error.start))
    return None


def line_of(content: bytes, offset: int) -> int:
    """Return the line, from 1, that ``offset`` lies in."""
    return content.count(b"\n", 0, offset) + 1


def cleaned(content: bytes) -> bytes:
    """Return a file of records without its torn tail, and without NUL bytes and what else is neither record nor text.

    Records that do not agree with their checksum stay, as edited ones do, unless they hold NUL bytes.
    """
    found = split(content)
    parts = [found.preamble] if _is_text(found.preamble) else []
    for raw in found.records:
        record, rest = _parts(raw)
        if raw.intact or b"\0" not in record:
            parts += [record, rest if _is_text(rest) else b""]
    return b"".join(parts)


def _record_faults(content: bytes) -> list[Fault]:
    found = split(content)
    faults = _between(content, 0, found.preamble)
    offset = len(found.preamble)
    for raw in found.records:
        record, rest = _parts(raw)
        if not raw.intact:
            nul = b"\0" in record
            what = "holds NUL bytes" if nul else "does not agree with its checksum: damaged, or edited by hand"
            faults.append(Fault(f"the record {raw.id} {what}", line_of(content, offset), nul))
        faults += _between(content, offset + len(record), rest)
        offset += len(raw.raw)
    if found.end < len(content):
        what = f"a torn tail: {len(content) - found.end:,} bytes that are no whole record"
        faults.append(Fault(what, line_of(content, found.end)))
    return faults


def _between(content: bytes, offset: int, part: bytes) -> list[Fault]:
    """Return faults for bytes that belong to no record."""
    if not part.strip():
        return []
    line = line_of(content, offset + len(part) - len(part.lstrip(b"\r\n")))
    if not _is_text(part):
        return [Fault(f"{len(part):,} bytes that are neither record nor text", line)]
    if _FRAME_START.search(part):
        return [Fault("a record whose frame is damaged; it is kept as text", line, damage=False)]
    return [Fault("text that belongs to no record; a note is better kept in main.md", line, damage=False)]


def _parts(raw: Raw) -> tuple[bytes, bytes]:
    """Return the record, and what stands between it and the next one."""
    head = raw.raw.index(b"\n") + 1
    size = head + (raw.frame["len"] if raw.intact else len(raw.body))
    return raw.raw[:size], raw.raw[size:]


def _is_text(part: bytes) -> bool:
    return binary(part) is None


def _yaml_faults(path: str, content: bytes) -> list[Fault]:
    try:
        data = metadata.load(content, where=path)
    except OneContextError as error:
        line = re.search(r", line (\d+)", error.message)
        return [Fault(error.message.removeprefix(path).lstrip(", "), int(line.group(1)) if line else 1)]
    return [] if data else [Fault("it is empty", None)]
