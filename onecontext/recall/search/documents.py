"""What is searched, as documents: steps and milestones, sections of main.md, keys of the metadata.

Rule 1: a document is the same on every branch and in every rebuild: its key is a hash of what it is, not of where.
Rule 2: of a record only what it says itself is indexed: the progress summary of a milestone tells of others.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import blake2b
from typing import Any, NamedTuple

from onecontext.checksum import crc32c
from onecontext.errors import DamagedDocument
from onecontext.memory import metadata, sections
from onecontext.recall.search.model import Kind
from onecontext.recall.search.plain import PlainRecord, is_plain, plain_milestones, plain_steps
from onecontext.recall.search.questions import asks
from onecontext.records import Milestone, Raw, Step, decode_milestone, decode_step, split

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OF_THE_PROGRAM = {"created", "merged", "parent", "status"}  # keys that every branch has and no one writes
_NEXT = b'<!-- oc1 {"agent":"","at":"1970-01-01","crc":"","id":"","len":0,"origin":"","session":""} -->\n'


class Part(IntEnum):
    """What a file is, which says how it is taken apart."""

    STEPS = 0
    MILESTONES = 1
    MAIN = 2
    METADATA = 3
    PENDING = 4
    SHOWN = 5


KIND_OF: dict[Part, Kind] = {
    Part.STEPS: "step",
    Part.PENDING: "step",
    Part.MILESTONES: "milestone",
    Part.SHOWN: "milestone",
    Part.MAIN: "main",
    Part.METADATA: "metadata",
}


class Document(NamedTuple):
    """One document: ``start`` and ``size`` are its bytes in the file, ``text`` all that is indexed of it.

    ``asks`` says that one of its texts ends with a question."""

    key: int
    kind: Kind
    record: str
    agent: str
    session: str
    origin: str
    at: int
    start: int
    size: int
    text: str
    asks: bool = False


def documents(part: Part, content: bytes) -> Iterator[Document]:
    """Yield the documents of a file, in order."""
    if part is Part.MAIN:
        yield from _sections(content)
    elif part is Part.METADATA:
        yield from _keys(content)
    elif (plain := _plainly(part, content)) is not None:
        yield from plain
    else:
        found = split(content)
        start = len(found.preamble)
        for raw in found.records:
            # The view of the newest milestones repeats the history, but for what was edited in it by hand.
            if part is not Part.SHOWN or not raw.intact:
                yield _record(KIND_OF[part], raw, start)
            start += len(raw.raw)


class Content(NamedTuple):
    """A file taken apart: its documents, and its bytes where all of its records are as we write them, else 0."""

    documents: list[Document]
    plain_bytes: int


def content_of(part: Part, content: bytes) -> Content:
    """Take a file apart."""
    plain = _plainly(part, content) if part in (Part.STEPS, Part.MILESTONES) else None
    return Content(list(documents(part, content)), 0) if plain is None else Content(plain, len(content))


def added(part: Part, content: bytes, size: int) -> Content | None:
    """Return what stands in a file behind its first ``size`` bytes; None where that is not as we write it."""
    plain = _plainly(part, content[size:])
    if plain is None:
        return None
    return Content([document._replace(start=document.start + size) for document in plain], len(content))


def document_of(kind: Kind, raw: bytes, start: int) -> Document:
    """Return the document that the bytes of one record are."""
    return _record(kind, record_of(raw), start)


def record_of(raw: bytes) -> Raw:
    """Return the one record in ``raw``, also where editing took its end: in its file another stood behind it.

    Raises:
        ValueError: there is none.
    """
    records = split(raw).records or split(raw + _NEXT).records
    if not records:
        raise ValueError("no record")
    return records[0]


def key_of(kind: Kind, raw: Raw) -> int:
    """Return the key of a record: another one for what was edited by hand."""
    frame = raw.frame
    edited = "" if raw.intact else crc32c(raw.body)
    return _hash(kind, raw.id, frame["at"], frame["crc"], edited)


def text_of(kind: Kind, record: Step | Milestone) -> str:
    """Return what a record says, to be read."""
    if isinstance(record, Milestone):
        return record.contribution
    parts = {"Observation": record.observation, "Thought": record.thought, "Action": record.action}
    return "\n".join(f"{label}: {text}" for label, text in parts.items() if text)


def micros(at: datetime) -> int:
    """Return a time as microseconds since 1970, UTC."""
    return (at - _EPOCH) // _MICROSECOND


def moment(at_us: int) -> datetime:
    """Return the time that so many microseconds since 1970 are."""
    return _EPOCH + at_us * _MICROSECOND


def _record(kind: Kind, raw: Raw, start: int) -> Document:
    record = decode_step(raw) if kind == "step" else decode_milestone(raw)
    return Document(
        key=key_of(kind, raw),
        kind=kind,
        record=_writable(raw.id),
        agent=_writable(record.agent),
        session=_writable(record.session),
        origin=_writable(record.branch),
        at=micros(record.at),
        start=start,
        size=len(raw.raw),
        text=_said(record),
        asks=asks(_texts(record)),
    )


def _plainly(part: Part, content: bytes) -> list[Document] | None:
    """Return the documents of a file that is as we write it; None where it is not."""
    if part is Part.SHOWN:
        return [] if is_plain(content) else None
    records = plain_milestones(content) if part is Part.MILESTONES else plain_steps(content)
    return None if records is None else [_plain(KIND_OF[part], record) for record in records]


def _plain(kind: Kind, record: PlainRecord) -> Document:
    return Document(
        key=_hash(kind, record.id, record.at, record.crc, ""),
        kind=kind,
        record=record.id,
        agent=record.agent,
        session=record.session,
        origin=record.origin,
        at=micros(record.moment),
        start=record.start,
        size=record.size,
        text=record.said,
        asks=record.asks,
    )


def _texts(record: Step | Milestone) -> tuple[str, ...]:
    if isinstance(record, Step):
        return record.observation, record.thought, record.action
    return (record.contribution,)


def _said(record: Step | Milestone) -> str:
    if isinstance(record, Step):
        return "\n".join(_texts(record))
    links = (record.code_commit, record.task, record.mission)
    return "\n".join([record.contribution, *(link for link in links if link)])


def _sections(content: bytes) -> Iterator[Document]:
    for heading, text in sections.split(content.decode("utf-8", "replace")).items():
        body = text.strip()
        # A heading without anything below it tells nothing.
        if body and body != heading:
            yield _page("main", f"main.md#{heading.lstrip('#').strip()}", body, content)


def _keys(content: bytes) -> Iterator[Document]:
    for key, value in _mapping(content).items():
        if value and key not in _OF_THE_PROGRAM:
            yield _page("metadata", f"metadata#{key}", _shown(key, value), content)


def page_text(part: Part, content: bytes, record: str) -> str | None:
    """Return the text of the section or key ``record`` of a file; None where it has none."""
    for found in documents(part, content):
        if found.record == record:
            return found.text
    return None


def _mapping(content: bytes) -> dict[str, Any]:
    try:
        return metadata.load(content, where="metadata.yaml")
    except DamagedDocument:
        return {}  # whoever reads that branch is told, and other branches are searched all the same


def _shown(key: str, value: Any) -> str:
    if isinstance(value, str):
        return f"{key}: {value}"
    return metadata.dump({key: value}).decode("utf-8", "replace").strip()


def _page(kind: Kind, record: str, text: str, content: bytes) -> Document:
    name = _writable(record)
    return Document(_hash(kind, name, text), kind, name, "", "", "", 0, 0, len(content), text)


def _writable(text: str) -> str:
    """Return ``text`` without lone surrogates, which JSON can hold and a table cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _hash(*parts: str) -> int:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)
