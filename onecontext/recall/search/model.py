"""What a search takes and gives, as plain data.

Rule 1: this file does no input or output.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, get_args

Kind = Literal["step", "milestone", "main", "metadata"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Hit:
    """Something that a search found.

    Attributes:
        id: of a record its id; else ``main.md#<heading>`` or ``metadata#<key>``.
        branch: of a record the one it was written on; else one that has it: the named one, or the first by name.
        agent, session: who wrote the record and in which session; both empty for the roadmap and the metadata.
        at: when the record was written; of the roadmap and the metadata, when the branch was last committed to.
        text: all of it.
        score: higher is better; comparable within one search only.
        how_to_get: the command that shows it in full.
        alike: ids of records that say the same in the same words and are no hits of their own, where asked for.
    """

    id: str
    kind: Kind
    branch: str
    agent: str
    session: str
    at: datetime
    text: str
    score: float
    how_to_get: str
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What was found, as a text to read. ``budget`` None is no limit; ``counter`` names what counted ``tokens``."""

    text: str
    tokens: int
    budget: int | None
    counter: str
    left_out: list[str]
    hits: list[Hit]

    def __str__(self) -> str:
        return self.text


class Wanted(NamedTuple):
    """What a hit must be; None is anything. ``since_us`` counts microseconds from 1970, UTC."""

    branch: str | None = None
    agent: str | None = None
    since_us: int | None = None
    kind: Kind | None = None


class Candidate(NamedTuple):
    """A document that answers to a query, and how well by BM25: higher is better."""

    doc: int
    score: float
