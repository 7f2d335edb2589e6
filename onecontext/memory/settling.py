"""Milestones that are on record and not yet in git are put there: all of them as one pack and one move of the ref.

Rule 1: what was acknowledged is applied again from its record, so it does not matter who does it, or what moved the
        branch meanwhile: an edit by hand, or git. On an unmoved branch the commits are those that were promised.
        Steps that were changed by hand in the log meanwhile become history as they stand there.
Rule 2: the write-ahead file is emptied last; one that is met again after a kill is compared with the history first.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from onecontext.errors import InvalidDocument
from onecontext.memory import pending
from onecontext.records import Raw, decode_milestone, joined, split
from onecontext.store import ahead
from onecontext.store.ahead import Ahead

if TYPE_CHECKING:
    from onecontext.memory.desk import Desk


def settle(desk: "Desk") -> None:
    """Put what is on record of the desk's branch into git; nothing happens when there is nothing.

    Raises:
        StorageError: full or read-only; all of it is on record still.
    """
    if ahead.is_empty(desk.layout, desk.branch):
        return
    records, _ = ahead.read(desk.layout, desk.branch)
    durable = any(record.durable for record in records)
    missing = _not_in_git(desk, records)
    if missing:
        # Metadata that is no YAML by now is for whoever edits it; what was acknowledged does not wait for that.
        with suppress(InvalidDocument):
            desk.take_in(datetime.now(UTC))
        before = desk.tip
        for record in _as_they_stand(desk, missing):
            replay(desk, record)
        desk.publish(before, desk.tip, durable=durable)
    ahead.clear(desk.layout, desk.branch, durable=durable)


def replay_all(desk: "Desk") -> set[tuple[str, str, str]]:
    """Make the commits of all that is on record in memory; return the keys of the steps that are history with it."""
    records, _ = ahead.read(desk.layout, desk.branch)
    for record in _as_they_stand(desk, _not_in_git(desk, records)):
        replay(desk, record)
    return {raw.key for record in records for raw in split(record.steps).records}


def replay(desk: "Desk", record: Ahead) -> str:
    """Make the commit of ``record`` on the desk's tip, in memory, and return its name."""
    milestone = decode_milestone(split(record.record).records[0])
    return desk.extend(milestone, record.record, record.steps, record.message)


def _as_they_stand(desk: "Desk", records: list[Ahead]) -> list[Ahead]:
    """Return the records with their steps as the log has them by now: somebody may have changed them there by hand."""
    log = pending.read(pending.path_in(desk.place, desk.branch))
    # No hand writes NUL: those are what a power cut left of a step.
    now = {raw.key: raw for raw in log.records if b"\0" not in raw.raw}
    found = []
    for record in records:
        taken = split(record.steps)
        if taken.records:
            # A note may stand before the first step by now.
            first = bool(log.records) and log.records[0].key == taken.records[0].key and b"\0" not in log.preamble
            steps = joined(now.get(raw.key, raw) for raw in taken.records)
            record = replace(record, steps=(log.preamble if first else taken.preamble) + steps)
        found.append(record)
    return found


def _not_in_git(desk: "Desk", records: list[Ahead]) -> list[Ahead]:
    """Return those that a writer who was killed before emptying the file had not put there yet."""
    if not records or records[0].parent == desk.tip:
        return records
    # A rollback or a merge can only follow once the file was emptied, so they are among the newest of the history.
    known = {raw.key for raw in _newest(desk, len(records))}
    return [record for record in records if split(record.record).records[0].key not in known]


def _newest(desk: "Desk", count: int) -> list[Raw]:
    newest = desk.ends.number
    numbers = range(newest, max(newest - count - 2, -1), -1)
    return [raw for number in numbers for raw in split(desk.read(f"commit/{number:04d}.md") or b"").records]
