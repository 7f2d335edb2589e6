"""``onecontext mail``: the threads of a team, and (:mod:`teams.cli.mailing`) sending into them and waiting for more.

Rule 1: who sends is a member that joined through us: the one ``--as`` names, else ``$ONECONTEXT_AGENT``, else the lead.
Rule 2: the ids that are shown are the shortest that ``reply`` and ``ack`` take.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line
from onecontext.errors import UsageError
from teams.cli.given import seconds
from teams.cli.mail_shown import as_data, lines_of, short_ids
from teams.cli.mailing import USAGE, do, is_verb
from teams.cli.place import AGENT_VARIABLE, add_place, open_team
from teams.protocol.config import LEAD
from teams.protocol.mail.correspondence import Letter, correspondence
from teams.protocol.team import Team

Threads = dict[tuple[str, ...], list[Letter]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="AGENT | VERB …",
        help=f"whose mail to show, or one of: {'; '.join(USAGE.values())}; a TEXT '-' is read from stdin, "
        "an ID may be the beginning of one",
    )
    parser.add_argument(
        "--as", "--from", dest="agent", metavar="AGENT", help=f"who does it (default: ${AGENT_VARIABLE}, else {LEAD})"
    )
    parser.add_argument(
        "--by",
        metavar="PERSON",
        help="who speaks: as that member where it is one of ours, else through the one who sends; kept in the journal",
    )
    parser.add_argument("--summary", help="a few words that stand for the text")
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="how long to wait (default: for ever); then exit code 1",
    )
    add_place(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    if args.words[:1] == ["list"]:
        del args.words[0]
    elif is_verb(args.words):
        return do(args, invocation)
    if len(args.words) > 1:
        raise UsageError(f"mail takes one AGENT, or one of: {'; '.join(USAGE.values())}")
    team = open_team(args, invocation)
    agent = args.words[0] if args.words else None
    threads = _threads(correspondence(team.folder, team.journal), agent)
    if agent and not threads:
        # Who has left still has mail to show; who never was there is a slip of the pen.
        team.config.member(agent)
    data = {"team": team.name, "threads": [_as_data(names, letters) for names, letters in threads.items()]}
    invocation.out.answer(data, _as_text(team, threads, invocation.out))
    return 0


def _threads(letters: Sequence[Letter], agent: str | None) -> Threads:
    """Return the letters by the names between which they went, the thread with the newest letter last."""
    threads: Threads = {}
    for letter in sorted(letters, key=lambda letter: letter.message.at):
        names = tuple(sorted({letter.message.sender, letter.message.to}))
        if agent is None or agent in names:
            threads[names] = [*threads.pop(names, []), letter]
    return threads


def _as_data(names: tuple[str, ...], letters: Sequence[Letter]) -> dict[str, Any]:
    return {
        "between": list(names),
        "messages": [{**as_data(letter.message), "delivered": letter.delivered} for letter in letters],
    }


def _as_text(team: Team, threads: Threads, out: Output) -> str:
    if not threads:
        return f"{out.paint(team.name, 'bold')}: no mail"
    ids = short_ids(letter.message for letters in threads.values() for letter in letters)
    lines = []
    for names, letters in threads.items():
        lines += ["", out.paint(one_line(" and ".join(names), limit=160), "bold")]
        for letter in letters:
            marks = [] if letter.delivered else ["waiting"]
            lines += lines_of(letter.message, ids[letter.message.msg_id], out, marks=marks)
    return "\n".join(lines[1:])
