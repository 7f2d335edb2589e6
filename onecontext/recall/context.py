"""CONTEXT: what matters now, inside a token budget.

Rule 1: a context never counts more tokens than its budget, by the counter it names.
Rule 2: what did not fit is said, with how to get it.
Rule 3: it is a view for reading: control characters of stored texts are shown, not passed on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from onecontext.errors import AmbiguousRevision, UnknownRevision, UsageError
from onecontext.memory import metadata
from onecontext.recall.files import branches_at, tree_at
from onecontext.recall.history import History
from onecontext.recall.pack import Piece, pack
from onecontext.records import Milestone, Step, iso
from onecontext.store.layout import Layout
from onecontext.text.tokens import Counter

_NAMED = 8
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Context:
    """A text to read. ``budget`` None is no limit; ``counter`` names what counted ``tokens``."""

    text: str
    tokens: int
    budget: int | None
    counter: str
    left_out: list[str]

    def __str__(self) -> str:
        return self.text


def context(
    layout: Layout,
    branch: str,
    *,
    counter: Counter,
    budget: int | None = None,
    whole: bool = False,
    commit: str | None = None,
    log: bool = False,
    segment: str | None = None,
    k: int = 5,
    at: datetime | None = None,
) -> Context:
    """Return what to know of ``branch``.

    Args:
        budget: tokens; 0 gives an empty text.
        whole: also the roadmap and the other branches (the status of everything).
        commit: one milestone in full instead, by any revision.
        log: the last ``k`` steps instead.
        segment: this key of the metadata instead.
        k: how many milestones or steps.
        at: the memory as it was then, steps that had no milestone yet not included; None is now.

    Raises:
        UsageError: a negative number, or no such key.
        UnknownRevision: ``commit`` names no milestone, or the branch had not begun ``at`` that time.
    """
    if (budget is not None and budget < 0) or k < 0:
        raise UsageError("a budget and -k are 0 or more", hint="leave --budget out for no limit")
    history = History(layout, branch, tree_at(layout, branch, at) if at is not None else None)
    if commit is not None:
        pieces = [_milestone_piece(_find(layout, history, commit, at))]
    elif segment is not None:
        pieces = [_segment_piece(history, segment)]
    elif log:
        pieces = [_step_piece(step) for step in history.steps(limit=k)]
    else:
        pieces = [*_branch_pieces(history, k), *(_whole_pieces(layout, history, at) if whole else [])]
    packed = pack([Piece(p.label, clean(p.text), p.how_to_get) for p in pieces], budget=budget, counter=counter)
    return Context(packed.text, packed.tokens, budget, counter.name, list(packed.left_out))


def clean(text: str) -> str:
    """Return ``text`` with line ends as line feeds and other control characters shown as ``\\xNN``."""
    text = text.replace("\r\n", "\n")
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def _branch_pieces(history: History, k: int) -> list[Piece]:
    name, data = history.branch, history.metadata
    newest = history.milestones(limit=max(k, 1))
    pending = history.pending()
    facts = [f"# Memory: branch {name} ({data.get('status') or 'active'})"]
    facts += [f"Purpose: {data['purpose']}"] if data.get("purpose") else []
    last = f"{newest[0].id}, {iso(newest[0].at)[:16]}Z" if newest else "none yet"
    facts.append(f"Last milestone: {last}. Steps since: {len(pending)}.")
    pieces = [Piece("status and purpose", "\n".join(facts), f"onecontext context --branch {name}")]
    pieces += [
        Piece("a pinned fact", f"Pinned: {pin}", "onecontext context --metadata pinned") for pin in _pinned(data)
    ]
    shown = newest[:k]
    pieces += [_milestone_piece(milestone, summary=False) for milestone in shown[:1]]
    if newest and newest[0].previous:
        text = f"## Progress before\n{newest[0].previous}"
        pieces.append(Piece("the progress summary", text, f"onecontext show {newest[0].id}"))
    pieces += [_step_piece(step) for step in pending[:k]]
    pieces += [_milestone_piece(milestone, summary=False) for milestone in shown[1:]]
    if len(pending) > k:
        more = f"{len(pending) - k} older steps are pending: onecontext context --log -k {len(pending)}"
        pieces.append(Piece("how many more steps there are", more, "onecontext log --steps"))
    return pieces


def _whole_pieces(layout: Layout, history: History, at: datetime | None) -> list[Piece]:
    roadmap = history.roadmap()
    names = layout.branches() if at is None else branches_at(layout, at)
    others = [name for name in names if name != history.branch]
    text = f"## Other branches\n{', '.join(others)}" if others else ""
    found = [Piece("the roadmap", roadmap.strip("\n"), "main.md in the memory's folder")]
    return [*found, Piece("the list of branches", text, "onecontext branch")]


def _pinned(data: dict[str, Any]) -> Sequence[str]:
    pins = data.get("pinned")
    return [str(pin) for pin in pins] if isinstance(pins, list) else []


def _milestone_piece(milestone: Milestone, *, summary: bool = True) -> Piece:
    edited = ", edited by hand" if milestone.edited else ""
    head = f"## Milestone {milestone.id} ({milestone.branch}, {milestone.agent}, {iso(milestone.at)[:16]}Z{edited})"
    lines = [head, milestone.contribution]
    if summary:
        lines = [head]
        links = {"code commit": milestone.code_commit, "task": milestone.task, "mission": milestone.mission}
        lines += [f"{key}: {value}" for key, value in links.items() if value]
        lines += [f"Purpose: {milestone.purpose}"] if milestone.purpose else []
        lines += ["", milestone.contribution]
        lines += ["", "Progress before:", milestone.previous] if milestone.previous else []
    return Piece(f"milestone {milestone.id}", "\n".join(lines), f"onecontext show {milestone.id}")


def _step_piece(step: Step) -> Piece:
    edited = ", edited by hand" if step.edited else ""
    lines = [f"### Step {step.n} ({step.branch}, {step.agent}, {iso(step.at)[:16]}Z{edited})"]
    parts = {"Observation": step.observation, "Thought": step.thought, "Action": step.action}
    lines += [f"{label}: {text}" for label, text in parts.items() if text]
    return Piece(f"step {step.n} of {step.branch}", "\n".join(lines), "onecontext log --steps")


def _segment_piece(history: History, segment: str) -> Piece:
    if segment not in history.metadata:
        known = ", ".join(sorted(history.metadata)) or "none"
        raise UsageError(f"the metadata of {history.branch!r} has no {segment!r}; there are {known}")
    text = metadata.dump({segment: history.metadata[segment]}).decode("utf-8")
    return Piece(f"metadata {segment}", text, f"onecontext context --metadata {segment}")


def _find(layout: Layout, history: History, revision: str, at: datetime | None) -> Milestone:
    found = [milestone for milestone in history.milestones() if revision and milestone.id.startswith(revision.lower())]
    if len(found) > 1:
        raise AmbiguousRevision(revision[:40], [milestone.id for milestone in found[:_NAMED]])
    if found:
        return found[0]
    # No record of this branch: a commit, a tag, or another branch's, which takes git to find.
    from onecontext.recall.revisions import show

    try:
        return show(layout, revision, at=at)
    except UnknownRevision as error:
        raise UnknownRevision(
            f"no milestone is called {revision[:80]!r}", hint="'onecontext log' lists them"
        ) from error
