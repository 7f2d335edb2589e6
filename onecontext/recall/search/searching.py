"""SEARCH: the records, sections and metadata that answer to a few words, best first.

Rule 1: all branches are searched unless one is named; a record that several branches tell is found once.
Rule 2: what is shown comes from git or the log, never from the index; where the two disagree the index is made anew.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from shlex import quote
from typing import Any, NamedTuple

from onecontext.errors import UnknownBranch, UsageError
from onecontext.names import check_name
from onecontext.recall.search.blobs import Blobs
from onecontext.recall.search.database import Database, Unusable
from onecontext.recall.search.dense import Closeness
from onecontext.recall.search.documents import KIND_OF, Part, key_of, micros, moment, page_text, record_of, text_of
from onecontext.recall.search.folding import folded
from onecontext.recall.search.gathering import LOOKED_AT, gathered
from onecontext.recall.search.index import asked_of
from onecontext.recall.search.model import KINDS, Hit, Kind, Wanted
from onecontext.recall.search.ranking import Ranked, ranked
from onecontext.recall.search.terms import asked
from onecontext.records import decode_milestone, decode_step
from onecontext.store.layout import Layout

_SPARE = 20  # candidates beyond those wanted, since a record that was edited by hand is several documents

MOST_CALLED = 20
_ID = re.compile(r"[0-9a-f]{4,64}", re.ASCII)

_ROW = (
    "SELECT doc.key, doc.kind, doc.record, file.kind, file.blob, doc.start, doc.size, doc.file"
    " FROM doc JOIN file ON file.id = doc.file WHERE doc.id = ?"
)
_TELLING = (
    "SELECT branch.name, branch.at, told.folder, chain.path FROM branch JOIN told ON told.branch = branch.name"
    " JOIN chain ON chain.chain = told.chain AND chain.position < told.length"
    " WHERE (chain.file = ?1 OR chain.file IN (SELECT file FROM also WHERE doc = ?2)) AND coalesce(?3, name) = name"
    " ORDER BY branch.at DESC, branch.name LIMIT 1"
)


def search(
    layout: Layout,
    query: str,
    *,
    branch: str | None = None,
    agent: str | None = None,
    since: datetime | None = None,
    kind: Kind | None = None,
    k: int = 10,
    now: datetime | None = None,
    closeness: Closeness | None = None,
    at: datetime | None = None,
    fold: bool = False,
) -> list[Hit]:
    """Return the ``k`` best hits for a query, best first; fewer where there are no more.

    Args:
        query: words, in any form; operators mean nothing.
        branch: only what this branch tells, records of merged branches among it; None is all branches.
        agent: only records of this agent.
        since: only records from that time on; the roadmap and the metadata where their branch was committed to since.
        kind: "step", "milestone", "main" or "metadata"; None is all.
        now: aware; what "yesterday" in a query is counted from. None is the clock's time.
        closeness: what else says how close texts are to the query; None is words alone.
        at: what all branches told at that time, as it had been committed by then; None is now.
        fold: have records that say the same be one hit: of the best hundred, until there are ``k``.

    Raises:
        UsageError: the query has no word, or one of the others is none of its kind.
        UnknownBranch: there is none of that name.
    """
    if not asked(query):
        raise UsageError("the query has no word to search for", hint="name a few words, an identifier or a path")
    wanted = _checked(layout, Wanted(branch, agent, None, kind), since)
    if k < 0:
        raise UsageError(f"-k {k} is below 0", hint="name how many hits you want, such as 10")
    asking = _Asking(query, wanted, min(k, sys.maxsize), now or datetime.now(UTC), closeness, fold)
    return asked_of(layout, partial(_hits, layout, asking), at=at)


def steps_called(layout: Layout, prefix: str) -> list[Hit]:
    """Return the steps of any branch whose ids begin so, pending ones too: newest first, at most ``MOST_CALLED``."""
    return asked_of(layout, partial(_called, layout, prefix))


class _Asking(NamedTuple):
    """What :func:`search` was asked for, once it was checked."""

    query: str
    wanted: Wanted
    k: int
    now: datetime
    closeness: Closeness | None
    fold: bool


def _checked(layout: Layout, wanted: Wanted, since: datetime | None) -> Wanted:
    if wanted.kind is not None and wanted.kind not in KINDS:
        raise UsageError(f"{str(wanted.kind)[:40]!r} is no kind of record", hint=f"one of: {', '.join(KINDS)}")
    if wanted.agent is not None:
        check_name(wanted.agent, what="agent")
    if wanted.branch is not None and layout.tip(check_name(wanted.branch, what="branch")) is None:
        raise UnknownBranch(wanted.branch, layout.branches())
    if since is None:
        return wanted
    if since.tzinfo is None:
        raise UsageError(f"the time {since.isoformat()} has no zone", hint="use datetime.now(UTC) and the like")
    return wanted._replace(since_us=micros(since.astimezone(UTC)))


def _hits(layout: Layout, asking: _Asking, db: Database) -> list[Hit]:
    query, wanted, k, now, closeness, fold = asking
    if k == 0:
        return []
    evidence = gathered(db, query=query, wanted=wanted, now=now, limit=k + _SPARE)
    reader = _Reader(layout, db, wanted)
    if closeness is not None:
        evidence = evidence._replace(found=closeness.scored(query, evidence.found, evidence.passages, reader.text))
    order = ranked(*evidence)
    if fold:
        return folded(_versions(map(reader.hit, order[: max(k + _SPARE, LOOKED_AT)])), k)
    return _once(map(reader.hit, order[: k + _SPARE]), k)


def _called(layout: Layout, prefix: str, db: Database) -> list[Hit]:
    sql = "SELECT id FROM doc WHERE kind = ? AND substr(record, 1, ?) = ? ORDER BY at DESC, key LIMIT ?"
    rows = db.rows(sql, KINDS.index("step"), len(prefix), prefix, MOST_CALLED)
    reader = _Reader(layout, db, Wanted())
    return _once((reader.hit(Ranked(doc, 0.0)) for (doc,) in rows), MOST_CALLED)


def _once(hits: Iterable[Hit], k: int) -> list[Hit]:
    """Return the first ``k`` hits that are no other version of one before; no more of them are read than that takes."""
    return list(islice(_versions(hits), k))


def _versions(hits: Iterable[Hit]) -> Iterator[Hit]:
    seen: set[tuple[object, ...]] = set()
    for hit in hits:
        key = (hit.kind, hit.id, hit.text if hit.kind in ("main", "metadata") else hit.at)
        if key not in seen:
            seen.add(key)
            yield hit


class _Reader:
    """Reads documents in whole from where they lie."""

    def __init__(self, layout: Layout, db: Database, wanted: Wanted) -> None:
        self._db = db
        self._wanted = wanted
        self._blobs = Blobs(layout)

    def text(self, doc: int) -> str:
        """Return all that a document says."""
        return self.hit(Ranked(doc, 0.0)).text

    def hit(self, candidate: Ranked) -> Hit:
        """Return a candidate as a hit."""
        try:
            (row,) = self._db.rows(_ROW, candidate.doc)
            return self._made(candidate, *row)
        except (ValueError, TypeError, OverflowError, IndexError) as error:
            raise Unusable(f"document {candidate.doc} is none") from error

    def _made(self, candidate: Ranked, *row: Any) -> Hit:
        key, kind_number, name, part_number, blob, start, size, file = row
        kind, part = KINDS[kind_number], Part(part_number)
        telling = self._db.rows(_TELLING, file, candidate.doc, self._wanted.branch)
        if not telling or KIND_OF[part] != kind:
            raise Unusable(f"document {candidate.doc} is told by no branch")
        branch, branch_at, folder, path = telling[0]
        content = (
            self._kept(file, start) if part is Part.PENDING else self._blobs.read(blob, branch, part, folder, path)
        )
        if kind in ("main", "metadata"):
            text = page_text(part, content, name)
            if text is None:
                raise Unusable(f"{name} is not where it was")
            when = moment(branch_at * 1_000_000)
            return Hit(name, kind, branch, "", "", when, text, candidate.score, _how(kind, name, branch))
        raw = record_of(content if part is Part.PENDING else content[start : start + size])
        if key_of(kind, raw) != key:
            raise Unusable(f"record {name} is not where it was")
        record = decode_step(raw) if kind == "step" else decode_milestone(raw)
        return Hit(
            id=record.id,
            kind=kind,
            branch=record.branch,
            agent=record.agent,
            session=record.session,
            at=record.at,
            text=text_of(kind, record),
            score=candidate.score,
            how_to_get=_how(kind, record.id, branch),
        )

    def _kept(self, file: int, position: int) -> bytes:
        ((raw,),) = self._db.rows("SELECT raw FROM kept WHERE file = ? AND position = ?", file, position)
        return bytes(raw)


def _how(kind: Kind, name: str, branch: str) -> str:
    if kind in ("step", "milestone") and not _ID.fullmatch(name):
        return f"onecontext log --branch {branch}"  # somebody may have written anything into a frame
    if kind == "milestone":
        return f"onecontext show {name}"
    if kind == "step":
        return f"onecontext context --commit {name}"
    if kind == "metadata":
        return f"onecontext context --branch {branch} --metadata {quote(name.partition('#')[2])}"
    return f"main.md of branch {branch}"
