"""A run as lines for people: which events are worth a line, and what it says.

Rule 1: every type that is written in teams/ has a line here or is one of ``NOT_TOLD`` (tests/architecture holds it).
"""

import json
from collections.abc import Callable
from typing import Any

from onecontext.cli.output import Output
from teams.engine.event import Event
from teams.mission.mission import counted

Data = Any


def line_of(event: Event, out: Output) -> str | None:
    """Return the line for ``event``, painted, or None when it is not worth one."""
    tell = _TELLERS.get(event.type)
    told = tell(event) if tell else None
    if told is None:
        return None
    text, style = told
    clock = event.at.astimezone().strftime("%H:%M:%S")
    who = f"{event.agent or '':<11}"
    return f"{out.paint(clock, 'dim')}  {out.paint(who, 'cyan')} {out.paint(text, *style.split())}"


def _first_line(text: str, limit: int = 110) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _task_name(event: Event) -> str:
    task = event.data["task"]
    ours = (task.get("metadata") or {}).get("onecontext") or {}
    return f"#{task['id']} {ours.get('key', task['subject'])}"


def _claimed(event: Event) -> tuple[str, str]:
    return f"claims {_task_name(event)} (attempt {event.attempt or 1})", "bold"


def _verified(event: Event) -> tuple[str, str]:
    code = event.data["exit_code"]
    text = f"{event.data['assertion']}  {event.data['command']}  → {'timed out' if code is None else f'exit {code}'}"
    return text, "green" if code == 0 else "red"


def _verdict(event: Event) -> tuple[str, str]:
    data = event.data
    findings = "; ".join(data["findings"])
    text = f"{data['verdict']} #{event.task}" + (f": {_first_line(findings, 160)}" if findings else "")
    return text, "green" if data["verdict"] == "accepted" else "red"


def _ended(event: Event) -> tuple[str, str]:
    data = event.data
    text = _first_line(data["text"])
    return data["outcome"] + (f": {text}" if text else ""), "yellow" if data["outcome"] == "failed" else "green"


def _said(event: Event) -> tuple[str, str] | None:
    text = _first_line(event.data.get("text", ""))
    return (f"“{text}”", "dim") if text else None


def _called(event: Event) -> tuple[str, str] | None:
    tool = event.data["tool"]
    if tool in _TOLD_BY_WHAT_FOLLOWS:
        return None
    try:
        arguments = json.loads(event.data["arguments"])
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        arguments = {}
    # The one argument that says what the call is about, whatever the tool; agents' own tools have none we know.
    about = next((str(arguments[name]) for name in _TELLING_ARGUMENTS if name in arguments), "")
    return (f"$ {_first_line(about)}" if tool == "run" else f"{tool} {_first_line(about)}".rstrip()), "dim"


def _about(event: Event, *names: str) -> str:
    """Return what these fields of the event say, on one line; those it lacks are passed over."""
    return _first_line(": ".join(str(event.data[name]) for name in names if event.data.get(name)), 160)


def _edited(event: Event) -> tuple[str, str]:
    return f"another program changed {_task_name(event)}: {_about(event, 'what')}", "cyan"


def _step_started(event: Event) -> tuple[str, str] | None:
    kind = event.data["kind"]
    return (f"begins {_about(event, 'step')} ({kind})", "") if kind in WORKING_KINDS else None


def _step_ended(event: Event) -> tuple[str, str] | None:
    outcome = event.data["outcome"]
    if outcome == "done" and event.data["kind"] not in WORKING_KINDS:
        return None
    style = {"done": "green", "failed": "red"}.get(outcome, "dim")
    return f"{event.data['step']} {'was ' if outcome == 'skipped' else ''}{_about(event, 'outcome', 'reason')}", style


def _decided(event: Event) -> tuple[str, str]:
    data, granted = event.data, event.data["approved"]
    words = f"{_about(event, 'by')} {'approves' if granted else 'denies'} what {_about(event, 'to')} asked leave for"
    return words + (f": {_about(event, 'reason')}" if data.get("reason") else ""), "green" if granted else "yellow"


def _workflow(event: Event) -> tuple[str, str]:
    path = event.data["path"] or "none, the built-in one holds"
    return f"workflow{' mended' if event.data['mended'] else ''}: {path}", "bold"


def _delayed(event: Event) -> tuple[str, str]:
    return f"#{event.task} rests {event.data['seconds']:g} s: {_about(event, 'reason')}", "yellow"


