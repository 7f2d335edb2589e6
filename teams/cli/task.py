"""``onecontext task``: what one may ask of a board, a verb each; ``list`` is ``onecontext board``.

Rule 1: any other verb here is one of :class:`teams.protocol.board.board.Board`, with its refusals; nothing is decided
    here.
Rule 2: ``--as`` names who does it, ``$ONECONTEXT_AGENT`` where it is left out; the epoch of a claim is looked up for
    its holder unless ``--epoch`` says which claim is meant.
"""

import argparse
from collections.abc import Callable
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import one_line, printable
from onecontext.errors import Damaged, InvalidDocument, UsageError
from teams.cli import board as board_screen
from teams.cli.assigning import assign
from teams.cli.board import as_data, task_lines
from teams.cli.given import seconds_above_zero, text_of
from teams.cli.halting import NAME_CHARACTERS
from teams.cli.place import AGENT_VARIABLE, add_json, add_place, open_team
from teams.protocol.board.board import Board
from teams.protocol.board.moves import Words
from teams.protocol.board.task import Task
from teams.protocol.wire import loads

LEASE_S = 300.0
_LIST = "all tasks, by where they stand"

Verb = Callable[[Board, argparse.Namespace, str], Task | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their arguments."""
    words = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    everything = words.add_parser("list", help=_LIST, description=_LIST)
    board_screen.add_arguments(everything)
    add_json(everything)
    for name, (help_, arguments, _) in _VERBS.items():
        word = words.add_parser(name, help=help_, description=help_)
        for flags, options in arguments:
            word.add_argument(*flags, **options)
        word.add_argument("--as", dest="agent", metavar="AGENT", help=f"who does it (default: ${AGENT_VARIABLE})")
        add_place(word)
        add_json(word)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Do one verb and answer with the task as it is afterwards, or with the list."""
    if args.verb == "list":
        return board_screen.run(args, invocation)
    for name in _TEXTS & vars(args).keys():
        if (said := getattr(args, name)) is not None:
            setattr(args, name, text_of(said, invocation))
    team = open_team(args, invocation)
    board = team.board
    agent = args.agent or invocation.env.get(AGENT_VARIABLE) or ""
    if args.verb in _BY_ANYBODY:
        agent = one_line(printable(agent), limit=NAME_CHARACTERS)
    out = invocation.out
    if args.verb == "reap":
        freed = board.reap()
        told = "\n".join(one_line(f"freed #{task.id}: {task.reason or 'its review'}") for task in freed)
        out.answer({"freed": [as_data(task) for task in freed]}, out.paint(told or "nothing to free"))
        return 0
    if args.verb == "assign":
        task: Task | None = assign(team, args.id, args.member, by=agent)
    else:
        task = _VERBS[args.verb][2](board, args, agent)
    if args.verb == "next" and task is None:
        out.answer(None, "no task is ready for you")
        return 1
    if task is None:
        out.answer({"id": args.id, "state": None}, f"deleted #{args.id}")
        return 0
    out.answer(as_data(task), "\n".join([f"{task.state}", *task_lines(task, out)]))
    return 0


def _named(agent: str) -> str:
    if not agent:
        raise UsageError("say who does it", hint=f"--as AGENT, or set ${AGENT_VARIABLE}")
    return agent


def _epoch(board: Board, args: argparse.Namespace) -> int:
    return args.epoch if args.epoch is not None else board.get(args.id).epoch


def _evidence(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        document = loads(text, source="--evidence", unique=True)
    except Damaged as error:
        raise InvalidDocument(error.message, hint='quote an object: \'{"commit": "…"}\'') from error
    if not isinstance(document, dict):
        raise InvalidDocument("--evidence is not a JSON object", hint='quote an object: \'{"commit": "…"}\'')
    return document


def _create(board: Board, args: argparse.Namespace, agent: str) -> Task:
    return board.create(
        args.subject,
        args.description,
        key=args.key or _key_of(args.subject),
        role=args.role,
        after=args.after or (),
        assertions=args.assertion or (),
        review=not args.no_review,
        by=agent or None,
    )


def _key_of(subject: str) -> str:
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in subject.lower())
    key = "-".join(part for part in words.split("-") if part)[:64].strip("-")
    if not key:
        raise UsageError("the subject has no letter or digit to make a key of", hint="name one with --key")
    return key


def _revise(board: Board, args: argparse.Namespace, agent: str) -> Task:
    task = board.get(args.id)
    words = Words(
        subject=task.subject if args.subject is None else args.subject,
        description=task.description if args.description is None else args.description,
        assertions=task.assertions,
    )
    after = task.blocked_by if args.after is None else args.after
    return board.revise(args.id, words, after=after, reason=args.reason, by=agent or None)


def _answer(board: Board, args: argparse.Namespace, agent: str) -> Task:
    if not args.text.strip():
        raise UsageError("the answer says nothing", hint="give it a text")
    return board.answer(args.id, _named(agent), args.text)


def _delete(board: Board, args: argparse.Namespace, agent: str) -> None:
    board.delete(args.id, reason=args.reason, by=agent or None)


# What needs no member: a person's name is kept as it may be shown.
_BY_ANYBODY = {"create", "answer", "assign", "block", "unblock", "reopen", "revise", "link", "delete"}
# The arguments that may be long: '-' reads them from stdin.
_TEXTS = {"description", "question", "text", "reason"}
_ID: tuple[tuple[str, ...], dict[str, Any]] = (("id",), {"metavar": "ID", "help": "the task's number"})
_LEASE_HELP = f"how long nobody else may have it (default: {LEASE_S:g})"
_LEASE = (("--lease",), {"type": seconds_above_zero, "default": LEASE_S, "metavar": "SECONDS", "help": _LEASE_HELP})
_EPOCH = (("--epoch",), {"type": int, "help": "of the claim that is meant (default: the one there is)"})
_EVIDENCE = (("--evidence",), {"metavar": "JSON", "help": "an object: what shows it"})
_REASON = (("--reason",), {"default": "", "help": "why"})

_VERBS: dict[str, tuple[str, list[tuple[tuple[str, ...], dict[str, Any]]], Verb]] = {
    "create": (
        "put a task on the board",
        [
            (("subject",), {"help": "what is to be done, in a few words"}),
            (("description",), {"nargs": "?", "default": "", "help": "the whole of it; '-' reads it from stdin"}),
            (("--key",), {"help": "its stable name (default: made of the subject)"}),
            (("--role",), {"default": "worker", "help": "who may claim it (default: worker)"}),
            (("--after",), {"action": "append", "metavar": "ID", "help": "a task that must be done first"}),
            (("--assertion",), {"action": "append", "metavar": "VAL-…", "help": "what it owns of the contract"}),
            (("--no-review",), {"action": "store_true", "help": "its holder may finish it; nobody else looks"}),
        ],
        _create,
    ),
    "show": ("one task", [_ID], lambda board, args, _: board.get(args.id)),
    "claim": (
        "take a task",
        [_ID, _LEASE],
        lambda board, args, agent: board.claim(args.id, _named(agent), lease_s=args.lease),
    ),
    "next": (
        "take the first task that is ready for you; exit code 1 when there is none",
        [_LEASE],
        lambda board, args, agent: board.claim_next(_named(agent), lease_s=args.lease),
    ),
    "renew": (
        "keep a claim longer",
        [_ID, _LEASE, _EPOCH],
        lambda board, args, agent: board.renew(args.id, _named(agent), _epoch(board, args), args.lease),
    ),
    "release": (
        "give a task back unfinished",
        [_ID, _REASON, _EPOCH],
        lambda board, args, agent: board.release(args.id, _named(agent), _epoch(board, args), args.reason),
    ),
    "submit": (
        "hand the work over for review",
        [_ID, _EVIDENCE, _EPOCH],
        lambda board, args, agent: board.submit(args.id, _named(agent), _epoch(board, args), _evidence(args.evidence)),
    ),
    "finish": (
        "end a task that nobody wants to review",
        [_ID, _EVIDENCE, _EPOCH],
        lambda board, args, agent: board.finish(args.id, _named(agent), _epoch(board, args), _evidence(args.evidence)),
    ),
    "ask": (
        "say that you cannot go on without an answer",
        [_ID, (("question",), {"help": "what you need to know; '-' reads it from stdin"}), _EPOCH],
        lambda board, args, agent: board.ask(args.id, _named(agent), _epoch(board, args), args.question),
    ),
    "answer": (
        "answer what the holder asked",
        [_ID, (("text",), {"help": "the answer; '-' reads it from stdin"})],
        _answer,
    ),
    "inspect": (
        "take the review of a task",
        [_ID, _LEASE],
        lambda board, args, agent: board.inspect(args.id, _named(agent), lease_s=args.lease),
    ),
    "complete": (
        "accept the work under review: the task is done",
        [_ID, _EVIDENCE, _EPOCH],
        lambda board, args, agent: board.complete(args.id, _named(agent), _evidence(args.evidence), epoch=args.epoch),
    ),
    "reject": (
        "send the work back",
        [_ID, (("findings",), {"nargs": "+", "metavar": "FINDING", "help": "what is wrong with it"}), _EPOCH],
        lambda board, args, agent: board.reject(args.id, _named(agent), args.findings, epoch=args.epoch),
    ),
    "block": (
        "stop a task until somebody unblocks it",
        [_ID, (("reason",), {"help": "what stands in the way; '-' reads it from stdin"})],
        lambda board, args, agent: board.block(args.id, args.reason, by=agent or None),
    ),
    "unblock": (
        "let a blocked task be claimed again",
        [_ID],
        lambda board, args, agent: board.unblock(args.id, by=agent or None),
    ),
    "reopen": (
        "take acceptance back",
        [_ID, _REASON],
        lambda board, args, agent: board.reopen(args.id, args.reason, by=agent or None),
    ),
    "revise": (
        "make it another task under its number; what was tried before is over",
        [
            _ID,
            (("--subject",), {"help": "what is to be done, in a few words (default: as it is)"}),
            (("--description",), {"help": "the whole of it; '-' reads it from stdin (default: as it is)"}),
            (("--after",), {"action": "append", "metavar": "ID", "help": "all that must be done first, anew"}),
            _REASON,
        ],
        _revise,
    ),
    "assign": (
        "ask a member to do a task; who has it now loses it",
        [_ID, (("member",), {"metavar": "MEMBER", "help": "who shall do it"})],
        lambda board, args, agent: None,
    ),
    "link": (
        "let a task come after another",
        [_ID, (("blocker",), {"metavar": "BLOCKER", "help": "the task that must be done first"})],
        lambda board, args, agent: board.link(args.id, args.blocker, by=agent or None),
    ),
    "delete": ("take a task off the board", [_ID, _REASON], _delete),
    "reap": ("free what the dead hold, never what the slow hold", [], lambda board, args, _: None),
}
