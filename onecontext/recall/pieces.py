"""The parts of an answer: how each thing that is remembered is told, and where it comes from.

Rule 1: what is ours (kind, id, branch, agent, time) stands in a heading and is made of nothing that can be free text;
        what others wrote stands in the text. So no text forges where it comes from.
Rule 2: every piece says how to get all of it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from onecontext.memory import summary
from onecontext.names import is_name
from onecontext.records import Milestone, Step, iso
from onecontext.text.fence import one_line

_HEX = frozenset("0123456789abcdef")
_KEY = r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,62}"  # compiled when it is needed: that takes as long as reading a context


@dataclass(frozen=True)
class Source:
    """Where a piece comes from; what is empty or None is not known or does not apply.

    ``where`` is the file of the memory and what of it, such as ``main.md#Decisions``, for what is no record.
    """

    branch: str = ""
    agent: str = ""
    session: str = ""
    at: datetime | None = None
    edited: bool = False
    where: str = ""


class Piece(NamedTuple):
    """One part of an answer.

    Attributes:
        label: what it is, as in "milestone 3f2a91c0"; used where it is left out, never in its text.
        text: what others wrote; one without text takes no room, unless it has a heading.
        how_to_get: the command that shows it in full.
        heading: our line above the text; "" is none. Items that follow each other under the same one share it.
        kind: "branch", "pin", "milestone", "step", "summary", "roadmap", "decision", "question", "branches",
            "main", "metadata", "diff", "group" (of ``parts``) or "note", for programs.
        id: what names it among those of its kind; "" is nothing.
        source: where it comes from.
        item: it is told as one bullet of a list.
        notice: our line below the text; "" is none.
        cursor: of a record in a window that can be scrolled: what the next page begins after, if this is the last one.
        value: where pieces have values, those with the most for their tokens go in first; else the first ones do.
        parts: pieces that are told below this one's heading, all of them or none.
    """

    label: str
    text: str
    how_to_get: str
    heading: str = ""
    kind: str = "note"
    id: str = ""
    source: Source = Source()
    item: bool = False
    notice: str = ""
    cursor: str = ""
    value: float = 0.0
    parts: "tuple[Piece, ...]" = ()


def milestone_piece(milestone: Milestone, *, full: bool = False) -> Piece:
    """Return a milestone: its contribution, and in ``full`` also its links, purpose and the progress before."""
    name = shown_id(milestone.id)
    heading = f"Milestone {name} ({_stamp(milestone)})"
    text = milestone.contribution
    if full:
        links = {"Code commit": milestone.code_commit, "Task": milestone.task, "Mission": milestone.mission}
        parts = [f"{key}: {value}" for key, value in links.items() if value]
        parts += [f"Purpose: {milestone.purpose}"] if milestone.purpose else []
        parts += ["", milestone.contribution] if parts else [milestone.contribution]
        parts += ["", "Progress before:", milestone.previous] if milestone.previous else []
        text = "\n".join(parts)
    how = f"onecontext show {name}" if is_id(milestone.id) else "onecontext log"
    return Piece(f"milestone {name}", text, how, heading, "milestone", milestone.id, _source(milestone))


def step_piece(step: Step) -> Piece:
    """Return a step: what was observed, thought and done."""
    parts = {"Observation": step.observation, "Thought": step.thought, "Action": step.action}
    text = "\n".join(f"{label}: {said}" for label, said in parts.items() if said)
    heading = f"Step {step.n} ({_stamp(step)})"
    how = f"onecontext context --commit {step.id}" if is_id(step.id) else "onecontext log --steps"
    return Piece(f"step {step.n} of {shown_name(step.branch)}", text, how, heading, "step", step.id, _source(step))


def branch_piece(name: str, purpose: str, status: str, newest: Milestone | None, pending: int) -> Piece:
    """Return how a branch stands, and its purpose."""
    last = f"last milestone {shown_id(newest.id)}, {minute(newest.at)}" if newest else "no milestone yet"
    heading = f"Branch {shown_name(name)} ({status if is_name(status) else 'active'}; {last}; steps since: {pending})"
    text = f"Purpose: {purpose}" if purpose else ""
    how = f"onecontext context --branch {shown_name(name)}"
    return Piece("status and purpose", text, how, heading, "branch", name, Source(branch=name))


def summary_piece(newest: Milestone, gone: Collection[str] = ()) -> Piece:
    """Return the progress before the newest milestone, as it carries it.

    Its lines about pins, which are told themselves, and about the records ``gone`` are left out.
    """
    name = shown_id(newest.id)
    heading = f"Progress before {name}"
    lines = [line for line in newest.previous.split("\n") if not line.startswith(summary.PIN)]
    lines = [line for line in lines if line.removeprefix("- ").partition(":")[0] not in gone]
    return Piece(
        "the progress summary",
        "\n".join(lines),
        f"onecontext show {name}",
        heading,
        "summary",
        newest.id,
        _source(newest),
    )


def roadmap_piece(text: str, branch: str) -> Piece:
    """Return main.md."""
    where = Source(branch=branch, where="main.md")
    return Piece("the roadmap", text, "main.md in the memory's folder", "Roadmap (main.md)", "roadmap", "", where)


def branches_piece(names: Sequence[str]) -> Piece:
    """Return the names of other branches."""
    text = ", ".join(shown_name(name) for name in names)
    return Piece("the list of branches", text, "onecontext branch", f"Other branches ({len(names)})", "branches")


def metadata_piece(key: str, text: str, branch: str) -> Piece:
    """Return one key of a branch's metadata, as YAML."""
    shown = key if re.fullmatch(_KEY, key) else "a key"
    how = f"onecontext context --metadata '{shown}'" if shown == key else "metadata.yaml in the branch's folder"
    heading = f"Metadata of {shown_name(branch)}: {shown}"
    where = Source(branch=branch, where=f"metadata.yaml#{one_line(key, limit=64)}")
    return Piece(f"metadata {shown}", text, how, heading, "metadata", shown, where)


def note_piece(heading: str, how_to_get: str) -> Piece:
    """Return a line of our own."""
    return Piece(heading, "", how_to_get, heading)


def with_cursor(piece: Piece, cursor: str) -> Piece:
    """Return ``piece`` as one of a window that can be scrolled."""
    return piece._replace(cursor=cursor)


def shown_id(record: str) -> str:
    """Return a record's id where it is one; somebody may have written anything into a frame."""
    return record if is_id(record) else "without an id"


def is_id(text: str) -> bool:
    """Say whether a text can be the id of a record, or the beginning of one."""
    return 4 <= len(text) <= 64 and _HEX.issuperset(text)


def _stamp(record: Milestone | Step) -> str:
    edited = ", edited by hand" if record.edited else ""
    return f"{shown_name(record.branch)}, {shown_name(record.agent)}, {minute(record.at)}{edited}"


def shown_name(name: str) -> str:
    """Return the name of a branch or an agent where it can be one; in a frame may stand anything."""
    return name if is_name(name) else "(no name)"


def minute(at: datetime) -> str:
    """Return a time as headings tell it."""
    return f"{iso(at)[:16]}Z"


def _source(record: Milestone | Step) -> Source:
    return Source(record.branch, record.agent, record.session, record.at, record.edited)
