"""What is compared: a memory of ours as it is searched, and what a user would pick instead.

Rule 1: ours is the product: every turn is a step in a real memory, and a question goes to :func:`search`.
Rule 2: the others are given each turn as ``speaker: text``, since a name in a question would find nothing otherwise;
        ours has the speaker as the step's agent, and the text alone as its observation.
"""

import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from recall_data import Conversation, Question, Turn
from recall_measure import Rank

from onecontext import Memory
from onecontext.memory.reading import settled
from onecontext.recall.search import search
from onecontext.recall.search.dense import Closeness
from onecontext.store.layout import Layout

DEPTH = 100  # of a ranking: enough for 2,000 tokens
_WORD = re.compile(r"\w+")


class Kept:
    """A conversation that was written into a memory."""

    def __init__(self, folder: Path, conversation: Conversation) -> None:
        self._now = conversation.turns[0].at
        self.memory = Memory.init(folder, durability="none", clock=lambda: self._now)
        self.layout = Layout(self.memory.path)
        self.place_of = dict(self._write(conversation))
        settled(self.layout)

    def search(self, question: Question) -> list[int]:
        """Return the places of turns as the product finds them."""
        hits = search(self.layout, question.text, kind="step", k=DEPTH, now=self._now)
        return [self.place_of[hit.id] for hit in hits]

    def closer(self, closeness: Closeness) -> Rank:
        """Return the product's search with vectors besides."""

        def rank(question: Question) -> list[int]:
            hits = search(self.layout, question.text, kind="step", k=DEPTH, now=self._now, closeness=closeness)
            return [self.place_of[hit.id] for hit in hits]

        return rank

    @property
    def now(self) -> datetime:
        """The time of the last turn, which is when questions are asked."""
        return self._now

    def _write(self, conversation: Conversation) -> Iterator[tuple[str, int]]:
        names = _agents(conversation)
        session = None
        for turn in conversation.turns:
            if session not in (None, turn.session):
                self.memory.commit(f"Session {session} is over.")
                self._now = turn.at
            session = turn.session
            self._now = max(self._now + timedelta(seconds=1), turn.at)
            writer = Memory.open(
                self.memory.path,
                agent=names[turn.speaker],
                session=f"session-{turn.session}",
                durability="none",
                clock=lambda: self._now,
            )
            yield writer.step(turn.text, action=turn.picture).id, turn.place
        self.memory.commit(f"Session {session} is over.")


@contextmanager
def kept(conversation: Conversation) -> Iterator[Kept]:
    """Write a conversation into a memory in a folder of its own, which is gone afterwards."""
    # A memory tidies itself in the background, which may be at work when the folder goes.
    with tempfile.TemporaryDirectory(prefix="recall-", ignore_cleanup_errors=True) as folder:
        yield Kept(Path(folder), conversation)


def plain_fts5(turns: Sequence[Turn]) -> Rank:
    """FTS5 as its documentation shows it: stemmed by Porter, any of the question's words, its own BM25."""
    table = sqlite3.connect(":memory:")
    table.execute("CREATE VIRTUAL TABLE turns USING fts5(text, tokenize = 'porter')")
    table.executemany("INSERT INTO turns (rowid, text) VALUES (?, ?)", ((turn.place, turn.shown) for turn in turns))

    def rank(question: Question) -> list[int]:
        match = " OR ".join(f'"{word}"' for word in _WORD.findall(question.text))
        sql = "SELECT rowid FROM turns WHERE turns MATCH ? ORDER BY rank LIMIT ?"
        return [place for (place,) in table.execute(sql, (match, DEPTH))]

    return rank


def rank_bm25(turns: Sequence[Turn]) -> Rank:
    """The package rank_bm25 (BM25Okapi with its defaults), over words in lower case."""
    from rank_bm25 import BM25Okapi

    corpus = BM25Okapi([_WORD.findall(turn.shown.lower()) for turn in turns])

    def rank(question: Question) -> list[int]:
        scores = corpus.get_scores(_WORD.findall(question.text.lower()))
        return sorted((place for place in range(len(turns)) if scores[place] > 0), key=lambda at: -scores[at])[:DEPTH]

    return rank


def others() -> dict[str, Callable[[Sequence[Turn]], Rank]]:
    """Return what ours is compared with, as far as it is installed."""
    found: dict[str, Callable[[Sequence[Turn]], Rank]] = {"plain FTS5, porter": plain_fts5}
    if find_spec("rank_bm25"):
        found["rank_bm25"] = rank_bm25
    else:
        print("rank_bm25 is not installed and left out: pip install rank_bm25")
    return found


def _agents(conversation: Conversation) -> dict[str, str]:
    """Return a name for each speaker that an agent may have."""
    names: dict[str, str] = {}
    for turn in conversation.turns:
        plain = re.sub(r"[^a-z0-9._-]+", "-", turn.speaker.lower()).strip("-._")
        names.setdefault(turn.speaker, plain or f"speaker-{len(names) + 1}")
    return names
