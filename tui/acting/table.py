"""The acts: what each fits, what must be typed and confirmed for it, and the command line that does it.

Rule 1: this table decides nothing that the command line decides; it only says beforehand what surely cannot be.
Rule 2: what takes work away or ends something is confirmed by ``y``; enter alone confirms nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

from tui.acting import again, line
from tui.acting.control import Control
from tui.acting.subject import Subject
from tui.acting.words import (
    answering,
    asked_action,
    being_given,
    deciding,
    over_or_none,
    pausing,
    resuming,
    retrying,
    to_agent,
    to_oneself,
    to_team,
)


class Act(NamedTuple):
    """One thing a person can do.

    ``key`` does it directly, "" from the menu alone; ``unfit`` says why it cannot be, "" when it can; ``asks`` is what
    must be typed, "" nothing; ``first`` stands there to begin with; ``optional``: what is typed may be empty; ``sure``
    is what must be confirmed of it, "" nothing; ``apart``: it takes long, and is a process of its own.
    """

    name: str
    key: str
    help: str
    unfit: Callable[[Subject], str]
    line: line.Make
    asks: Callable[[Subject], str] = lambda subject: ""
    first: Callable[[Subject], str] = lambda subject: ""
    optional: bool = False
    sure: Callable[[Subject, str], str] = lambda subject, typed: ""
    apart: bool = False


TO_OTHERS = ("message", "broadcast")
"""What can be done in a team of another program, by whoever has joined it."""


def refusal_of(act: Act, subject: Subject, control: Control) -> str:
    """Return why ``act`` cannot be done now, "" when it can."""
    if control.refusal:
        return control.refusal
    if subject.snapshot.moment is not None:
        return "this is the past of the run; 'end' goes back to now"
    if not subject.snapshot.team:
        return "there is no team yet"
    if subject.snapshot.kept == "files" and act.name not in TO_OTHERS:
        return "another program keeps this team: its members can only be written to"
    return act.unfit(subject) or (to_oneself(subject, control.person) if act.name == "message" else "")


def _named(subject: Subject) -> str:
    return subject.agent.name if subject.agent else ""


def _asker(subject: Subject) -> str:
    return subject.request.asker if subject.request else "who asks"


def _words_of_leave(subject: Subject) -> str:
    """Return where words of an approval go: of the forms of mail only the answer to a plan has a place for them."""
    planned = subject.request is not None and subject.request.kind == "plan"
    return f"words for {_asker(subject)}" if planned else "why, for the journal"


ACTS = (
    Act(
        "approve",
        "+",
        "grant what is asked for",
        deciding,
        line.decide("approve", "--reason={typed}"),
        asks=lambda subject: f"{_words_of_leave(subject)} (may be empty; you are asked once more)",
        optional=True,
        sure=lambda subject, typed: f"approve, exactly as it stands there: {asked_action(subject)}",
    ),
    Act(
        "deny",
        "-",
        "refuse what is asked for, and say why",
        deciding,
        line.decide("deny", "--reason={typed}"),
        asks=lambda subject: f"why not (told to {_asker(subject)})",
    ),
    Act(
        "answer",
        "",
        "answer what a task waits for",
        answering,
        line.task("answer", stdin=True),
        asks=lambda subject: f"answer to #{subject.task.id if subject.task else ''}",
    ),
    Act("retry", "", "let a blocked task be tried again", retrying, line.retry),
    Act(
        "assign",
        "",
        "give the task to another member",
        being_given,
        line.task("assign", stdin=False),
        asks=lambda subject: f"who shall do #{subject.task.id if subject.task else ''}",
        sure=lambda subject, typed: (
            f"take #{subject.task.id} from {subject.task.owner}"
            if subject.task and subject.task.owner and subject.task.state in ("running", "needs_input")
            else ""
        ),
    ),
    Act(
        "message",
        "M",
        "write to the agent",
        to_agent,
        line.mail("send"),
        asks=lambda subject: f"message to {_named(subject)}",
    ),
    Act("broadcast", "B", "write to everybody", to_team, line.mail("broadcast"), asks=lambda subject: "message to all"),
    Act(
        "redirect",
        "R",
        "say what is wanted otherwise",
        over_or_none,
        line.redirect,
        asks=lambda subject: "what is wanted otherwise",
    ),
    Act(
        "pause",
        "P",
        "hold the mission",
        pausing,
        line.mission("pause", "--reason={typed}"),
        asks=lambda subject: "pause: why (may be empty)",
        optional=True,
    ),
    Act(
        "resume",
        "P",
        "let the mission go on",
        resuming,
        line.resume,
        asks=again.label,
        first=again.said_before,
        optional=True,
        sure=lambda subject, typed: again.question(typed),
        apart=True,
    ),
    Act(
        "stop",
        "S",
        "end the mission",
        over_or_none,
        line.mission("stop", "--reason={typed}"),
        asks=lambda subject: "stop: why (may be empty)",
        optional=True,
        sure=lambda subject, typed: f"end {subject.snapshot.team}: work in hand is given back, finished work stays",
    ),
)
"""In the order of the menu: what is about the item first."""
BY_NAME = {act.name: act for act in ACTS}
