"""Which documents answer to a query, by BM25, and by what is wanted of them.

Rule 1: an order never depends on row ids, which are others after a rebuild: what scores alike stands by time and key.
Rule 2: scoring costs by the rows that match, so of the words of a query the rarest are scored, as many as together
        match ``MOST_ROWS`` rows; a more frequent word tells little besides them. One word is always scored.
"""

from collections.abc import Sequence
from typing import Any

from onecontext.recall.search.database import Database
from onecontext.recall.search.model import KINDS, Candidate, Wanted
from onecontext.recall.search.terms import Term

MOST_ROWS = 12_000

_SCORED = "SELECT words.rowid, -bm25(words) AS score FROM words"
_BY_SCORE = "ORDER BY score DESC LIMIT ?"
_JOINED = "JOIN doc ON doc.id = words.rowid"
_BY_SCORE_AND_TIME = "ORDER BY score DESC, doc.at DESC, doc.key LIMIT ?"
_TELLS = (
    "EXISTS (SELECT 1 FROM chain JOIN temp.reach ON reach.chain = chain.chain"
    " WHERE chain.file = {file} AND chain.position < reach.length{more})"
)


def candidates(db: Database, terms: Sequence[Term], wanted: Wanted, limit: int) -> list[Candidate]:
    """Return at most ``limit`` documents, best first."""
    match = _match(db, terms)
    if not match or limit <= 0:
        return []
    conditions, values = _conditions(db, wanted)
    if conditions:
        where = " AND ".join(["words MATCH ?", *conditions])
        rows = db.rows(f"{_SCORED} {_JOINED} WHERE {where} {_BY_SCORE_AND_TIME}", match, *values, limit)
        return [Candidate(*row) for row in rows]
    rows = db.rows(f"{_SCORED} WHERE words MATCH ? {_BY_SCORE}", match, limit + 1)
    if len(rows) > limit and rows[limit - 1][1] == rows[limit][1]:
        # Several score alike just where the list ends, so which of them are in it has to be decided.
        rows = db.rows(f"{_SCORED} {_JOINED} WHERE words MATCH ? {_BY_SCORE_AND_TIME}", match, limit)
    return [Candidate(*row) for row in rows[:limit]]


def _match(db: Database, terms: Sequence[Term]) -> str:
    """Return what is scored, in the language of FTS5; empty where nothing matches."""
    counted = sorted(((_count(db, term), place) for place, term in enumerate(terms)))
    chosen: list[int] = []
    rows = 0
    for count, place in counted:
        if count and chosen and rows + count > MOST_ROWS:
            break
        rows += count
        chosen += [place] if count else []
    return " OR ".join(terms[place].match for place in sorted(chosen))


def _count(db: Database, term: Term) -> int:
    """Return how many documents a term matches, but not beyond what matters."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    return int(db.rows(sql, term.match, MOST_ROWS + 1)[0][0])


def _conditions(db: Database, wanted: Wanted) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if wanted.kind is not None:
        conditions.append("doc.kind = ?")
        values.append(KINDS.index(wanted.kind))
    if wanted.agent is not None:
        conditions.append("doc.agent = (SELECT id FROM word WHERE text = ?)")
        values.append(wanted.agent)
    if wanted.branch is not None or wanted.since_us is not None:
        _note_reach(db, wanted.branch)
    if wanted.branch is not None:
        conditions.append(_told(""))
    if wanted.since_us is not None:
        # The roadmap and the metadata are of the time at which a branch that has them was last committed to.
        conditions.append(f"CASE WHEN doc.kind < 2 THEN doc.at >= ? ELSE {_told(' AND reach.at >= ?')} END")
        values += [wanted.since_us] * 3
    return conditions, values


def _told(more: str) -> str:
    also = _TELLS.format(file="also.file", more=more)
    return (
        f"({_TELLS.format(file='doc.file', more=more)}"
        f" OR EXISTS (SELECT 1 FROM also WHERE also.doc = doc.id AND {also}))"
    )


def _note_reach(db: Database, branch: str | None) -> None:
    """Note in a table of this connection what a branch tells (None: any branch), and of when it is."""
    db.run("CREATE TEMP TABLE IF NOT EXISTS reach (chain INTEGER, length INTEGER, at INTEGER)")
    db.run("CREATE INDEX IF NOT EXISTS temp.reach_of_chain ON reach (chain)")
    db.run("DELETE FROM temp.reach")
    db.run(
        "INSERT INTO temp.reach SELECT told.chain, told.length, branch.at * 1000000 FROM told"
        " JOIN branch ON branch.name = told.branch WHERE ?1 IS NULL OR told.branch = ?1",
        branch,
    )
