"""Each event as one line: what happened, in a few words, and in which tone.

Rule 1: every type has a line; one that nobody foresaw is told by its name.
Rule 2: words only; who and when stand in columns of their own.
"""

import json
from collections.abc import Callable, Mapping

from teams.engine.event import Event
from tui import fields
from tui.fields import head, last
from tui.forms import IDLE_FORM, gist_of

Told = tuple[str, str]
Namer = Callable[[str], str]


def tell(event: Event, name_of: Namer) -> Told:
    """Return the words and the tone for ``event``; ``name_of`` turns a task's id into what people call it."""
    teller = TOLD.get(event.type)
    if teller is not None:
        return teller(event, name_of)
    if event.type.startswith("task."):
        return _task(event, name_of)
    return f"{event.type} (not known here)", "dim"


def arguments_of(raw: str) -> str:
    """Return a tool's arguments as people would say them: ``{"command": "ls"}`` is ``ls``."""
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        return head(raw)
    if not isinstance(parsed, Mapping):
        return head(raw)
    return "  ".join(head(value if isinstance(value, str) else json.dumps(value)) for value in parsed.values())


def _name(event: Event, name_of: Namer) -> str:
    return name_of(event.task) if event.task else "the mission"


def _task(event: Event, name_of: Namer) -> Told:
    what = event.type.removeprefix("task.")
    words, tone = _TASK_WORDS.get(what, (what, "plain"))
    reason = fields.text(event.data, "reason") or fields.text(event.data, "what")
    attempt = f" (attempt {event.attempt})" if what == "claimed" and event.attempt and event.attempt > 1 else ""
    subject = (
        ": " + fields.text(fields.mapping(event.data, "task"), "subject") if what in ("created", "imported") else ""
    )
    return f"{words} {_name(event, name_of)}{attempt}{subject}" + (f": {head(reason)}" if reason else ""), tone


def _started(event: Event, name_of: Namer) -> Told:
    return f"mission: {head(fields.text(event.data, 'goal'))}", "bold"


def _planned(event: Event, name_of: Namer) -> Told:
    contract = fields.mapping(event.data, "contract")
    assertions, tasks = fields.mappings(contract, "assertions"), fields.mappings(contract, "tasks")
    return f"contract: {len(assertions)} assertions, {len(tasks)} tasks", "bold"


def _ended(event: Event, name_of: Namer) -> Told:
    ending = fields.text(event.data, "ending")
    reason = fields.text(event.data, "reason")
    return f"mission {ending.replace('_', ' ')}" + (f": {head(reason)}" if reason else ""), (
        "good" if ending == "done" else "bad"
    )


def _attempt_started(event: Event, name_of: Namer) -> Told:
    return f"{fields.text(event.data, 'role') or 'attempt'} starts on {_name(event, name_of)}", "plain"


def _attempt_ended(event: Event, name_of: Namer) -> Told:
    outcome, reason = fields.text(event.data, "outcome"), fields.text(event.data, "reason")
    tone = "warn" if outcome in ("failed", "interrupted") else "dim"
    return f"attempt {outcome}" + (f": {head(reason)}" if reason else ""), tone


def _delayed(event: Event, name_of: Namer) -> Told:
    seconds, reason = fields.optional_float(event.data, "seconds") or 0.0, head(fields.text(event.data, "reason"))
    return f"{_name(event, name_of)} rests {seconds:.1f} s" + (f": {reason}" if reason else ""), "warn"


def _called(event: Event, name_of: Namer) -> Told:
    said = head(fields.text(event.data, "text"))
    count = fields.number(event.data, "tokens_in") + fields.number(event.data, "tokens_out")
    return (f"“{said}”", "plain") if said else (f"model answered, {count:,} tokens", "dim")


def _intent(event: Event, name_of: Namer) -> Told:
    return f"▸ {fields.text(event.data, 'tool')} {arguments_of(fields.text(event.data, 'arguments'))}", "info"


