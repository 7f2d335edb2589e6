"""What stands around the documents that were found: sessions, neighbours, and whom a query names.

Rule 1: looks up a bounded number of documents, whatever the size of the memory: those found and four beside each.
Rule 2: neighbours are the records before and after in the same session, on the branch where they were written. Records
        without a session are neighbours in their branch, but little says that they belong together: they lend to each
        other only where both were found, and none comes in for what stands beside it, but the last steps before a
        milestone, which it sums up.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain, takewhile
from typing import Any, NamedTuple

from onecontext.recall.search.database import Database
from onecontext.recall.search.finding import conditions
from onecontext.recall.search.model import KINDS, Wanted
from onecontext.recall.search.ranking import Passage

_FACTS = (
    "SELECT doc.id, doc.key, record, agent, origin, session, at, length, asks, kind FROM doc"
    " WHERE doc.id IN ({ids}){more}"
)
_STEP, _MILESTONE = KINDS.index("step"), KINDS.index("milestone")
_RECORD = 2  # kinds below it are records: steps and milestones
_BESIDE = (
    "(SELECT id FROM doc AS {name} WHERE {name}.origin = doc.origin AND {name}.session = doc.session"
    " AND {name}.at {than} doc.at ORDER BY {name}.at {order}, {name}.key LIMIT 1 OFFSET {skipped})"
)
_NEIGHBOURS = "SELECT doc.id, doc.session, {} FROM doc WHERE doc.id IN ({{ids}}) AND doc.kind < 2".format(
    ", ".join(
        _BESIDE.format(name=f"beside{n}", than=than, order=order, skipped=skipped)
        for n, (than, order, skipped) in enumerate(
            [("<", "DESC", 0), ("<", "DESC", 1), (">", "ASC", 0), (">", "ASC", 1)]
        )
    )
)
# What may be a name in a query: see onecontext.names; a possessive is not part of it.
_NAME = re.compile(
    r"(?<![\w.-])@?([a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?)(?:['’]s?)?(?![\w-])", re.ASCII | re.IGNORECASE
)
_MAX_QUERY = 10_000  # characters
_MAX_NAMES = 100


class Named(NamedTuple):
    """The agents that a query names, and the query without their names; as it was where nothing would be left."""

    agents: frozenset[int]
    query: str


def passages(db: Database, found: Iterable[int], wanted: Wanted) -> dict[int, Passage]:
    """Return the documents ``found`` and those beside them that are ``wanted``, by document."""
    docs = list(found)
    empty = _session_less(db)
    beside = {doc: (session, near) for doc, session, *near in db.rows(_NEIGHBOURS.format(ids=_listed(docs)))}
    rows = db.rows(_FACTS.format(ids=_listed(docs), more=""))
    milestones = {row[0] for row in rows if row[-1] == _MILESTONE}
    together = chain.from_iterable(near for session, near in beside.values() if session != empty)
    summed_up = chain.from_iterable(_steps_of(db, beside[doc][1]) for doc in milestones if beside[doc][0] == empty)
    others = {doc for doc in chain(together, summed_up) if doc is not None}.difference(docs)
    more, values = conditions(db, wanted)
    rows += db.rows(_FACTS.format(ids=_listed(others), more="".join(f" AND {one}" for one in more)), *values)
    known = {row[0] for row in rows}
    return {row[0]: _passage(row, beside[row[0]][1] if row[0] in beside else (), known, empty) for row in rows}


def _steps_of(db: Database, near: Sequence[int | None]) -> list[int]:
    """Return those of the two records before a milestone that are its own: no other milestone stands between."""
    before = [doc for doc in near[:2] if doc is not None]
    kinds = dict(db.rows(f"SELECT id, kind FROM doc WHERE id IN ({_listed(before)})"))
    return list(takewhile(lambda doc: kinds[doc] == _STEP, before))


def named(db: Database, query: str) -> Named:
    """Return the agents that a query names, where there is more than one to tell apart."""
    places = {found.group(1).lower(): None for found in _NAME.finditer(query[:_MAX_QUERY])}
    ids = {text: number for text in list(places)[:_MAX_NAMES] for number in _agents(db, text)}
    if not ids or not _several(db, next(iter(ids.values()))):
        return Named(frozenset(), query)
    rest = _NAME.sub(lambda found: " " if found.group(1).lower() in ids else found.group(), query)
    return Named(frozenset(ids.values()), rest if rest.strip() else query)


def _agents(db: Database, text: str) -> list[int]:
    sql = "SELECT id FROM word WHERE text = ? AND EXISTS (SELECT 1 FROM doc WHERE doc.agent = word.id)"
    return [number for (number,) in db.rows(sql, text)]


def _several(db: Database, agent: int) -> bool:
    """Say whether anybody but ``agent`` wrote records."""
    others = "SELECT 1 FROM doc WHERE agent {} ?1 AND agent != coalesce((SELECT id FROM word WHERE text = ''), -1)"
    (found,) = db.rows(f"SELECT EXISTS ({others.format('<')}) OR EXISTS ({others.format('>')})", agent)
    return bool(found[0])


def _session_less(db: Database) -> int:
    """Return what stands for no session."""
    found = db.rows("SELECT id FROM word WHERE text = ''")
    return int(found[0][0]) if found else -1


def _passage(row: tuple[Any, ...], beside: Sequence[int | None], known: set[int], empty: int) -> Passage:
    doc, key, record, agent, origin, session, at_us, words, asks, kind = row
    near = tuple(other if other in known else None for other in beside)
    place = (origin, session) if kind < _RECORD and session != empty else None
    return Passage(doc, key, record, agent, place, at_us, words, bool(asks), near[:2], near[2:], kind == _MILESTONE)


def _listed(docs: Iterable[int]) -> str:
    return ",".join(str(int(doc)) for doc in docs)
