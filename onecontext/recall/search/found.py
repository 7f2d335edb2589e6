"""What a search found, as a text inside a token budget.

Rule 1: each hit comes with where it is from and how to get all of it; the best comes first, and what does not fit the
        budget is said (:mod:`onecontext.recall.pack`). It is data, behind a fence, as all that is recalled.
"""

from datetime import datetime

from onecontext.errors import UsageError
from onecontext.recall.pack import pack
from onecontext.recall.pieces import Piece, Source, shown_id, shown_name
from onecontext.recall.search.dense import Embed, closeness_of
from onecontext.recall.search.model import Found, Hit, Kind
from onecontext.recall.search.searching import search
from onecontext.records import iso
from onecontext.store.layout import Layout
from onecontext.text.fence import one_line
from onecontext.text.tokens import Counter

_NAME_CHARACTERS = 64


def found(
    layout: Layout,
    query: str,
    *,
    counter: Counter,
    budget: int | None = None,
    branch: str | None = None,
    agent: str | None = None,
    since: datetime | None = None,
    kind: Kind | None = None,
    k: int = 10,
    embed: Embed | None = None,
) -> Found:
    """Return the hits of :func:`search` as Markdown of at most ``budget`` tokens; None is no limit."""
    if budget is not None and budget < 0:
        raise UsageError(f"a budget of {budget} is below 0", hint="leave --budget out for no limit")
    closeness = closeness_of(embed) if embed else None
    hits = search(
        layout, query, branch=branch, agent=agent, since=since, kind=kind, k=k, closeness=closeness, fold=True
    )
    packed = pack([hit_piece(hit) for hit in hits], budget=budget, counter=counter)
    return Found(packed.text, packed.tokens, budget, counter.name, list(packed.left_out), hits)


def hit_piece(hit: Hit) -> Piece:
    where = Source(hit.branch, hit.agent, hit.session, hit.at, where="" if hit.agent else hit.id)
    return Piece(f"{hit.kind} {_name(hit)}", hit.text, hit.how_to_get, _heading(hit), hit.kind, hit.id, where)


def _heading(hit: Hit) -> str:
    """Return our line above a hit, in which nothing stands that others wrote."""
    when = f"{iso(hit.at)[:16]}Z"
    branch, agent = shown_name(hit.branch), shown_name(hit.agent)
    if hit.kind in ("step", "milestone"):
        more = f"; {len(hit.alike)} more say the same" if hit.alike else ""
        return f"{hit.kind.capitalize()} {shown_id(hit.id)} ({branch}, {agent}, {when}{more})"
    what = "A section of main.md" if hit.kind == "main" else "Metadata"
    return f"{what} ({branch}, {when})"


def _name(hit: Hit) -> str:
    return shown_id(hit.id) if hit.kind in ("step", "milestone") else one_line(hit.id, limit=_NAME_CHARACTERS)
