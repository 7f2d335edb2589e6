"""Which documents answer to a query, by BM25, and by what is wanted of them.

Rule 1: an order never depends on row ids, which are others after a rebuild: what scores alike stands by time and key.
Rule 2: scoring costs by the rows that match, so the rarest words of a query decide which rows are scored, as many words
        as together match ``MOST_ROWS`` rows; the more frequent ones add to the scores of these rows. One word is always
        scored, however frequent.
"""

from collections.abc import Sequence
from typing import Any

from onecontext.recall.search.database import Database
from onecontext.recall.search.model import KINDS, Candidate, Wanted
from onecontext.recall.search.terms import Term

MOST_ROWS = 3_000

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
    rare, common = _parted(db, terms)
    if not rare or limit <= 0:
        return []
    only = conditions(db, wanted)
    scores = _scored(db, rare, only, limit)
    if common:
        # Whoever is best of those with both is told with its whole score; nobody else can be among the best.
        scores |= _scored(db, f"({common}) AND ({rare})", only, limit)
    return [Candidate(doc, scores[doc]) for doc in _best(db, scores, limit)]


def _scored(db: Database, match: str, only: tuple[list[str], list[Any]], limit: int) -> dict[int, float]:
    """Return the best ``limit`` documents that match, to their scores."""
    more, values = only
    if more:
        where = " AND ".join(["words MATCH ?", *more])
        return dict(db.rows(f"{_SCORED} {_JOINED} WHERE {where} {_BY_SCORE_AND_TIME}", match, *values, limit))
    rows = db.rows(f"{_SCORED} WHERE words MATCH ? {_BY_SCORE}", match, limit + 1)
    if len(rows) > limit and rows[limit - 1][1] == rows[limit][1]:
        # Several score alike just where the list ends, so which of them are in it has to be decided.
        rows = db.rows(f"{_SCORED} {_JOINED} WHERE words MATCH ? {_BY_SCORE_AND_TIME}", match, limit)
    return dict(rows[:limit])


def _best(db: Database, scores: dict[int, float], limit: int) -> list[int]:
    """Return the best ``limit`` documents; what scores alike at the end is decided as everywhere, by time and key."""
    order = sorted(scores, key=lambda doc: -scores[doc])
    if len(order) <= limit or scores[order[limit - 1]] > scores[order[limit]]:
        return order[:limit]
    edge = scores[order[limit]]
    alike = ",".join(str(doc) for doc in order if scores[doc] == edge)
    decided = [doc for (doc,) in db.rows(f"SELECT id FROM doc WHERE id IN ({alike}) ORDER BY at DESC, key")]
    return [*(doc for doc in order if scores[doc] > edge), *decided][:limit]


def _parted(db: Database, terms: Sequence[Term]) -> tuple[str, str]:
    """Return what decides which rows are scored, and what only adds to their scores, in the language of FTS5."""
    counted = sorted((count, place) for place, term in enumerate(terms) if (count := _count(db, term)))
    rows = 0
    rare: list[int] = []
    for count, place in counted:
        rows += count
        if rare and rows > MOST_ROWS:
            break
        rare.append(place)
    # Where even the rarest is frequent, the others would cost as much again and tell as little.
    common = [] if counted and counted[0][0] > MOST_ROWS else counted[len(rare) :]
    return _any(terms, rare), _any(terms, [place for _, place in common])


def _any(terms: Sequence[Term], places: Sequence[int]) -> str:
    return " OR ".join(terms[place].match for place in sorted(places))


def _count(db: Database, term: Term) -> int:
    """Return how many documents a term matches, but not beyond what matters."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    return int(db.rows(sql, term.match, MOST_ROWS + 1)[0][0])


def conditions(db: Database, wanted: Wanted) -> tuple[list[str], list[Any]]:
    """Return what a document in ``doc`` must fulfil to be wanted, in SQL, and the values for it."""
    found: list[str] = []
    values: list[Any] = []
    if wanted.kind is not None:
        found.append("doc.kind = ?")
        values.append(KINDS.index(wanted.kind))
    if wanted.agent is not None:
        found.append("doc.agent = (SELECT id FROM word WHERE text = ?)")
        values.append(wanted.agent)
    if wanted.branch is not None or wanted.since_us is not None:
        _note_reach(db, wanted.branch)
    if wanted.branch is not None:
        found.append(_told(""))
    if wanted.since_us is not None:
        # The roadmap and the metadata are of the time at which a branch that has them was last committed to.
        found.append(f"CASE WHEN doc.kind < 2 THEN doc.at >= ? ELSE {_told(' AND reach.at >= ?')} END")
        values += [wanted.since_us] * 3
    return found, values


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
