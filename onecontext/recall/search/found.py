"""What a search found, as a text inside a token budget.

Rule 1: each hit comes with where it is from and how to get all of it; the best comes first, and what does not fit the
        budget is said (:mod:`onecontext.recall.pack`).
"""

from datetime import datetime

from onecontext.errors import UsageError
from onecontext.recall.context import clean
from onecontext.recall.pack import Piece, pack
from onecontext.recall.search.model import Found, Hit, Kind
from onecontext.recall.search.searching import search
from onecontext.records import iso
from onecontext.store.layout import Layout
from onecontext.text.tokens import Counter

_NAMES: dict[Kind, str] = {"step": "Step", "milestone": "Milestone", "main": "Roadmap", "metadata": "Metadata"}


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
) -> Found:
    """Return the hits of :func:`search` as Markdown of at most ``budget`` tokens; None is no limit."""
    if budget is not None and budget < 0:
        raise UsageError(f"a budget of {budget} is below 0", hint="leave --budget out for no limit")
    hits = search(layout, query, branch=branch, agent=agent, since=since, kind=kind, k=k)
    packed = pack([_piece(hit) for hit in hits], budget=budget, counter=counter)
    return Found(packed.text, packed.tokens, budget, counter.name, list(packed.left_out), hits)


def _piece(hit: Hit) -> Piece:
    who = ", ".join(part for part in (hit.branch, hit.agent, f"{iso(hit.at)[:16]}Z") if part)
    head = f"### {_NAMES[hit.kind]} {hit.id} ({who})"
    text = "\n".join([" ".join(head.split()), hit.text, f"[in its place: {hit.how_to_get}]"])
    return Piece(f"{hit.kind} {hit.id}", clean(text), hit.how_to_get)
