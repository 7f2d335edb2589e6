"""All that the ranking needs for one query: what was found, what stands around it, whom and when the query names."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from onecontext.recall.search.database import Database
from onecontext.recall.search.dates import asked_period
from onecontext.recall.search.finding import candidates
from onecontext.recall.search.model import Wanted
from onecontext.recall.search.ranking import Asked, Passage
from onecontext.recall.search.surroundings import named, passages
from onecontext.recall.search.terms import STOP_WORDS, asked

LOOKED_AT = 100  # candidates of BM25, however few hits are wanted: neighbours and sessions need company


class Evidence(NamedTuple):
    """What :func:`ranking.ranked` puts in order."""

    passages: Mapping[int, Passage]
    found: Mapping[int, float]
    asked: Asked


def gathered(db: Database, *, query: str, wanted: Wanted, now: datetime, limit: int) -> Evidence:
    """Return the evidence for a query; ``limit`` hits are wanted of it.

    Args:
        now: aware; what 'yesterday' in a query is counted from.
    """
    names = named(db, query)
    terms = asked(names.query)
    if all(term.text in STOP_WORDS for term in terms):
        terms = asked(query)  # the names are all that it asks for
    found = {one.doc: one.score for one in candidates(db, terms, wanted, max(limit, LOOKED_AT))}
    # Of several agents none is meant more than the others.
    agents = names.agents if len(names.agents) == 1 else frozenset[int]()
    return Evidence(passages(db, found, wanted), found, Asked(agents, asked_period(query, now)))
