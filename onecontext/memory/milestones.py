"""COMMIT: the steps since the last milestone become history, and a milestone says what they achieved.

Rule 1: a commit touches four bounded files whatever came before: the newest milestones, the newest history file of
        milestones, one new file of steps, and the emptied log.
Rule 2: records are moved as the bytes they are, so a hand-edited one stays as edited.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from onecontext.errors import UsageError
from onecontext.memory import message, metadata, pending, pins, summary
from onecontext.memory.desk import Desk, writing
from onecontext.memory.model import Author
from onecontext.records import Milestone, check_text, decode_milestone, encode_milestone, joined, split
from onecontext.store.layout import Layout
from onecontext.text.redact import redact

_SHOWN_RECORDS, _SHOWN_BYTES = 10, 16 * 1024
_FILE_RECORDS, _FILE_BYTES = 32, 32 * 1024
_FAN_OUT = 100


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
) -> Milestone:
    """Record a milestone with the pending steps of ``branch``, and pin the facts ``pin``.

    Raises:
        UsageError: the contribution or a fact is empty, or a link has a shape that no trailer may have.
    """
    text = _required(contribution)
    message.check_links(code_commit=code_commit, task=task, mission=mission)
    facts = [pins.clean(fact) for fact in pin]
    wanted = None if purpose is None else redact(check_text(purpose, what="purpose"))
    with writing(layout, branch) as desk:
        take_in(desk, author)
        log = pending.path_in(desk.place, branch)
        found = pending.read(log)
        pending.cut_torn_tail(layout, log, branch, found.end)
        changes: dict[str, bytes | None] = {f"{desk.folder}/log.md": b""}
        if found.records:
            steps = found.preamble + joined(found.records)
            changes[f"{desk.folder}/log/{_next_log(desk)}"] = steps
        before = desk.metadata()
        known = pins.with_pins(before, facts, branch) if facts else before
        if wanted is not None:
            known = {**known, "purpose": wanted}
        if known != before:
            changes[f"{desk.folder}/metadata.yaml"] = metadata.dump(known)
        links = {"code_commit": code_commit, "task": task, "mission": mission}
        return put(desk, author, text, changes, known=known, links=links)


def write_main(layout: Layout, branch: str, author: Author, text: str) -> Milestone:
    """Replace the roadmap; pending steps stay pending."""
    content = redact(check_text(text, what="roadmap"))
    with writing(layout, branch) as desk:
        take_in(desk, author)
        return put(desk, author, "Wrote the roadmap (main.md).", {"main.md": content.encode("utf-8")})


def take_in(desk: Desk, author: Author) -> None:
    """Take in what people edited among the files that the next milestone writes over."""
    newest = _newest(desk, "commit")
    names = [f"{desk.folder}/commit.md", *([f"{desk.folder}/commit/{newest:04d}.md"] if newest >= 0 else [])]
    desk.take_in_edits(author.at(), *names)


def put(
    desk: Desk,
    author: Author,
    contribution: str,
    changes: dict[str, bytes | None],
    *,
    known: dict[str, object] | None = None,
    links: dict[str, str | None] | None = None,
    base: str | None = None,
    also: tuple[str, ...] = (),
) -> Milestone:
    """Commit ``changes`` together with a new milestone, and return it."""
    data = desk.metadata() if known is None else known
    shown = list(split(desk.read("commit.md") or b"").records)
    pinned, ties = data.get("pinned"), links or {}
    milestone = Milestone(
        id=author.new_id(),
        at=author.at(),
        agent=author.agent,
        session=author.session,
        branch=desk.branch,
        purpose=str(data.get("purpose") or ""),
        previous=summary.roll(
            decode_milestone(shown[-1]) if shown else None,
            [str(pin) for pin in pinned] if isinstance(pinned, list) else (),
        ),
        contribution=contribution,
        code_commit=ties.get("code_commit"),
        task=ties.get("task"),
        mission=ties.get("mission"),
    )
    record = encode_milestone(milestone)
    path, history = _history(desk, record)
    changes = {
        **changes,
        f"{desk.folder}/commit.md": _newest_records([raw.raw for raw in shown] + [record]),
        f"{desk.folder}/commit/{path}": history,
    }
    text = message.build(contribution, branch=desk.branch, record=milestone.id, **ties)
    commit = desk.commit(changes, text, author=author.agent, at=milestone.at, base=base, also=also)
    return replace(milestone, commit=commit)


def _required(contribution: str) -> str:
    if not contribution.strip():
        raise UsageError(
            "a milestone needs a contribution: what was achieved", hint="onecontext commit 'what was done'"
        )
    return redact(check_text(contribution, what="contribution"))


def _newest_records(records: list[bytes]) -> bytes:
    kept = [records[-1]]
    for record in reversed(records[-_SHOWN_RECORDS:-1]):
        if sum(map(len, kept)) + len(record) > _SHOWN_BYTES:
            break
        kept.insert(0, record)
    return b"".join(kept)


def _history(desk: Desk, record: bytes) -> tuple[str, bytes]:
    newest = _newest(desk, "commit")
    old = (desk.read(f"commit/{newest:04d}.md") or b"") if newest >= 0 else b""
    if newest < 0 or len(split(old).records) >= _FILE_RECORDS or len(old) + len(record) > _FILE_BYTES:
        return f"{newest + 1:04d}.md", record
    return f"{newest:04d}.md", old + (b"" if old.endswith(b"\n") or not old else b"\n") + record


def _next_log(desk: Desk) -> str:
    folder = _newest(desk, "log")
    if folder < 0:
        return "0000/0000.md"
    file = _newest(desk, f"log/{folder:04d}") + 1
    return f"{folder:04d}/{file:04d}.md" if file < _FAN_OUT else f"{folder + 1:04d}/0000.md"


def _newest(desk: Desk, name: str) -> int:
    names = desk.objects.entries(desk.tree, f"{desk.folder}/{name}")
    stems = [entry.removesuffix(".md") for entry in names]
    return max((int(stem) for stem in stems if stem.isdecimal()), default=-1)


def appended(desk: Desk, folder: str, milestones: Sequence[bytes], steps: Sequence[bytes]) -> dict[str, bytes | None]:
    """Return the changes that put many framed records behind those in the folder of a branch, oldest first.

    The files stay as bounded as those of single milestones; the steps become history in files of their own.
    """
    there = replace(desk, branch=folder)
    changes: dict[str, bytes | None] = {}
    number = _newest(there, "commit")
    content = (there.read(f"commit/{number:04d}.md") or b"") if number >= 0 else b""
    count = len(split(content).records) if number >= 0 else _FILE_RECORDS
    for record in milestones:
        if count >= _FILE_RECORDS or len(content) + len(record) > _FILE_BYTES:
            number, content, count = number + 1, b"", 0
        content += (b"" if content.endswith(b"\n") or not content else b"\n") + record
        count += 1
        changes[f"{there.folder}/commit/{number:04d}.md"] = content
    if milestones:
        shown = [raw.raw for raw in split(there.read("commit.md") or b"").records]
        changes[f"{there.folder}/commit.md"] = _newest_records([*shown, *milestones])
    place, _, name = _next_log(there).partition("/")
    number = int(place) * _FAN_OUT + int(name.removesuffix(".md"))
    for file in _files_of(steps):
        changes[f"{there.folder}/log/{number // _FAN_OUT:04d}/{number % _FAN_OUT:04d}.md"] = file
        number += 1
    return changes


def _files_of(records: Sequence[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    for record in records:
        if waiting and (len(waiting) >= _FILE_RECORDS or sum(map(len, waiting)) + len(record) > _FILE_BYTES):
            yield b"".join(waiting)
            waiting = []
        waiting.append(record)
    if waiting:
        yield b"".join(waiting)
