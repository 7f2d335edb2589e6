"""What only a person may say, and says again when a mission goes on: where its models are asked, who works,
and that nothing confines them.

Rule 1: what was said before stands in the journal, which may have come with what was cloned, so it is shown to be
    changed or taken, and nothing of it is done before a yes to what it gives away (:mod:`teams.cli.trust`).
Rule 2: what could hide something (no plain ASCII, or too long to be seen whole) is not offered; the command then says
    itself what it misses.
Rule 3: what is typed goes on the command's own line and nowhere else: it may hold a login.
"""

import shlex
from urllib.parse import urlsplit

from onecontext.errors import UsageError
from tui.acting.subject import Subject
from tui.snapshot import LEAD

LIMIT_CHARACTERS = 240
_RUNS = ("alive", "silent")


def said_before(subject: Subject) -> str:
    """Return the options that only a person may say, as they were said before; "" when there are none to say.

    A process that runs the mission, and holds it, knows them.
    """
    mission, heart = subject.snapshot.mission, subject.snapshot.hearts.get(LEAD)
    if mission is None or (mission.ending is None and heart is not None and heart.life in _RUNS):
        return ""
    words = ["--api-base", mission.address] if mission.address else []
    words += [word for who in mission.who for word in ("--worker", who)]
    words += ["--sandbox", "none"] if mission.sandbox == "none" else []
    line = shlex.join(words)
    return line if line.isascii() and line.isprintable() and len(line) <= LIMIT_CHARACTERS else ""


def label(subject: Subject) -> str:
    """Return what is asked before the mission goes on, "" when nothing is."""
    return "go on as before, which only you can say (options of 'onecontext resume')" if said_before(subject) else ""


def options(typed: str) -> tuple[str, ...]:
    """Return what was typed as the words of a command line.

    Raises:
        UsageError: a quotation has no end.
    """
    try:
        return tuple(shlex.split(typed))
    except ValueError as error:
        raise UsageError(f"these are no options: {error}") from error


def question(typed: str) -> str:
    """Return what must be confirmed, what it gives away first; "" when nothing was typed."""
    words = options(typed)
    if not words:
        return ""
    hosts = ", ".join(dict.fromkeys(_server(address) for address in _values(words, "--api-base")))
    gives = [f"send your key and your code to {hosts}"] if hosts else []
    gives += ["let agents run with your rights"] if "none" in _values(words, "--sandbox") else []
    return f"{' and '.join(gives) or 'go on'}: resume {shlex.join(words)}"


def _values(words: tuple[str, ...], option: str) -> list[str]:
    """Return what ``option`` is given; the command line takes a name that is cut short, too."""
    found = []
    for word, after in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        if len(name) > len("--a") and option.startswith(name):
            found.append(value if equals else after)
    return [value for value in found if value]


def _server(address: str) -> str:
    """Return host and port, without a login; of what is no address, all of it."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2] or address
    except ValueError:
        return address
