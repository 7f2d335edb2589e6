"""All there is to know about a task."""

from collections.abc import Iterator
from datetime import tzinfo

from tui.rows.floor import PERSON, Floor, floor_of
from tui.rows.paragraphs import NOTHING, Paragraph
from tui.snapshot import Snapshot, Task, Verdict, Verification
from tui.words import TASK_LOOKS, VERDICT_LOOKS, clock, cost, counted, look, short_count

OUTPUT_LINES = 12


def task_page(task: Task, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    """Tell of ``task``: how it stands, what it comes after, what was promised and found, what it took."""
    # Ages are told as times of day here: a page stays as it was when it was opened.
    floor = floor_of(snapshot, snapshot.last_event_at or task.changed_at)
    face = look(TASK_LOOKS, task.state)
    yield Paragraph("", f"{task.key or task.subject}", "bold")
    if task.key:
        yield Paragraph("", task.subject)
    yield NOTHING
    reason = f": {task.reason}" if task.reason else ""
    yield Paragraph("state", f"{face.glyph} {face.word} since {clock(task.since, zone)}{reason}", face.tone)
    if whom := floor.waits_for(task):
        yield Paragraph("waits for", f"{whom}", "warn" if whom == PERSON else "plain")
    yield Paragraph("owner", task.owner or "nobody")
    yield Paragraph("author", task.author or "nobody yet")
    yield Paragraph("attempt", floor.tries(task))
    if model := floor.model(task):
        yield Paragraph("model", model)
    yield from _took(task, snapshot)
    yield from _links(task, floor)
    if task.description:
        yield NOTHING
        yield Paragraph("", task.description)
    yield from _promises(task, snapshot)
    yield from _checks(task, snapshot, zone)


def _took(task: Task, snapshot: Snapshot) -> Iterator[Paragraph]:
    usage = snapshot.spending.by.get("task", {}).get(task.id)
    if usage:
        read, written = short_count(usage.tokens_in), short_count(usage.tokens_out)
        yield Paragraph("cost", f"{cost(usage)}, {counted(usage.turns, 'call')}, {read} tokens read, {written} written")


def _links(task: Task, floor: Floor) -> Iterator[Paragraph]:
    for number, other in enumerate(task.blocked_by):
        found = floor.tasks.get(other)
        face = look(TASK_LOOKS, found.state) if found else None
        who = f" by {found.owner}" if found and found.owner else ""
        words = f"{face.glyph} #{other} {found.key or found.subject}: {face.word}{who}" if found and face else ""
        done = found is None or found.state == "done"
        yield Paragraph(" " if number else "after", words or f"– #{other}: gone", "dim" if done else "plain")
    if held := floor.held_up.get(task.id):
        names = (floor.tasks[other].key for other in held)
        yield Paragraph(
            "holds up", ", ".join(f"#{other} {key}".rstrip() for other, key in zip(held, names, strict=True))
        )


def _promises(task: Task, snapshot: Snapshot) -> Iterator[Paragraph]:
    texts = {assertion.id: assertion for assertion in snapshot.assertions}
    for number, name in enumerate(task.assertions):
        if not number:
            yield NOTHING
            yield Paragraph("", "Promised", "heading")
        promise = texts.get(name)
        holds = promise.holds if promise else None
        glyph, tone = {None: ("·", "plain"), True: ("✓", "good"), False: ("×", "bad")}[holds]
        words = {None: "not checked yet", True: "holds", False: "does not hold"}[holds]
        yield Paragraph("", f"{glyph} {name} {words}: {promise.text if promise else ''}", tone)


def _checks(task: Task, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    checks = [check for check in snapshot.verifications if check.task == task.id]
    verdicts = [verdict for verdict in snapshot.verdicts if verdict.task == task.id]
    if checks or verdicts:
        yield NOTHING
        yield Paragraph("", "Verified", "heading")
    judged: list[Verification | Verdict] = [*checks, *verdicts]
    for thing in sorted(judged, key=lambda thing: thing.at):
        when = f"{clock(thing.at, zone)}  attempt {thing.attempt or '?'}  "
        yield from _verdict(thing, when) if isinstance(thing, Verdict) else _check(thing, when)


def _verdict(verdict: Verdict, when: str) -> Iterator[Paragraph]:
    face = look(VERDICT_LOOKS, verdict.verdict)
    yield Paragraph("", f"{when}{face.glyph} {face.word} by {verdict.by or 'nobody'}", face.tone)
    for finding in verdict.findings:
        yield Paragraph("", f"  {finding}")


def _check(check: Verification, when: str) -> Iterator[Paragraph]:
    ended = "timed out" if check.exit_code is None else f"exit {check.exit_code}"
    glyph, tone = ("✓", "good") if check.exit_code == 0 else ("×", "bad")
    yield Paragraph("", f"{when}{glyph} {ended}  {check.command}", tone)
    if check.exit_code != 0 and check.output:
        yield Paragraph("", "\n".join(f"  {line}" for line in check.output.splitlines()[-OUTPUT_LINES:]), "dim")
