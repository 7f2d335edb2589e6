"""The acts: what each fits, what must be typed and confirmed for it, and the command line that does it.

Rule 1: this table decides nothing that the command line decides; it only says beforehand what surely cannot be.
Rule 2: texts of people go by stdin or behind ``--``, so that none of them is taken for an option. What a
    mission goes on with are options, and typed as such (:mod:`tui.acting.again`).
Rule 3: what takes work away or ends something is confirmed by ``y``; enter alone confirms nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tui.acting import again
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


class Line(NamedTuple):
    """A command line of ours without the program's name, the folder it runs in, and what it reads from stdin.

    ``base`` is the roadmap that ``stdin`` was made of, None of all other commands: see :mod:`tui.acting.roadmap`.
    """

    argv: tuple[str, ...]
    folder: Path
    stdin: str = ""
    base: str | None = None


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
    line: Callable[[Subject, Control, str], Line]
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


def folder_of(subject: Subject) -> Path:
    """Return the folder that the team's root belongs to: where a person would type the command."""
    return Path(subject.snapshot.root).absolute().parent


def _root(subject: Subject) -> str:
    return f"--root={Path(subject.snapshot.root).absolute()}"


def _place(subject: Subject) -> tuple[str, ...]:
    return f"--team={subject.snapshot.team}", _root(subject)


def _mission(word: str, *options: str) -> Callable[[Subject, Control, str], Line]:
    """Return what makes a word to the mission; ``options`` may name ``{typed}``."""

    def line(subject: Subject, control: Control, typed: str) -> Line:
        more = [option.replace("{typed}", typed) for option in options]
        who = (f"--as={control.person}", _root(subject))
        return Line((word, *who, *more, "--", subject.snapshot.team), folder_of(subject))

    return line


def _resume(subject: Subject, control: Control, typed: str) -> Line:
    who = (f"--as={control.person}", _root(subject))
    return Line(("resume", *who, *again.options(typed), "--", subject.snapshot.team), folder_of(subject))


def _mail(verb: str) -> Callable[[Subject, Control, str], Line]:
    def line(subject: Subject, control: Control, typed: str) -> Line:
        to = (subject.agent.name,) if verb == "send" and subject.agent else ()
        return Line(
            ("mail", *_place(subject), f"--by={control.person}", "--", verb, *to, "-"), folder_of(subject), typed
        )

    return line


def _task(verb: str, *, stdin: bool) -> Callable[[Subject, Control, str], Line]:
    def line(subject: Subject, control: Control, typed: str) -> Line:
        assert subject.task is not None
        head = ("task", verb, *_place(subject), f"--as={control.person}", "--", subject.task.id)
        if stdin:
            return Line((*head, "-"), folder_of(subject), typed)
        return Line((*head, typed.strip()), folder_of(subject))

    return line


def _decide(word: str, *options: str) -> Callable[[Subject, Control, str], Line]:
    def line(subject: Subject, control: Control, typed: str) -> Line:
        assert subject.request is not None
        more = [option.replace("{typed}", typed) for option in options]
        head = (word, *_place(subject), f"--as={control.person}", *more)
        # Its own id was chosen by who asks, and may be any other's.
        return Line((*head, f"--message={subject.request.id}", "--", subject.request.id), folder_of(subject))

    return line


def _redirect(subject: Subject, control: Control, typed: str) -> Line:
    who = (f"--mission={subject.snapshot.team}", f"--as={control.person}", _root(subject))
    return Line(("redirect", *who, "--", typed), folder_of(subject))


def _retry(subject: Subject, control: Control, typed: str) -> Line:
    assert subject.task is not None
    who = (f"--mission={subject.snapshot.team}", f"--as={control.person}", _root(subject))
    return Line(("retry", *who, "--", subject.task.id), folder_of(subject))


def read_roadmap(subject: Subject) -> Line:
    """Return the command that reads main.md with its revision."""
    return Line(("roadmap", "--json"), folder_of(subject))


def write_roadmap(subject: Subject, control: Control, text: str, *, over: str, base: str | None = None) -> Line:
    """Return the command that writes main.md unless it was changed since revision ``over``, whose text is ``base``."""
    argv = ("roadmap", "--write=-", f"--agent={control.author}", f"--over={over}")
    return Line(argv, folder_of(subject), text, base)


def reading(line: Line) -> Line:
    """Return the command that reads what ``line`` writes over."""
    return Line(("roadmap", "--json"), line.folder)


def over_now(line: Line, text: str, revision: str) -> Line:
    """Return ``line`` for another text over another revision."""
    return line._replace(argv=(*line.argv[:-1], f"--over={revision}"), stdin=text)


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
        _decide("approve", "--reason={typed}"),
        asks=lambda subject: f"{_words_of_leave(subject)} (may be empty; you are asked once more)",
        optional=True,
        sure=lambda subject, typed: f"approve, exactly as it stands there: {asked_action(subject)}",
    ),
    Act(
        "deny",
        "-",
        "refuse what is asked for, and say why",
        deciding,
        _decide("deny", "--reason={typed}"),
        asks=lambda subject: f"why not (told to {_asker(subject)})",
    ),
    Act(
        "answer",
        "",
        "answer what a task waits for",
        answering,
        _task("answer", stdin=True),
        asks=lambda subject: f"answer to #{subject.task.id if subject.task else ''}",
    ),
    Act("retry", "", "let a blocked task be tried again", retrying, _retry),
    Act(
        "assign",
        "",
        "give the task to another member",
        being_given,
        _task("assign", stdin=False),
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
        _mail("send"),
        asks=lambda subject: f"message to {_named(subject)}",
    ),
    Act("broadcast", "B", "write to everybody", to_team, _mail("broadcast"), asks=lambda subject: "message to all"),
    Act(
        "redirect",
        "R",
        "say what is wanted otherwise",
        over_or_none,
        _redirect,
        asks=lambda subject: "what is wanted otherwise",
    ),
    Act(
        "pause",
        "P",
        "hold the mission",
        pausing,
        _mission("pause", "--reason={typed}"),
        asks=lambda subject: "pause: why (may be empty)",
        optional=True,
    ),
    Act(
        "resume",
        "P",
        "let the mission go on",
        resuming,
        _resume,
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
        _mission("stop", "--reason={typed}"),
        asks=lambda subject: "stop: why (may be empty)",
        optional=True,
        sure=lambda subject, typed: f"end {subject.snapshot.team}: work in hand is given back, finished work stays",
    ),
)
"""In the order of the menu: what is about the item first."""
BY_NAME = {act.name: act for act in ACTS}