NOT_TOLD = frozenset(
    {
        # Told before the first event, or by the summary after the last.
        "team.created",
        "mission.started",
        "mission.ended",
        # The mail and the states of agents are for the monitor; here they would drown the rest.
        "message.sent",
        "message.posted",
        "message.delivered",
        "agent.state",
        "tool.result",
        "memory.committed",
        # What they come with has a line: the claim and the handing over, the verdict, the merge, the new task.
        "attempt.started",
        "attempt.ended",
        "task.inspected",
        "task.completed",
        "task.rejected",
        "task.revised",
        "task.linked",
        "task.renewed",
    }
)
_TOLD_BY_WHAT_FOLLOWS = frozenset(
    {"submit_plan", "finish", "give_verdict", "change_plan", "stop_mission", "carry_on", "answer", "result"}
)
WORKING_KINDS = ("agent", "command", "mission", "land")
"""Of steps of a play; the others are told by what is in them."""
_TELLING_ARGUMENTS = ("command", "path", "folder", "text", "name", "to")
_TELLERS: dict[str, Callable[[Event], tuple[str, str] | None]] = {
    "mission.planned": lambda event: (
        f"contract: {counted(len(event.data['contract']['assertions']), 'assertion', 'assertions')}, "
        f"{counted(len(event.data['contract']['tasks']), 'task', 'tasks')}",
        "bold",
    ),
    "mission.forked": lambda event: (f"begins as {_about(event, 'from')} was at its event {event.data['at']}", "bold"),
    "mission.resumed": lambda event: (f"resumed: {_about(event, 'reason')}", "bold"),
    "mission.halted": lambda event: (f"says {_about(event, 'word', 'reason')}", "yellow"),
    "mission.redirected": lambda event: (f"{_about(event, 'by')} wants: {_about(event, 'text')}", "bold"),
    "mission.examined": lambda event: (
        f"{_about(event, 'verdict')} that it cannot be done: {_about(event, 'claim')}",
        "yellow",
    ),
    "mission.decided": lambda event: (f"decides: {_about(event, 'choice', 'ending', 'reason')}", "bold"),
    "mission.released": lambda event: ("lets the mission go on", "bold"),
    "mission.interrupted": lambda event: (f"interrupted: {event.data['reason']}", "yellow"),
    "task.created": lambda event: (f"task {_task_name(event)}: {event.data['task']['subject']}", ""),
    "task.claimed": _claimed,
    "task.submitted": lambda event: (f"hands over {_task_name(event)}", ""),
    "task.released": lambda event: (f"gives back {_task_name(event)}: {event.data.get('reason', '')}", "yellow"),
    "task.blocked": lambda event: (f"{_task_name(event)} is blocked: {event.data.get('reason', '')}", "red"),
    "task.finished": lambda event: (f"{_task_name(event)} is done", "green"),
    "task.asked": lambda event: (f"needs input for {_task_name(event)}: {_about(event, 'reason')}", "yellow"),
    "task.answered": lambda event: (f"answers about {_task_name(event)}: {_about(event, 'reason')}", ""),
    "task.unblocked": lambda event: (f"{_task_name(event)} may go on", ""),
    "task.reopened": lambda event: (f"reopens {_task_name(event)}: {_about(event, 'reason')}", "yellow"),
    "task.deleted": lambda event: (f"{_task_name(event)} is off the board: {_about(event, 'reason')}", "yellow"),
    "task.reaped": lambda event: (f"{_task_name(event)} is free again: {_about(event, 'reason')}", "yellow"),
    "task.imported": lambda event: (f"another program made {_task_name(event)}", "cyan"),
    "task.edited": _edited,
    "member.joined": lambda event: (f"joins as {event.data['name']}", "bold"),
    "member.rejoined": lambda event: ("is back after its process was killed", "bold"),
    "member.left": lambda event: (f"leaves: {event.data['reason'] or 'no reason given'}", "bold"),
    "member.found": lambda event: (f"{event.data['name']} came through another program", "bold"),
    "member.gone": lambda event: (f"{event.data['name']} was taken out by another program", "bold"),
    "request.decided": _decided,
    "turn.started": lambda event: (f"takes a message of {event.data['from']}", ""),
    "turn.ended": _ended,
    "tool.intent": _called,
    "model.called": _said,
    "effect.settled": lambda event: (f"a call in doubt is decided on: {_about(event, 'tool', 'by', 'answer')}", "bold"),
    "model.fallback": lambda event: (f"goes on with {_about(event, 'to')}: {_about(event, 'reason')}", "yellow"),
    "workflow.loaded": _workflow,
    "workflow.refused": lambda event: (f"the last good workflow holds: {_about(event, 'reason')}", "yellow"),
    "attempt.delayed": _delayed,
    "attempt.cancelled": lambda event: (f"is called off #{event.task}: {_about(event, 'reason')}", "yellow"),
    "model.limited": lambda event: (f"waits for {_about(event, 'model')}: {_about(event, 'reason')}", "yellow"),
    "agent.stalled": lambda event: (f"is stuck: {_about(event, 'reason')}", "yellow"),
    "verify.command": _verified,
    "verdict.given": _verdict,
    "step.started": _step_started,
    "step.ended": _step_ended,
    "work.merged": lambda event: (f"merged #{event.task} as {event.data['commit'][:10]}", "green"),
    "violation": lambda event: (f"violation: {_about(event, 'path', 'what')}", "red"),
    "violation.ended": lambda event: (f"no violation any more: {_about(event, 'path', 'what')}", "green"),
    "foreign.write": lambda event: (f"another program wrote {_about(event, 'path', 'what')}", "yellow"),
    "team.trouble": lambda event: (f"could not {_about(event, 'doing', 'reason')}", "yellow"),
}
