"""What people are told of what other programs did, in a line each."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from onecontext.cli.output import Output
from teams.cli.narrate import line_of
from teams.engine.event import Event

TASK = {"id": "4", "subject": "Mend the drawer"}
PATH = {"path": "tasks/crew/4.json", "rule": "taken", "what": "taken by bob"}


def told(type_: str, data: dict[str, Any], *, agent: str | None = None) -> str:
    event = Event(1, "e", datetime(2026, 1, 1, tzinfo=UTC), type_, "crew", data, task="4", agent=agent)
    line = line_of(event, Output(io.StringIO(), io.StringIO()))
    assert line is not None
    assert "\n" not in line
    assert line[10:21] == f"{agent or '':<11}"
    return line[22:]


@pytest.mark.parametrize(
    ("type_", "data", "line"),
    [
        ("violation", PATH | {"lasting": True}, "violation: tasks/crew/4.json: taken by bob"),
        ("violation", {"path": "", "what": "claim refused"}, "violation: claim refused"),
        ("violation.ended", PATH, "no violation any more: tasks/crew/4.json: taken by bob"),
        ("task.reaped", {"task": TASK, "reason": "it is gone"}, "#4 Mend the drawer is free again: it is gone"),
        ("task.imported", {"task": TASK}, "another program made #4 Mend the drawer"),
        ("task.edited", {"task": TASK, "what": "subject"}, "another program changed #4 Mend the drawer: subject"),
        ("member.found", {"name": "zoe", "role": "worker"}, "zoe came through another program"),
        ("member.gone", {"name": "zoe"}, "zoe was taken out by another program"),
        ("team.trouble", {"doing": "take in", "reason": "Damaged: x"}, "could not take in: Damaged: x"),
        ("foreign.write", {"path": "inboxes/a.json", "what": "cut"}, "another program wrote inboxes/a.json: cut"),
    ],
)
def test_each_has_its_line(type_: str, data: dict[str, Any], line: str) -> None:
    assert told(type_, data) == line


def test_what_it_says_at_length_or_on_several_lines_is_one_short_line() -> None:
    line = told("violation", PATH | {"what": "one\x1b[31m\n\nand " + "more " * 100}, agent="bob")

    assert line.startswith("violation: tasks/crew/4.json: one\\x1b[31m")
    assert len(line) < 200
