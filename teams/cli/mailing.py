"""What ``onecontext mail`` can do besides showing threads: show one, send, broadcast, reply, wait, acknowledge."""

import argparse
from collections.abc import Sequence

from onecontext.cli.main import Invocation
from onecontext.cli.output import one_line, printable
from onecontext.errors import UsageError
from teams.cli.given import text_of
from teams.cli.mail_shown import as_data, lines_of, short_ids
from teams.cli.place import AGENT_VARIABLE, open_team
from teams.protocol.config import LEAD
from teams.protocol.mail.correspondence import Letter, correspondence
from teams.protocol.mail.message import Message
from teams.protocol.team import Team

USAGE = {
    "list": "list [AGENT]",
    "show": "show ID",
    "send": "send TO TEXT",
    "broadcast": "broadcast TEXT",
    "reply": "reply ID TEXT",
    "wait": "wait AGENT",
    "ack": "ack ID…",
}
NOTHING_CAME = 1
NAME_CHARACTERS = 200


def is_verb(words: Sequence[str]) -> bool:
    """Say whether the words ask for something to be done, rather than whose mail to show."""
    return bool(words) and words[0] in USAGE


def do(args: argparse.Namespace, invocation: Invocation) -> int:
    """Do what ``args.words`` say and return the exit code: 1 when waiting ended without a message."""
    verb, *words = args.words
    if len(words) != len(USAGE[verb].split()) - 1 and not (verb == "ack" and words):
        raise UsageError(f"it is 'mail {USAGE[verb]}'", hint="quote a text: mail send ann 'please look'")
    team = open_team(args, invocation)
    agent = args.agent or invocation.env.get(AGENT_VARIABLE) or None
    if verb == "wait":
        return _wait(team, words[0], args, invocation)
    if verb == "show":
        return _show(team, words[0], agent, invocation)
    if verb == "ack":
        return _acknowledge(team, words, agent, invocation)
    text = text_of(words[-1], invocation)
    sender, by = _speaker(team, agent, args)
    if verb == "send":
        sent = [team.send(words[0], text, sender=sender, summary=args.summary, by=by)]
    elif verb == "broadcast":
        sent = [*team.broadcast(text, sender=sender, summary=args.summary, by=by)]
    else:
        sent = [team.reply(_taken(team, words[0], agent), text, summary=args.summary, by=by)]
    rows = [{"msg_id": message.msg_id, "to": message.to} for message in sent]
    data = {"team": team.name, **rows[0]} if verb != "broadcast" else {"team": team.name, "sent": rows}
    invocation.out.answer(
        data, f"sent to {', '.join(message.to for message in sent) or 'nobody: there is nobody else'}"
    )
    return 0


def _speaker(team: Team, agent: str | None, args: argparse.Namespace) -> tuple[str, str | None]:
    """Return who sends, and the person who speaks through them; None: nobody else does."""
    person = one_line(printable(args.by or ""), limit=NAME_CHARACTERS) or None
    sender = agent or (person if person and team.is_ours(person) else None) or LEAD
    return sender, None if person == sender else person


def _wait(team: Team, name: str, args: argparse.Namespace, invocation: Invocation) -> int:
    messages = team.wait(name, timeout_s=args.timeout)
    out = invocation.out
    ids = short_ids(messages)
    lines = [line for message in messages for line in lines_of(message, ids[message.msg_id], out)]
    out.answer({"team": team.name, "messages": [as_data(message) for message in messages]}, "\n".join(lines))
    return 0 if messages else NOTHING_CAME


def _show(team: Team, prefix: str, agent: str | None, invocation: Invocation) -> int:
    message = _message(correspondence(team.folder, team.journal), prefix, agent)
    out = invocation.out
    facts = {
        "id": message.msg_id,
        "from": message.sender + ("" if message.verified else " (not verified)"),
        "to": message.to,
        "at": message.at.astimezone().isoformat(timespec="milliseconds"),
        "summary": message.summary,
        "answers": message.in_reply_to,
    }
    lines = [f"{out.paint(key, 'dim')}  {out.paint(one_line(value))}" for key, value in facts.items() if value]
    out.answer({"team": team.name, **as_data(message)}, "\n".join([*lines, "", out.paint(message.text)]))
    return 0


def _acknowledge(team: Team, ids: Sequence[str], agent: str | None, invocation: Invocation) -> int:
    messages = [_taken(team, msg_id, agent) for msg_id in ids]
    for message in messages:
        team.acknowledge(message.to, [message])
    told = invocation.out.paint(one_line(", ".join(message.msg_id[:8] for message in messages)))
    data = {"team": team.name, "acknowledged": [message.msg_id for message in messages]}
    invocation.out.answer(data, f"acknowledged {told}")
    return 0


def _taken(team: Team, prefix: str, agent: str | None) -> Message:
    """Return what :func:`_message` does, as the member of ours has it to whom it went."""
    message = _message(correspondence(team.folder, team.journal), prefix, agent)
    # What lies in an inbox and nobody took in is taken in by looking, under its reader's name.
    taken = [mine for mine in team.receive(message.to) if mine.msg_id == message.msg_id]
    return taken[0] if taken else message


def _message(letters: Sequence[Letter], prefix: str, agent: str | None) -> Message:
    """Return the message whose id begins so, and that went to ``agent`` where one is named."""
    found = [letter.message for letter in letters if letter.message.msg_id.startswith(prefix)]
    if not found or not prefix:
        raise UsageError(f"no message has an id that begins with {prefix!r}", hint="'onecontext mail' shows ids")
    # One that is whole is meant itself, also where it is how a longer one begins.
    found = [message for message in found if message.msg_id == prefix] or found
    if not (mine := [message for message in found if agent in (None, message.to)]):
        raise UsageError(f"message {prefix!r} went to {found[0].to}, not to {agent}", hint="--as says who does it")
    if len(mine) > 1:
        hint = "give more of it, or say to whom it went with --as"
        raise UsageError(f"{len(mine)} messages have an id that begins with {prefix!r}", hint=hint)
    return mine[0]
