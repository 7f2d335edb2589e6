"""The command lines that do what a person does on the screen.

Rule 1: texts of people go by stdin or behind ``--``, so that none of them is taken for an option. What a
    mission goes on with are options, and typed as such (:mod:`tui.acting.again`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tui.acting import again
from tui.acting.control import Control
from tui.acting.subject import Subject


class Line(NamedTuple):
    """A command line of ours without the program's name, the folder it runs in, and what it reads from stdin.

    ``base`` is the roadmap that ``stdin`` was made of, None of all other commands: see :mod:`tui.acting.roadmap`.
    """

    argv: tuple[str, ...]
    folder: Path
    stdin: str = ""
    base: str | None = None


Make = Callable[[Subject, Control, str], Line]
"""Makes a command line of what it is about, who does it, and what was typed."""


def folder_of(subject: Subject) -> Path:
    """Return the folder that the team's root belongs to: where a person would type the command."""
    return Path(subject.snapshot.root).absolute().parent


def _root(subject: Subject) -> str:
    return f"--root={Path(subject.snapshot.root).absolute()}"


def _place(subject: Subject) -> tuple[str, ...]:
    return f"--team={subject.snapshot.team}", _root(subject)


def mission(word: str, *options: str) -> Make:
    """Return what makes a word to the mission; ``options`` may name ``{typed}``."""

    def line(subject: Subject, control: Control, typed: str) -> Line:
        more = [option.replace("{typed}", typed) for option in options]
        who = (f"--as={control.person}", _root(subject))
        return Line((word, *who, *more, "--", subject.snapshot.team), folder_of(subject))

    return line


def resume(subject: Subject, control: Control, typed: str) -> Line:
    """Return what lets the mission go on; what was typed are options."""
    who = (f"--as={control.person}", _root(subject))
    return Line(("resume", *who, *again.options(typed), "--", subject.snapshot.team), folder_of(subject))


def mail(verb: str) -> Make:
    """Return what makes a message of what was typed; ``verb`` is "send" (to the agent) or "broadcast"."""

    def line(subject: Subject, control: Control, typed: str) -> Line:
        to = (subject.agent.name,) if verb == "send" and subject.agent else ()
        return Line(
            ("mail", *_place(subject), f"--by={control.person}", "--", verb, *to, "-"), folder_of(subject), typed
        )

    return line


def task(verb: str, *, stdin: bool) -> Make:
    """Return what does something with the task; what was typed goes by ``stdin``, or is the last argument."""

    def line(subject: Subject, control: Control, typed: str) -> Line:
        assert subject.task is not None
        head = ("task", verb, *_place(subject), f"--as={control.person}", "--", subject.task.id)
        if stdin:
            return Line((*head, "-"), folder_of(subject), typed)
        return Line((*head, typed.strip()), folder_of(subject))

    return line


def decide(word: str, *options: str) -> Make:
    """Return what decides the request; ``options`` may name ``{typed}``."""

    def line(subject: Subject, control: Control, typed: str) -> Line:
        assert subject.request is not None
        more = [option.replace("{typed}", typed) for option in options]
        head = (word, *_place(subject), f"--as={control.person}", *more)
        # Its own id was chosen by who asks, and may be any other's.
        return Line((*head, f"--message={subject.request.id}", "--", subject.request.id), folder_of(subject))

    return line


def redirect(subject: Subject, control: Control, typed: str) -> Line:
    """Return what tells the mission what is wanted otherwise."""
    who = (f"--mission={subject.snapshot.team}", f"--as={control.person}", _root(subject))
    return Line(("redirect", *who, "--", typed), folder_of(subject))


def retry(subject: Subject, control: Control, typed: str) -> Line:
    """Return what has the task tried again."""
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
