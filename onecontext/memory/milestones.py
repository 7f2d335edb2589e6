"""COMMIT: the steps since the last milestone become history, and a milestone says what they achieved.

Rule 1: a plain milestone is on record after one append (:mod:`onecontext.memory.recording`); one that changes more than
        the history, such as the purpose or the roadmap, is put into git at once.
Rule 2: records are moved as the bytes they are, so a hand-edited one stays as edited.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from onecontext.errors import Conflict, UsageError
from onecontext.memory import facts, message, metadata, pending, pins, summary
from onecontext.memory.author import Author
from onecontext.memory.desk import NOTHING, Desk, writing
from onecontext.memory.recording import recording
from onecontext.records import Milestone, check_text, encode_milestone, joined
from onecontext.store.layout import Layout
from onecontext.text.redact import redact

Links = Mapping[str, str | None]


def commit(
    layout: Layout,
    branch: str,
    author: Author,
    contribution: str,
    *,
    purpose: str | None = None,
    code_commit: str | None = None,
    task: str | None = None,
    mission: str | None = None,
    pin: Sequence[str] = (),
    decisions: Sequence[str] = (),
    questions: Sequence[str] = (),
    supersedes: Sequence[str] = (),
) -> Milestone:
    """Record a milestone with the pending steps of ``branch``, and pin the facts ``pin``.

    Args:
        decisions, questions: are added to their sections of main.md, each on one line.
        supersedes: ids of facts and records whose place this milestone takes.

    Raises:
        UsageError: the contribution or a fact is empty, or a link has a shape that no trailer may have.
    """
    text = _required(contribution)
    links = {"code_commit": code_commit, "task": task, "mission": mission}
    message.check_links(**links)
    also = _Also(
        None if purpose is None else redact(check_text(purpose, what="purpose")),
        [pins.clean(fact) for fact in pin],
        [pins.clean(text, what="decision") for text in decisions],
        [pins.clean(text, what="question") for text in questions],
        tuple(supersedes),
    )
    if also != _Also():
        return _with_documents(layout, branch, author, text, links, also)
    with recording(layout, branch, at=author.at()) as branch_now:
        milestone = _new(branch_now.desk, author, text, branch_now.metadata(), links)
        return replace(milestone, commit=branch_now.put(milestone, _message(milestone)))


def write_main(layout: Layout, branch: str, author: Author, text: str, *, over: str | None = None) -> Milestone:
    """Replace the roadmap; pending steps stay pending.

    Raises:
        Conflict: it is not ``over`` any more, which None does not ask.
    """
    content = redact(check_text(text, what="roadmap"))
    with writing(layout, branch) as desk:
        desk.take_in(author.at())
        now = (desk.objects.read(desk.tree, "main.md") or b"").decode("utf-8", "replace")
        if over is not None and now not in (over, redact(over)):
            raise Conflict("the roadmap was changed meanwhile; what was written then stands, yours was not written")
        return put(desk, author, "Wrote the roadmap (main.md).", {"main.md": content.encode("utf-8")})


def put(
    desk: Desk,
    author: Author,
    contribution: str,
    changes: Mapping[str, bytes | None] = NOTHING,
    *,
    known: Mapping[str, object] | None = None,
    links: Links | None = None,
    steps: bytes = b"",
    base: str | None = None,
    also: tuple[str, ...] = (),
) -> Milestone:
    """Commit ``changes`` together with a new milestone, and return it; ``known`` is the metadata it is told from."""
    before = desk.tip
    milestone = _new(desk, author, contribution, desk.metadata() if known is None else known, links or {})
    text = _message(milestone)
    commit = desk.extend(milestone, encode_milestone(milestone), steps, text, changes, base=base, also=also)
    desk.publish(before, commit)
    return replace(milestone, commit=commit)


@dataclass(frozen=True)
class _Also:
    """What a milestone changes besides the history; ``purpose`` None leaves it."""

    purpose: str | None = None
    pins: Sequence[str] = field(default_factory=list)
    decisions: Sequence[str] = field(default_factory=list)
    questions: Sequence[str] = field(default_factory=list)
    supersedes: Sequence[str] = ()


def _with_documents(layout: Layout, branch: str, author: Author, text: str, links: Links, also: _Also) -> Milestone:
    with writing(layout, branch) as desk:
        desk.take_in(author.at())
        log = pending.path_in(desk.place, branch)
        found = pending.read(log)
        pending.cut_torn_tail(layout, log, branch, found.end)
        record = author.new_id()
        author = replace(author, new_id=lambda: record)
        before = desk.metadata()
        known = facts.with_superseded(before, also.supersedes, record, author)
        known = pins.with_pins(known, also.pins, desk.branch)
        known = known if also.purpose is None else {**known, "purpose": also.purpose}
        changes: dict[str, bytes | None] = {**_roadmap(desk, also, author)}
        if known != before:
            changes[f"{desk.folder}/metadata.yaml"] = metadata.dump(known)
        steps = found.preamble + joined(found.records) if found.records else b""
        return put(desk, author, text, changes, known=known, links=links, steps=steps)


def _roadmap(desk: Desk, also: _Also, author: Author) -> dict[str, bytes | None]:
    before = (desk.objects.read(desk.tree, "main.md") or b"").decode("utf-8", "replace")
    after = facts.with_bullets(before, facts.DECISIONS, also.decisions, author)
    after = facts.with_bullets(after, facts.QUESTIONS, also.questions, author)
    return {"main.md": after.encode("utf-8")} if after != before else {}


def _new(desk: Desk, author: Author, contribution: str, known: Mapping[str, object], links: Links) -> Milestone:
    return Milestone(
        id=author.new_id(),
        at=author.at(),
        agent=author.agent,
        session=author.session,
        branch=desk.branch,
        purpose=str(known.get("purpose") or ""),
        previous=summary.roll(desk.ends.newest, _pinned(known, desk.branch)),
        contribution=contribution,
        code_commit=links.get("code_commit"),
        task=links.get("task"),
        mission=links.get("mission"),
    )


def _pinned(known: Mapping[str, object], branch: str) -> Sequence[str]:
    return facts.pinned(known, branch) if isinstance(known.get("pinned"), list) else ()


def _message(milestone: Milestone) -> str:
    return message.build(
        milestone.contribution,
        branch=milestone.branch,
        record=milestone.id,
        code_commit=milestone.code_commit,
        task=milestone.task,
        mission=milestone.mission,
    )


def _required(contribution: str) -> str:
    if not contribution.strip():
        raise UsageError(
            "a milestone needs a contribution: what was achieved", hint="onecontext commit 'what was done'"
        )
    return redact(check_text(contribution, what="contribution"))


def appended(desk: Desk, folder: str, milestones: Sequence[bytes], steps: Sequence[bytes]) -> dict[str, bytes | None]:
    """Return the changes that put many framed records behind those in the folder of a branch, oldest first."""
    there = replace(desk, branch=folder, _ends=None)
    return {f"{there.folder}/{name}": file for name, file in there.ends.after_all(milestones, steps).items()}