def _result(event: Event, name_of: Namer) -> Told:
    ok, output = fields.flag(event.data, "ok"), fields.text(event.data, "output")
    code = fields.exit_code(output)
    tool, worked = fields.text(event.data, "tool") or "tool", ok and not code
    # Of a command what it said last says most: how many tests passed, what failed.
    said = head(output) if code is None else last(output.partition("\n")[2])
    ended = "" if code is None else f" exit {code}"
    return (
        f"{'✓' if worked else '×'} {tool}{ended}{': ' + said if said else ''}{_took(event)}",
        "dim" if worked else "warn",
    )


def _took(event: Event) -> str:
    """Return how long it took, where that is a second or more: nobody waits for less."""
    took_s = fields.optional_float(event.data, "duration_s") or 0.0
    return f" ({took_s:.1f} s)" if took_s >= 1 else ""


def _verified(event: Event, name_of: Namer) -> Told:
    code = fields.optional_number(event.data, "exit_code")
    ended = "timed out" if code is None else f"exit {code}"
    command, assertion = fields.text(event.data, "command"), fields.text(event.data, "assertion")
    glyph, tone = ("✓", "good") if code == 0 else ("×", "bad")
    return f"{glyph} {assertion} {ended}: {head(command)}{_took(event)}", tone


def _verdict(event: Event, name_of: Namer) -> Told:
    verdict = fields.text(event.data, "verdict")
    findings = "; ".join(fields.texts(event.data, "findings"))
    glyph, tone = ("✓", "good") if verdict == "accepted" else ("×", "bad")
    return f"{glyph} {verdict} {_name(event, name_of)}" + (f": {head(findings)}" if findings else ""), tone


def _merged(event: Event, name_of: Namer) -> Told:
    branch, commit = head(fields.text(event.data, "branch")), fields.text(event.data, "commit")
    return f"✓ merged {_name(event, name_of)} into {branch} as {commit[:10]}", "good"


def _message(event: Event, name_of: Namer) -> Told:
    data = event.data
    form = fields.text(data, "form")
    words = gist_of(form, fields.text(data, "summary"), fields.text(data, "text"))
    return f"→ {fields.text(data, 'to')}: {words}", "dim" if form == IDLE_FORM else "plain"


def _turn_ended(event: Event, name_of: Namer) -> Told:
    outcome, said = fields.text(event.data, "outcome"), head(fields.text(event.data, "text"))
    return (outcome or "turn is over") + (f": {said}" if said else ""), "warn" if outcome == "failed" else "plain"


def _passed(words: str) -> Callable[[Event, Namer], Told]:
    return lambda event, name_of: (f"{head(fields.text(event.data, 'name')) or 'somebody'} {words}", "dim")


def _step_ended(event: Event, name_of: Namer) -> Told:
    outcome = fields.text(event.data, "outcome")
    glyph, tone = {"done": ("✓", "good"), "failed": ("×", "bad")}.get(outcome, ("‖", "dim"))
    parts = [head(fields.text(event.data, name)) for name in ("outcome", "reason")]
    return f"{glyph} {head(fields.text(event.data, 'step'))} " + ": ".join(filter(None, parts)), tone


def _troubled(event: Event, name_of: Namer) -> Told:
    parts = [head(fields.text(event.data, name)) for name in ("doing", "reason")]
    return "▲ could not " + ": ".join(filter(None, parts)), "warn"


def _broken(glyph: str, words: str, tone: str) -> Callable[[Event, Namer], Told]:
    """Return what tells of a file and a rule: the file first, which is short."""

    def told(event: Event, name_of: Namer) -> Told:
        parts = [head(fields.text(event.data, name)) for name in ("path", "what")]
        return f"{glyph} {words}: " + ": ".join(filter(None, parts)), tone

    return told


def _request_decided(event: Event, name_of: Namer) -> Told:
    granted = fields.flag(event.data, "approved")
    by, to, reason = (head(fields.text(event.data, name)) for name in ("by", "to", "reason"))
    words = f"{by or 'somebody'} {'approves' if granted else 'denies'} what {to or 'somebody'} asked leave for"
    glyph, tone = ("✓", "good") if granted else ("×", "warn")
    return f"{glyph} {words}" + (f": {reason}" if reason else ""), tone


