"""What a reader of a foreign folder found, in our terms, before anything is written.

Rule 1: every text is redacted here, on its way in; a text that no record can carry (NUL, no UTF-8) has U+FFFD in its
        place, and the bytes it came from are kept.
Rule 2: a record without an id of ours gets one from its own bytes, so that it gets the same one each time.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from onecontext.names import is_name
from onecontext.records import Milestone, Step, decode_milestone, decode_step, encode_milestone, encode_step, split
from onecontext.text.redact import redact

UNKNOWN_AGENT = "imported"
OF_BRANCH, OF_FOLDER, OF_EXPORT = "branch", "folder", "export"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_NOT_CARRIED = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Record:
    """A framed record as it is to lie in the memory. ``folder`` is the source branch in whose folder it belongs."""

    raw: bytes
    folder: str
    pending: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from any other record."""
        return split(self.raw).records[0].key


@dataclass
class FoundBranch:
    """One branch. ``whole``: ``metadata`` is all of it, as ours has it; else keys to set. None: it says nothing of it.

    ``kept`` are files for ``imported/``: below ``branch`` what lay in the branch's own folder, below ``folder`` what
    lay above, below ``export`` what an export had and this memory could not take as it is. ``files`` are those for the
    branch's folder itself, ``merged`` the metadata of branches whose records lie here as well.
    """

    name: str
    metadata: dict[str, Any] | None = None
    whole: bool = False
    roadmap: bytes | None = None
    milestones: list[Record] = field(default_factory=list)
    steps: list[Record] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    merged: dict[str, bytes] = field(default_factory=dict)

    @property
    def parent(self) -> str | None:
        """The branch it started from, by its name there."""
        parent = (self.metadata or {}).get("parent")
        return parent if isinstance(parent, str) and parent else None


@dataclass
class Parsed:
    """A file of records taken apart; ``rest`` are the places and texts of what no record holds to the character."""

    records: list[Record] = field(default_factory=list)
    rest: list[tuple[int, str]] = field(default_factory=list)

    def kept(self, name: str) -> bytes:
        """Return the rest as one file, each piece below a line that says where in the file ``name`` it stood."""
        parts = [f"<!-- {name}, from character {place} -->\n{text.rstrip(chr(10))}\n" for place, text in self.rest]
        return "\n".join(parts).encode("utf-8", "surrogateescape")


@dataclass
class Found:
    """A folder taken apart."""

    layout: str
    branches: list[FoundBranch]
    notes: list[str] = field(default_factory=list)


def clean(text: str) -> str:
    """Return ``text`` as a record can carry it, redacted."""
    return redact(_NOT_CARRIED.sub("\ufffd", text))


def is_clean(text: str) -> bool:
    """Say whether a record can carry ``text`` as it is, but for secrets."""
    return _NOT_CARRIED.search(text) is None


def clean_bytes(content: bytes) -> bytes:
    """Return a file to be kept, redacted; bytes that are no UTF-8 stay as they are."""
    return redact(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def step_record(
    *, branch: str, folder: str, n: int, at: datetime, texts: tuple[str, str, str], source: str, seen: dict[str, int]
) -> Record:
    """Return a step made of what was found; ``source`` is its text there, ``seen`` counts equal ones of one file."""
    o, t, a = map(clean, texts)
    step_id = _derived("step", folder, source, seen)
    step = Step(step_id, n, at, UNKNOWN_AGENT, "", branch, observation=o, thought=t, action=a)
    return Record(encode_step(step), folder)


def milestone_record(
    *,
    branch: str,
    folder: str,
    wanted_id: str,
    at: datetime,
    texts: tuple[str, str, str],
    source: str,
    seen: dict[str, int],
    code_commit: str | None = None,
) -> Record:
    """Return a milestone made of what was found, with its own id where that is one of ours in form."""
    p, s, c = map(clean, texts)
    milestone_id = wanted_id if _ID.fullmatch(wanted_id) else _derived("milestone", folder, source, seen)
    milestone = Milestone(milestone_id, at, UNKNOWN_AGENT, "", branch, p, s, c, code_commit=code_commit)
    return Record(encode_milestone(milestone), folder)


def valid_record(content: bytes, *, milestone: bool) -> bool:
    """Say whether ``content`` holds exactly one record, with an id and names of a form that we would give."""
    found = split(content).records
    if len(found) != 1 or not _ID.fullmatch(found[0].id):
        return False
    kind = found[0].body.startswith(b"## Commit `" if milestone else b"### Step ")
    return (kind or not found[0].intact) and all(is_name(found[0].frame[key]) for key in ("agent", "origin"))


def resealed(content: bytes, *, milestone: bool) -> bytes:
    """Return a record without secrets: as it is where it has none, which is nearly always."""
    if clean_bytes(content) == content:
        return content
    raw = split(content).records[0]
    if not raw.intact:
        return clean_bytes(content)
    if milestone:
        one = decode_milestone(raw)
        purpose, previous, contribution = map(redact, (one.purpose, one.previous, one.contribution))
        return encode_milestone(
            replace(one, session=redact(one.session), purpose=purpose, previous=previous, contribution=contribution)
        )
    step = decode_step(raw)
    o, t, a = map(redact, (step.observation, step.thought, step.action))
    return encode_step(replace(step, session=redact(step.session), observation=o, thought=t, action=a))


def _derived(kind: str, folder: str, source: str, seen: dict[str, int]) -> str:
    seen[source] = seen.get(source, 0) + 1
    words = "\0".join((kind, folder, source, str(seen[source])))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:8]
