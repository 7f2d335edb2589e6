"""All there is to know about an event: of a command what ran, how it ended and what it said; then the event itself."""

import json
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from tui import fields
from tui.projection.telling import arguments_of
from tui.rows.paragraphs import NOTHING, Paragraph
from tui.snapshot import LogLine, Snapshot
from tui.words import clock, seconds

TOOLS = ("tool.intent", "tool.result")
LONG = frozenset({"output", "arguments", "text", "task"})
"""Fields that are told in words above, or nowhere: a task's whole document."""


def event_page(line: LogLine, snapshot: Snapshot, zone: tzinfo | None) -> Iterator[Paragraph]:
    """Tell of ``line``; of a tool's call and its answer both, where both are kept."""
    yield Paragraph("", line.text, line.tone if line.tone != "dim" else "plain")
    yield NOTHING
    yield Paragraph("event", f"{line.seq} {line.type}", "accent")
    yield Paragraph("agent", line.agent or "none")
    if line.task:
        yield Paragraph("task", f"#{line.task}")
    yield Paragraph("at", clock(line.at, zone))
    if line.type in TOOLS:
        yield from _tool(line, snapshot.log)
    elif line.type == "verify.command":
        yield from _command(line)
    else:
        yield from _text(line)
    yield NOTHING
    data = {name: value for name, value in line.data.items() if name not in LONG or not _is_told(line, name)}
    yield Paragraph("", json.dumps(data, indent=2, ensure_ascii=False, default=str), "dim")


def partner(line: LogLine, log: Sequence[LogLine]) -> LogLine | None:
    """Return the answer to a call, or the call that was answered; None where it is not kept, or did not come yet."""
    wanted = TOOLS[1 - TOOLS.index(line.type)]
    call = fields.text(line.data, "call")
    of_it = (other for other in reversed(log) if other.type == wanted and other.agent == line.agent)
    return next((other for other in of_it if fields.text(other.data, "call") == call), None)


def _is_told(line: LogLine, name: str) -> bool:
    return line.type in (*TOOLS, "verify.command") or name in ("text", "task")


def _tool(line: LogLine, log: Sequence[LogLine]) -> Iterator[Paragraph]:
    other = partner(line, log)
    intent, result = (line, other) if line.type == TOOLS[0] else (other, line)
    if intent:
        raw = fields.text(intent.data, "arguments")
        yield Paragraph("ran", f"{fields.text(intent.data, 'tool')} {arguments_of(raw)}", "bold")
    if result is None:
        yield Paragraph("ended", "not yet, or nobody knows")
        return
    output, ok = fields.text(result.data, "output"), fields.flag(result.data, "ok")
    code = fields.exit_code(output)
    words = "worked" if ok else "failed"
    yield Paragraph("ended", words if code is None else f"exit code {code}", "good" if ok and not code else "warn")
    yield from _took(result)
    yield from _output(output if code is None else output.partition("\n")[2])
    if intent:
        yield from _output(raw, "Arguments")


def _command(line: LogLine) -> Iterator[Paragraph]:
    code = fields.optional_number(line.data, "exit_code")
    yield Paragraph("ran", fields.text(line.data, "command"), "bold")
    ended = "it took too long" if code is None else f"exit code {code}"
    yield Paragraph("ended", ended, "good" if code == 0 else "bad")
    yield from _took(line)
    yield from _output(fields.text(line.data, "output"))


def _took(line: LogLine) -> Iterator[Paragraph]:
    took_s = fields.optional_float(line.data, "duration_s")
    if took_s is not None:
        yield Paragraph("took", seconds(took_s))


def _text(line: LogLine) -> Iterator[Paragraph]:
    if text := fields.text(line.data, "text"):
        yield NOTHING
        yield Paragraph("", text)


def _output(text: str, title: str = "Output") -> Iterator[Paragraph]:
    if text.strip():
        yield NOTHING
        yield Paragraph("", title, "heading")
        yield Paragraph("", text.rstrip())
