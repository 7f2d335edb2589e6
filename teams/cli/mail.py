"""``onecontext mail``: the threads of a team, and (:mod:`teams.cli.mailing`) sending into them and waiting for more.

Sending is done under the name of a member that joined through us, the lead where none is named.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output
from onecontext.errors import UsageError
from teams.cli.mailing import USAGE, as_data, do, is_verb
from teams.cli.place import add_place, open_team
from teams.protocol.config import LEAD
from teams.protocol.mail.correspondence import Letter, correspondence
from teams.protocol.team import Team

Threads = dict[tuple[str, ...], list[Letter]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", metavar="AGENT | VERB …", help=f"whose mail, or one of: {'; '.join(USAGE.values())}"
    )
    parser.add_argument("--from", dest="sender", default=LEAD, help=f"who sends (default {LEAD})")
    parser.add_argument("--summary", help="a few words that stand for the text")
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="how long to wait (default: for ever); exit code 1 at its end"
    )
    add_place(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    if is_verb(args.words):
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
    lines = []
    for names, letters in threads.items():
        lines += ["", out.paint(" and ".join(names), "bold")]
        lines += [line for letter in letters for line in _lines(letter, out)]
    return "\n".join(lines[1:])


def _lines(letter: Letter, out: Output) -> list[str]:
    message = letter.message
    form = message.form
    said = f"[{form.type}] {message.summary or ''}".rstrip() if form else message.text
    first, *rest = said.splitlines() or [""]
    marks = [] if letter.delivered else ["waiting"]
    marks += [] if message.verified else ["not verified"]
    told = f"  {out.paint('(' + ', '.join(marks) + ')', 'yellow')}" if marks else ""
    clock = out.paint(message.at.astimezone().strftime("%H:%M:%S"), "dim")
    head = f"  {clock}  {out.paint(f'{message.sender} → {message.to}', 'cyan')}  {out.paint(first)}{told}"
    return [head, *(f"            {out.paint(line)}" for line in rest)]
