"""Requests for leave (to carry out a plan, to use a tool, to have a member end), and what was decided about each.

Rule 1: a request is the message that asks; its ``request_id`` was chosen by whoever wrote it, so two may have the same
    one, and a decision names the message.
Rule 2: a request is decided once: by the ``request.decided`` of a person, or by an answer of the one who was asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.mail.correspondence import correspondence
from teams.protocol.mail.forms import (
    AnyForm,
    PermissionRequest,
    PermissionResponse,
    PlanApprovalRequest,
    PlanApprovalResponse,
    ShutdownApproved,
    ShutdownRejected,
    ShutdownRequest,
)
from teams.protocol.mail.message import Message

DECIDED = "request.decided"
Asking = PlanApprovalRequest | PermissionRequest | ShutdownRequest
_Answer = PlanApprovalResponse | PermissionResponse | ShutdownApproved | ShutdownRejected


@dataclass(frozen=True)
class Decision:
    """What became of a request: whether it was granted, by whom and why; ``reason`` is "" where nobody said."""

    approved: bool
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Request:
    """A message that asks for leave. ``decision`` is None while it waits; ``expires_at`` None: it waits for ever."""

    message: Message
    form: Asking
    decision: Decision | None = None

    @property
    def id(self) -> str:
        """The id that whoever asks has given it."""
        return self.form.request_id

    @property
    def expires_at(self) -> datetime | None:
        """From when on nobody may approve it."""
        return expiry_of(self.form)


def expiry_of(form: AnyForm) -> datetime | None:
    """Return when a form says that it expires; None where it does not, or says it in no time that can be read."""
    said = getattr(form, "expires_at", None)
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo else None


def requests(folder: Path, journal: Journal) -> Sequence[Request]:
    """Return every request of a team, oldest first, with what was decided. Nothing is written.

    Args:
        folder: ``teams/<team>``.
    """
    by_person = {event.data.get("msg_id"): _decision(event) for event in journal.read(types=(DECIDED,))}
    letters = [letter.message for letter in correspondence(folder, journal)]
    answers = _answers(letters)
    found = []
    for message in letters:
        form = message.form
        if isinstance(form, Asking):
            answered = answers.get((form.request_id, message.to, message.sender))
            found.append(Request(message, form, by_person.get(message.msg_id) or answered))
    return found


def decision_of(journal: Journal, request: Request) -> Decision | None:
    """Return what the journal has decided of ``request`` by now; None: nothing."""
    message, letters = request.message, []
    for event in journal.read(types=(DECIDED, "message.sent")):
        if event.type == DECIDED and event.data.get("msg_id") == message.msg_id:
            return _decision(event)
        if event.type == "message.sent":
            letters.append(Message.of_event(event))
    return _answers(letters).get((request.id, message.to, message.sender))


def _answers(letters: Sequence[Message]) -> dict[tuple[str, str, str], Decision]:
    """Return what was answered by message: request id, who answered and whom, to the decision. The first one counts."""
    found: dict[tuple[str, str, str], Decision] = {}
    for message in letters:
        form = message.form
        if isinstance(form, _Answer) and message.verified:
            key = (form.request_id, message.sender, message.to)
            found.setdefault(key, Decision(_granted(form), message.by or message.sender, _why(form), message.at))
    return found


def _decision(event: Event) -> Decision:
    data = event.data
    return Decision(data.get("approved") is True, str(data.get("by") or ""), str(data.get("reason") or ""), event.at)


def _granted(form: _Answer) -> bool:
    if isinstance(form, PlanApprovalResponse):
        return form.approved
    if isinstance(form, PermissionResponse):
        return form.subtype == "success"
    return isinstance(form, ShutdownApproved)


def _why(form: _Answer) -> str:
    if isinstance(form, PlanApprovalResponse):
        return form.feedback or ""
    if isinstance(form, PermissionResponse):
        return form.error or ""
    return form.reason if isinstance(form, ShutdownRejected) else ""
