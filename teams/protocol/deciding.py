"""A person's decision about a request: on record first, then sent to who asked.

Rule 1: of several who decide, one does; the others are told who it was. What was decided is never decided again.
Rule 2: ``request.decided`` is on the disk before the answer is sent. Whoever decides the same once more after a kill in
    between sends the answer that is missing; its id is made of the request, so that it is sent once.
Rule 3: only what was asked of a member of ours is decided here: an answer goes out in that member's name.
Rule 4: after its expiry nobody approves; to deny is still right.
Rule 5: what is void is neither approved nor denied: nobody would be told. Who leaves while it is decided is looked for
    again while nobody else can append.
Rule 6: what cannot be answered is not decided: an answer that is too long, and an approval of what had a secret in it.
    The secret is kept nowhere, so that another input than was asked would go back.
"""

import json
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from onecontext.errors import Conflict, Damaged, UnknownMember, UsageError
from onecontext.text.redact import MARK, redact
from teams.engine.journal import utc_now
from teams.protocol.config import LEAD
from teams.protocol.heartbeat import Life
from teams.protocol.mail.forms import (
    Form,
    PermissionRequest,
    PermissionResponse,
    PlanApprovalRequest,
    PlanApprovalResponse,
    ShutdownApproved,
    ShutdownRejected,
)
from teams.protocol.mail.requests import DECIDED, Decision, Fates, Request
from teams.protocol.mail.sender import check_text
from teams.protocol.team import Team

_SUMMARY_CHARACTERS = 100
_OURS = uuid.UUID("3b0c1d52-6a0f-5f0e-8c55-0b4f7f0d2c61")


def decide(
    team: Team, request: Request, *, approved: bool, by: str, reason: str = "", now: datetime | None = None
) -> Decision:
    """Record the decision and send it to who asked; return it.

    Args:
        by: whose decision it is.
        reason: why; of an approved plan what to keep in mind.
        now: aware; None is now.

    Raises:
        Conflict: it was decided before, and that stands; or it is void; nothing was written. Or who asked left just
            now: the decision is on record, and told to nobody.
        UsageError: it has expired, a process of ours answers it by itself, or it cannot be answered as Rule 6 says;
            nothing was decided.
        UnknownMember: it was asked of another program's member; nothing was written.
    """
    now = now or utc_now()
    _check(team, request, approved=approved, now=now)
    fates = Fates(team.journal)
    team.receive(request.message.to)  # what lies in its inbox and nobody took in is on record from here on
    fates.catch_up()
    request = fates.of(request)
    _check_answer(team, request, Decision(approved, by, redact(reason), now))
    message = request.message
    data = {
        "request": request.id,
        "msg_id": message.msg_id,
        "of": message.to,
        "form": request.form.type,
        "to": message.sender,
        "approved": approved,
        "by": by,
        "reason": reason,
    }

    def refuse_decided() -> None:
        fates.catch_up()
        _refuse(fates.of(request))

    event = team.journal.append(DECIDED, data, agent=by, guard=refuse_decided)
    decision = Decision(approved, by, str(event.data["reason"]), event.at)
    try:
        _answer(team, request, decision)
    except UnknownMember as error:
        why = _not_there(team, request) or error.message
        raise Conflict(f"{why}: the decision is on record, and nobody was told of it") from error
    return decision


def void_now(team: Team, request: Request) -> str:
    """Return why ``request`` is void, as a sentence, "" where it is not: by the journal, or because one of the two is
    not in the roster and nobody has recorded that yet. A roster that cannot be read says nothing.
    """
    if request.decision is not None or request.gone:
        return request.void
    try:
        return _not_there(team, request)
    except Damaged:
        return ""


def _not_there(team: Team, request: Request) -> str:
    names = {member.name for member in team.members}
    missing = (name for name in (request.message.sender, request.message.to) if name not in names)
    return next((f"{name} is not in the team" for name in missing), "")


