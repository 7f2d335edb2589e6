"""What ``onecontext approve`` and ``deny`` share: which request is meant, who decides, and what is told of it."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output, one_line
from onecontext.errors import Conflict, UsageError
from teams.cli.halting import who
from teams.cli.place import AGENT_VARIABLE, add_place, open_team
from teams.mission.control.halt import PERSON
from teams.protocol.deciding import decide, finish, void_now
from teams.protocol.mail.forms import PermissionRequest, PlanApprovalRequest
from teams.protocol.mail.requests import Request, requests
from teams.protocol.team import Team

_SHOWN = 5


def add_deciding(parser: argparse.ArgumentParser) -> None:
    """Declare whose decision it is, and in which team."""
    parser.add_argument(
        "--as", dest="agent", metavar="NAME", help=f"whose decision it is (default: ${AGENT_VARIABLE}, else {PERSON})"
    )
    parser.add_argument(
        "--message", metavar="ID", help="the message that asked, in full: of several with one id, which is meant"
    )
    add_place(parser)


def carry_out(args: argparse.Namespace, invocation: Invocation, *, approved: bool) -> int:
    """Decide the request that is meant, and answer with it."""
    team = open_team(args, invocation)
    request = _meant(team, args.request, args.message)
    by, reason = who(args, invocation), args.reason.strip()
    try:
        decision = decide(team, request, approved=approved, by=by, reason=reason)
    except Conflict as error:
        finish(team, error)
        raise
    out, word = invocation.out, "approved" if approved else "denied"
    told = out.paint(one_line(f"{request.message.sender} is told: {word}, by {decision.by}"))
    out.answer({"team": team.name, **as_data(request), "approved": approved, "by": decision.by, "reason": reason}, told)
    return 0


def show_open(args: argparse.Namespace, invocation: Invocation) -> int:
    """Answer with every request that waits, in full, and with those that are void, each in a line."""
    team, out, now = open_team(args, invocation), invocation.out, datetime.now(UTC)
    undecided = [one for one in requests(team.folder, team.journal) if one.decision is None]
    reasons = {id(one): void_now(team, one) for one in undecided}
    waiting = [one for one in undecided if not reasons[id(one)]]
    void = [(one, reasons[id(one)]) for one in undecided if reasons[id(one)]]
    lines = [line for one in waiting for line in (*_lines(team, one, out, now), "")]
    lines = lines or [f"{out.paint(team.name, 'bold')}: nobody waits for leave", ""]
    told = "\n".join([*lines, *_void_lines(void, out)]).rstrip("\n")
    data = {"requests": [as_data(one) for one in waiting], "void": [as_data(one) | {"why": why} for one, why in void]}
    out.answer({"team": team.name, **data}, told)
    return 0


def _void_lines(void: Sequence[tuple[Request, str]], out: Output) -> Sequence[str]:
    """Return what is void, the newest in a line each: nobody has to decide it, and it is not there to be done."""
    newest = void[-_SHOWN:]
    lines = [
        f"{out.paint(f'void: {one_line(one.id)}', 'dim')}  {out.paint(one_line(f'{one.message.sender} asked; {why}'))}"
        for one, why in newest
    ]
    older = len(void) - len(newest)
    return [out.paint(f"void: {older:,} older; --json has them", "dim"), *lines] if older else lines


def as_data(request: Request) -> dict[str, Any]:
    """Return what programs are told of a request."""
    return {
        "request": request.id,
        "msg_id": request.message.msg_id,
        "form": request.form.type,
        "from": request.message.sender,
        "to": request.message.to,
        "verified": request.message.verified,
        "at": request.message.at,
        "expires_at": request.expires_at,
        "asks": request.form.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def _meant(team: Team, name: str, msg_id: str | None) -> Request:
    """Return the request of that id, or whose id or message's id alone begins so; of that message, where it is named.

    Raises:
        UsageError: there is none, or there are several; the ids of their messages tell them apart.
    """
    known = [one for one in requests(team.folder, team.journal) if msg_id in (None, one.message.msg_id)]
    found = [one for one in known if name in (one.id, one.message.msg_id)]
    found = found or [one for one in known if name and any(i.startswith(name) for i in (one.id, one.message.msg_id))]
    if not found:
        raise UsageError(f"no request has the id {name!r}", hint="'onecontext approve' without one lists what waits")
    if len(found) > 1:
        which = "\n  ".join(
            f"--message {one.message.msg_id}: {one.id} of {one.message.sender}" for one in found[:_SHOWN]
        )
        raise UsageError(f"{len(found)} requests have an id that is, or begins with, {name!r}", hint=which)
    return found[0]


def _lines(team: Team, request: Request, out: Output, now: datetime) -> Sequence[str]:
    form, message = request.form, request.message
    marks = [] if message.verified else ["written by another program under a name that is not its own"]
    marks += [] if team.is_ours(message.to) else ["asked of another program's member, and answered there"]
    facts = {
        "asks": f"{message.sender}, at {message.at.astimezone():%Y-%m-%d %H:%M:%S}, of {message.to}",
        "expires": _expiry(request, now),
        "but": "; ".join(marks),
        "to do": form.tool_name if isinstance(form, PermissionRequest) else form.type.replace("_", " "),
        "why": form.description if isinstance(form, PermissionRequest) else "",
    }
    lines = [out.paint(one_line(request.id), "bold")]
    lines += [f"  {out.paint(f'{key:<8}', 'dim')} {out.paint(one_line(text))}" for key, text in facts.items() if text]
    return [*lines, *(f"    {out.paint(line)}" for line in _exactly(request).splitlines())]


def _exactly(request: Request) -> str:
    """Return what is asked, to the letter: the arguments of a tool as JSON, the text of a plan, the reason to end."""
    form = request.form
    if isinstance(form, PermissionRequest):
        return json.dumps(form.input, indent=2, ensure_ascii=False)
    return form.plan_content if isinstance(form, PlanApprovalRequest) else form.reason or ""


def _expiry(request: Request, now: datetime) -> str:
    at = request.expires_at
    if at is None:
        return "never"
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" + (", which is over" if at <= now else "")
