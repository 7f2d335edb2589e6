"""``onecontext mail``: the threads of a team, and sending into one.

Sending is done under the name of a member that joined through us, the lead where none is named.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output
from onecontext.errors import UsageError
from teams.cli.place import add_place, open_team
from teams.protocol.mail.correspondence import Letter, correspondence
from teams.protocol.roster import LEAD
from teams.protocol.team import Team

Threads = dict[tuple[str, ...], list[Letter]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="AGENT | send TO TEXT", help="whose mail, or what to send to whom")
    parser.add_argument("--from", dest="sender", default=LEAD, help=f"who sends (default {LEAD})")
    parser.add_argument("--summary", help="a few words that stand for the text")
    add_place(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    if args.words[:1] == ["send"] and len(args.words) == 3:
        return _send(args, invocation)
    if len(args.words) > 1:
        raise UsageError("mail takes one AGENT, or send TO TEXT", hint="quote the text: mail send ann 'please look'")
    team = open_team(args, invocation)
    agent = args.words[0] if args.words else None
    threads = _threads(correspondence(team.folder, team.journal), agent)
    if agent and not threads:
        # Who has left still has mail to show; who never was there is a slip of the pen.
        team.config.member(agent)
    data = {"team": team.name, "threads": [_as_data(names, letters) for names, letters in threads.items()]}
    invocation.out.answer(data, _as_text(team, threads, invocation.out))
    return 0


def _send(args: argparse.Namespace, invocation: Invocation) -> int:
    team = open_team(args, invocation)
    message = team.send(args.words[1], args.words[2], sender=args.sender, summary=args.summary)
    invocation.out.answer({"team": team.name, "msg_id": message.msg_id, "to": message.to}, f"sent to {message.to}")
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
    return {"between": list(names), "messages": [_letter(letter) for letter in letters]}


def _letter(letter: Letter) -> dict[str, Any]:
    message = letter.message
    return {
        "msg_id": message.msg_id,
        "from": message.sender,
        "to": message.to,
        "at": message.at,
        "summary": message.summary,
        "text": message.text,
        "form": message.form.type if message.form else None,
        "verified": message.verified,
        "delivered": letter.delivered,
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