def _check(team: Team, request: Request, *, approved: bool, now: datetime) -> None:
    reader, expires_at = request.message.to, request.expires_at
    _refuse(replace(request, gone=request.gone or _not_there(team, request)))
    if not team.is_ours(reader):
        raise UnknownMember(
            f"it was asked of {reader}, who belongs to another program", hint="it is answered there, where that runs"
        )
    if request.form.type == "shutdown_request" and team.pulse(reader).life is Life.ALIVE:
        raise UsageError(f"{reader} is at work in a process of its own, which answers that itself")
    if request.form.type == "shutdown_request" and reader == LEAD and approved:
        raise UsageError("the lead of a team does not leave it", hint="deny it with a reason")
    if approved and expires_at is not None and expires_at <= now:
        raise UsageError(
            f"the request expired at {expires_at.astimezone():%Y-%m-%d %H:%M:%S}", hint="who asked may ask again"
        )


def _check_answer(team: Team, request: Request, decision: Decision) -> None:
    """Refuse what could not be answered; ``request`` is as the journal has it."""
    asked = request.form
    if decision.approved and isinstance(asked, PermissionRequest) and MARK in json.dumps(asked.input):
        raise UsageError(
            "what is asked had a secret in it, which is kept nowhere, so it cannot be given back to the letter",
            hint="deny it with --reason, and have it asked for without: a variable of the environment may hold it",
        )
    check_text(_form(team, request, decision).to_text())


def _refuse(request: Request) -> None:
    """Raise Conflict where the request was decided or is void."""
    if request.decision is not None:
        raise _Decided(request, request.decision)
    if request.void:
        raise Conflict(f"the request {request.id} is void: {request.void}", hint="nobody has to decide it any more")


class _Decided(Conflict):
    """Somebody decided it before."""

    def __init__(self, request: Request, decision: Decision) -> None:
        word = "approved" if decision.approved else "denied"
        at = decision.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        super().__init__(f"the request {request.id} was {word} by {decision.by or 'somebody'} at {at}")
        self.request = request
        self.decision = decision


def finish(team: Team, error: Conflict) -> None:
    """Send the answer that a kill kept from who asked, where ``error`` says that a request was decided before.

    Nothing is sent to who has left since: whoever has that name now asked nothing.
    """
    if isinstance(error, _Decided) and not error.request.gone:
        with suppress(UnknownMember):  # left just now: as above
            _answer(team, error.request, error.decision)


def _answer(team: Team, request: Request, decision: Decision) -> None:
    """Send the answer, in the name of who was asked, and take the request out of their mail."""
    message = request.message
    msg_id = str(uuid.uuid5(_OURS, "\n".join((team.name, message.to, message.msg_id))))
    form = _form(team, request, decision)
    # The id is theirs: it may be as long as a message, and hold what no text may.
    name = request.id[:_SUMMARY_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    summary = f"{'approved' if decision.approved else 'denied'}: {name}"
    team.reply(message, form.to_text(), summary=summary, msg_id=msg_id, by=decision.by or None)
    team.acknowledge(message.to, [message])
    if isinstance(form, ShutdownApproved):
        team.leave(message.to, reason="shutdown approved")


def _form(team: Team, request: Request, decision: Decision) -> Form:
    asked = request.form
    if isinstance(asked, PlanApprovalRequest):
        return PlanApprovalResponse.make(
            asked.request_id, approved=decision.approved, feedback=decision.reason or None, at=decision.at
        )
    if isinstance(asked, PermissionRequest):
        if not decision.approved:
            return PermissionResponse.make(
                asked.request_id, subtype="error", tool_use_id=asked.tool_use_id, error=decision.reason
            )
        exactly = {"updated_input": asked.input, "permission_updates": []}
        return PermissionResponse.make(
            asked.request_id, subtype="success", tool_use_id=asked.tool_use_id, response=exactly
        )
    if not decision.approved:
        return ShutdownRejected.make(asked.request_id, request.message.to, reason=decision.reason, at=decision.at)
    return ShutdownApproved.make(asked.request_id, team.config.member(request.message.to), at=decision.at)
