"""What ``onecontext mail`` can do besides showing threads: send, broadcast, reply, wait, acknowledge."""

import argparse
from collections.abc import Sequence
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from teams.cli.place import open_team
from teams.protocol.mail.correspondence import correspondence
from teams.protocol.mail.message import Message
from teams.protocol.team import Team

USAGE = {
    "send": "send TO TEXT",
    "broadcast": "broadcast TEXT",
    "reply": "reply ID TEXT",
    "wait": "wait AGENT",
    "ack": "ack ID…",
}
NOTHING_CAME = 1


def is_verb(words: Sequence[str]) -> bool:
    """Say whether the words ask for something to be done, rather than whose mail to show."""
    return bool(words) and words[0] in USAGE


def do(args: argparse.Namespace, invocation: Invocation) -> int:
    """Do what ``args.words`` say and return the exit code: 1 when waiting ended without a message."""
    verb, *words = args.words
    if len(words) != len(USAGE[verb].split()) - 1 and not (verb == "ack" and words):
        raise UsageError(f"it is 'mail {USAGE[verb]}'", hint="quote a text: mail send ann 'please look'")
    team = open_team(args, invocation)
    if verb == "wait":
        return _wait(team, words[0], args, invocation)
    if verb == "ack":
        return _acknowledge(team, words, invocation)
    if verb == "send":
        sent = [team.send(words[0], words[1], sender=args.sender, summary=args.summary)]
    elif verb == "broadcast":
        sent = [*team.broadcast(words[0], sender=args.sender, summary=args.summary)]
    else:
        sent = [team.reply(_message(team, words[0]), words[1], summary=args.summary)]
    rows = [{"msg_id": message.msg_id, "to": message.to} for message in sent]
    data = {"team": team.name, **rows[0]} if verb != "broadcast" else {"team": team.name, "sent": rows}
    invocation.out.answer(
        data, f"sent to {', '.join(message.to for message in sent) or 'nobody: there is nobody else'}"
    )
    return 0


def _wait(team: Team, name: str, args: argparse.Namespace, invocation: Invocation) -> int:
    messages = team.wait(name, timeout_s=args.timeout)
    out = invocation.out
    lines = [
        f"{out.paint(message.msg_id[:8], 'yellow')}  {out.paint(message.sender, 'cyan')}  {out.paint(message.text)}"
        for message in messages
    ]
    out.answer({"team": team.name, "messages": [as_data(message) for message in messages]}, "\n".join(lines))
    return 0 if messages else NOTHING_CAME


def _acknowledge(team: Team, ids: Sequence[str], invocation: Invocation) -> int:
    messages = [_message(team, msg_id) for msg_id in ids]
    for message in messages:
        team.acknowledge(message.to, [message])
    told = ", ".join(message.msg_id[:8] for message in messages)
    data = {"team": team.name, "acknowledged": [message.msg_id for message in messages]}
    invocation.out.answer(data, f"acknowledged {told}")
    return 0


def _message(team: Team, prefix: str) -> Message:
    """Return the message whose id begins so, as it went to the one member of ours who has it."""
    letters = [letter.message for letter in correspondence(team.folder, team.journal)]
    found = [message for message in letters if message.msg_id.startswith(prefix)]
    if not found or not prefix:
        raise UsageError(f"no message has an id that begins with {prefix!r}", hint="'onecontext mail --json' shows ids")
    if len(found) > 1:
        raise UsageError(f"{len(found)} messages have an id that begins with {prefix!r}", hint="give more of it")
    message = found[0]
    # What lies in an inbox and nobody took in is taken in by looking, under its reader's name.
    taken = [mine for mine in team.receive(message.to) if mine.msg_id == message.msg_id]
    return taken[0] if taken else message


def as_data(message: Message) -> dict[str, Any]:
    """Return what programs are told of a message."""
    return {
        "msg_id": message.msg_id,
        "from": message.sender,
        "to": message.to,
        "at": message.at,
        "summary": message.summary,
        "text": message.text,
        "form": message.form.type if message.form else None,
        "verified": message.verified,
        "in_reply_to": message.in_reply_to,
    }
