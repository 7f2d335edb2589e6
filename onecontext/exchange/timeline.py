"""``index.yaml``: the dialect that keeps one timeline for all branches.

Rule 1: an entry is a milestone: its id, intent and note are the contribution, its hash is the code commit.
Rule 2: the file is kept as well, word for word: it has more keys than a milestone.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from onecontext.exchange.found import BEGINNING, Record, milestone_record
from onecontext.exchange.gcc_records import parsed_time

FILE = "index.yaml"
_COMMIT = re.compile(r"[0-9a-f]{7,64}", re.ASCII)


def entries(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the entries that are mappings, each with its branch, in the order of the file."""
    timeline = document.get("timeline")
    default = document.get("current_branch")
    for entry in timeline if isinstance(timeline, list) else []:
        if isinstance(entry, dict):
            branch = entry.get("branch") or default
            yield (branch if isinstance(branch, str) and branch else "main"), entry


def milestone(entry: dict[str, Any], *, origin: str, folder: str, last: datetime, seen: dict[str, int]) -> Record:
    """Return an entry as a milestone; ``last`` is its time where it has none."""
    name, intent, note = (_text(entry.get(key)) for key in ("id", "intent", "note"))
    first = " ".join(part for part in (f"[{name}]" if name else "", intent) if part)
    words = "\n\n".join(part for part in (first, note) if part)
    at = time_of(entry, last)
    commit = _text(entry.get("hash"))
    source = "\0".join((name, commit, intent, note, at.isoformat()))
    return milestone_record(
        branch=origin,
        folder=folder,
        wanted_id="",
        at=at,
        texts=("", "", words),
        source=source,
        seen=seen,
        code_commit=commit if _COMMIT.fullmatch(commit) else None,
    )


def time_of(entry: dict[str, Any], last: datetime = BEGINNING) -> datetime:
    """Return the time of an entry, in UTC where it names no zone; ``last`` where it has none that can be read."""
    value = entry.get("date")
    try:
        return parsed_time(value.isoformat() if isinstance(value, date) else _text(value))
    except (ValueError, OverflowError):
        return last


def _text(value: object) -> str:
    return "" if value is None else str(value)
