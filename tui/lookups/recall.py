"""What the memory answers to a few words, and what an agent would be given of it: by the memory's own functions.

Rule 1: nothing is written: an index that is behind is left so, and the search reads the commits into this process.
Rule 2: what is wrong is a sentence to be shown, never an error.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from onecontext.errors import OneContextError
from tui.lookups.memory import NO_MEMORY
from tui.rows.recall import FoundRecord, Given, GivenPart

MOST_HITS = 50
SCANNED = "by a scan: the index is behind"
THEN = "by a scan of what was remembered then"
_PART_CHARACTERS = 80


class Answer(NamedTuple):
    """What a search found, the best first. ``source``: where it was looked up; ``trouble``: why there is nothing."""

    hits: tuple[FoundRecord, ...] = ()
    source: str = ""
    trouble: str = ""


def search(memory: Path | None, words: str, at: datetime | None = None) -> Answer:
    """Return what ``onecontext search`` finds, in its order; ``at``: of what had been committed then, None: now."""
    if memory is None:
        return Answer(trouble=NO_MEMORY)
    from onecontext.api import Memory
    from onecontext.recall.search.index import is_fresh
    from onecontext.recall.search.searching import search as searched

    begun_s = time.monotonic()
    try:
        layout = Memory.open(memory).layout.for_watching()
        fresh = at is None and is_fresh(layout)
        found = searched(layout, words, k=MOST_HITS, at=at, fold=True)
    except (OneContextError, OSError) as error:
        return Answer(trouble=str(error))
    hits = [
        FoundRecord(place, hit.kind, hit.id, hit.branch, hit.agent, hit.at, hit.text, hit.score, hit.how_to_get)
        for place, hit in enumerate(found, 1)
    ]
    source = "from the memory's index" if fresh else SCANNED if at is None else THEN
    return Answer(tuple(hits), f"{len(hits)} found in {time.monotonic() - begun_s:.1f} s, {source}")


def given(memory: Path | None, branch: str, budget: int | None, purpose: str, at: datetime | None = None) -> Given:
    """Return what ``onecontext context --budget N [--for TASK] [--at TIME]`` gives on ``branch``; "": the current."""
    if memory is None:
        return Given(branch, budget, purpose, trouble=NO_MEMORY)
    from onecontext.api import Memory

    try:
        opened = Memory.open(memory, branch=branch or None)
        told = opened.context(budget=budget, for_=purpose or None, at=at, settle=False)
    except (OneContextError, OSError) as error:
        return Given(branch, budget, purpose, trouble=str(error))
    parts = tuple(
        GivenPart(number, _name(shown.kind, shown.id), shown.shown, shown.tokens, shown.text, shown.how_to_get)
        for number, shown in enumerate(told.pieces, 1)
    )
    return Given(opened.branch, budget, purpose, told.text, told.tokens, told.counter, parts)


def branches(memory: Path | None) -> Sequence[str]:
    """Return the names of the memory's branches; none where it cannot be read."""
    from onecontext.api import Memory

    try:
        return Memory.open(memory).layout.branches() if memory else ()
    except (OneContextError, OSError):
        return ()


def _name(kind: str, id_: str) -> str:
    return f"{kind} {id_[:_PART_CHARACTERS]}".strip()