def _halted(event: Event, name_of: Namer) -> Told:
    word = "stop" if fields.text(event.data, "word") == "stop" else "pause"
    by, reason = (head(fields.text(event.data, name)) for name in ("by", "reason"))
    return f"‖ {by or 'somebody'} says {word}" + (f": {reason}" if reason else ""), "warn"


def _simple(words: str, tone: str, *names: str) -> Callable[[Event, Namer], Told]:
    def told(event: Event, name_of: Namer) -> Told:
        parts = [head(fields.text(event.data, name)) for name in names]
        return " ".join([words, *filter(None, parts)]), tone

    return told


_TASK_WORDS = {
    "created": ("adds", "plain"),
    "claimed": ("claims", "accent"),
    "released": ("gives back", "warn"),
    "submitted": ("hands over", "review"),
    "rejected": ("× sent back", "bad"),
    "completed": ("✓ completed", "good"),
    "blocked": ("■ blocked", "bad"),
    "unblocked": ("unblocked", "info"),
    "reopened": ("reopens", "info"),
    "deleted": ("deletes", "warn"),
    "renewed": ("renews", "dim"),
    "finished": ("✓ finished", "good"),
    "inspected": ("reviews", "review"),
    "asked": ("? asks about", "warn"),
    "answered": ("answers about", "info"),
    "revised": ("gives another shape to", "info"),
    "linked": ("links", "dim"),
    "reaped": ("freed", "warn"),
    "imported": ("another program made", "info"),
    "edited": ("another program changed", "info"),
}
TOLD: dict[str, Callable[[Event, Namer], Told]] = {
    **dict.fromkeys((f"task.{what}" for what in _TASK_WORDS), _task),
    "team.created": _simple("team created", "dim"),
    "member.joined": _simple("joins:", "dim", "name", "role"),
    "member.left": _simple("leaves:", "dim", "name", "reason"),
    "member.rejoined": _simple("is back after its process was killed:", "dim", "name"),
    "member.found": _passed("came through another program"),
    "member.gone": _passed("was taken out by another program"),
    "turn.started": _simple("takes a message of", "plain", "from"),
    "turn.ended": _turn_ended,
    "message.sent": _message,
    "request.decided": _request_decided,
    "mission.started": _started,
    "mission.planned": _planned,
    "mission.forked": _simple("mission forked from", "bold", "from"),
    "mission.resumed": _simple("mission resumed", "bold", "reason"),
    "mission.interrupted": _simple("mission interrupted", "warn", "reason"),
    "mission.halted": _halted,
    "mission.redirected": _simple("‣ wants:", "info", "by", "text"),
    "mission.examined": _simple("is it possible at all?", "warn", "verdict", "claim"),
    "mission.decided": _simple("decides:", "bold", "choice", "ending", "reason"),
    "mission.released": _simple("mission goes on, released by", "bold", "by"),
    "mission.ended": _ended,
    "attempt.started": _attempt_started,
    "attempt.ended": _attempt_ended,
    "attempt.delayed": _delayed,
    "attempt.cancelled": _simple("called off:", "warn", "reason"),
    "workflow.loaded": _simple("workflow:", "info", "path"),
    "workflow.refused": _simple("▲ the last good workflow holds:", "warn", "reason"),
    "model.called": _called,
    "model.limited": _simple("‖ waits for", "warn", "model", "reason"),
    "agent.stalled": _simple("‖ is stuck:", "warn", "reason"),
    "effect.settled": _simple("a call in doubt is decided on:", "bold", "tool", "by", "answer"),
    "model.fallback": _simple("‖ goes on with", "warn", "to", "reason"),
    "tool.intent": _intent,
    "tool.result": _result,
    "verify.command": _verified,
    "verdict.given": _verdict,
    "work.merged": _merged,
    "step.started": _simple("begins", "plain", "step", "kind"),
    "step.ended": _step_ended,
    "memory.committed": _simple("remembers:", "info", "contribution"),
    "foreign.write": _simple("another program wrote", "warn", "path", "what"),
    "violation": _broken("■", "violation", "bad"),
    "violation.ended": _broken("✓", "no violation any more", "good"),
    "team.trouble": _troubled,
}
