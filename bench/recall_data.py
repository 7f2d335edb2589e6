"""Conversations with questions and labelled evidence, in the JSON layout of the public LoCoMo set.

A list of ``{"sample_id", "conversation", "qa"}``. ``conversation`` has ``session_<n>`` (turns with ``speaker``,
``dia_id``, ``text``) and ``session_<n>_date_time``; ``qa`` has ``question``, ``evidence`` (ids of turns), ``category``.

Rule 1: what annotators wrote is not what was said: of a turn its text is taken, and ``blip_caption``, which says what a
        picture shows that was shared with it; ``query``, ``img_url`` and ``re-download`` are never read.
Rule 2: ids of evidence are untidy ("D8:6; D9:17", "D 8:6", "D08:06"): they are read forgivingly, and what names no turn
        is counted. A question without any evidence cannot be measured, and is counted too.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_ID = re.compile(r"D\s*:?\s*(\d+)\s*:\s*(\d+)", re.IGNORECASE)
_SESSION = re.compile(r"session_(\d+)")
_TIME = "%I:%M %p on %d %B, %Y"


@dataclass(frozen=True)
class Turn:
    """One thing said; ``place`` counts the turns of its conversation."""

    place: int
    speaker: str
    session: int
    at: datetime
    text: str
    picture: str

    @property
    def shown(self) -> str:
        """The turn as every system that knows only texts is given it, and as it is packed into a budget."""
        return "\n".join(part for part in (f"{self.speaker}: {self.text}", self.picture) if part)


@dataclass(frozen=True)
class Question:
    """``evidence`` are the places of turns."""

    text: str
    evidence: frozenset[int]
    category: int


@dataclass(frozen=True)
class Conversation:
    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]


@dataclass
class Dropped:
    """What could not be used: ids that name no turn, and questions that are left without evidence."""

    ids: list[str] = field(default_factory=list)
    questions: int = 0


def load(path: Path) -> tuple[list[Conversation], Dropped]:
    """Read a set of conversations.

    Raises:
        ValueError: the file is not of this layout.
    """
    dropped = Dropped()
    try:
        return [_conversation(one, dropped) for one in json.loads(path.read_text("utf-8"))], dropped
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} has not the layout of LoCoMo: {error!r}") from error


def _conversation(sample: dict[str, Any], dropped: Dropped) -> Conversation:
    said = sample["conversation"]
    numbers = sorted(int(found[1]) for key in said if (found := _SESSION.fullmatch(key)))
    turns: list[Turn] = []
    places: dict[tuple[int, int], int] = {}
    for number in numbers:
        at = datetime.strptime(said[f"session_{number}_date_time"], _TIME).replace(tzinfo=UTC)
        for turn in said[f"session_{number}"]:
            places[_ids(turn["dia_id"])[0]] = len(turns)
            texts = turn["text"], turn.get("blip_caption") or ""
            turns.append(Turn(len(turns), turn["speaker"], number, at, *texts))
    questions = [_question(one, places, dropped) for one in sample["qa"]]
    return Conversation(str(sample["sample_id"]), tuple(turns), tuple(one for one in questions if one))


def _question(one: dict[str, Any], places: dict[tuple[int, int], int], dropped: Dropped) -> Question | None:
    evidence: set[int] = set()
    for text in one["evidence"]:
        ids = _ids(text)
        evidence.update(places[found] for found in ids if found in places)
        if not ids or any(found not in places for found in ids):
            dropped.ids.append(text)
    if not evidence:
        dropped.questions += 1
        return None
    return Question(one["question"], frozenset(evidence), int(one["category"]))


def _ids(text: str) -> list[tuple[int, int]]:
    return [(int(session), int(turn)) for session, turn in _ID.findall(text)]
