"""Requests for leave (to carry out a plan, to use a tool, to have a member end), and what was decided about each.

Rule 1: a request is the message that asks; its ``request_id`` was chosen by whoever wrote it, so two may have the same
    one, and a decision names the message.
Rule 2: a request is decided once: by the ``request.decided`` of a person, or by an answer of the one who was asked.
Rule 3: where one of the two has left before that, it is void (:mod:`teams.protocol.mail.departures`), and stays so.
Rule 4: what came first in the journal counts. What lies in inboxes and nobody has taken in comes behind it: it asks,
    and answers nothing, since nobody has looked yet whether its writer may use that name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.protocol.mail.correspondence import in_inboxes
from teams.protocol.mail.departures import TYPES, take_departure, why_void
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

_Key = tuple[str, str]


@dataclass(frozen=True)
class Decision:
    """What became of a request: whether it was granted, by whom and why; ``reason`` is "" where nobody said."""

    approved: bool
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Request:
    """A message that asks for leave.

    ``decision`` is None where nobody decided it; ``expires_at`` None: it does not expire. ``gone`` says, in a sentence,
    that who asked or who was asked has left since, decided or not; "" while both are there.
    """

    message: Message
    form: Asking
    decision: Decision | None = None
    gone: str = ""

    @property
    def id(self) -> str:
        """The id that whoever asks has given it."""
        return self.form.request_id

    @property
    def void(self) -> str:
        """Why nobody has to decide it any more, in a sentence; "" where it waits, or was decided while it did."""
        return self.gone if self.decision is None else ""

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
    """Return every request of a team, oldest first, with what became of it. Nothing is written.

    Args:
        folder: ``teams/<team>``.
    """
    # In this order: what is taken in meanwhile is found twice, and not missed.
    inboxes = list(in_inboxes(folder, journal))
    fates = Fates(journal)
    for letter in inboxes:
        fates.ask(letter.message)
    return fates.all()


class Fates:
    """The requests of a team and what became of each, as its journal has it. Not safe for threads."""

    def __init__(self, journal: Journal) -> None:
        self._tail = journal.tail()
        self._found: dict[_Key, Request] = {}
        self._open: dict[_Key, Request] = {}
        self._gone: dict[str, str] = {}
        self.catch_up()

    def catch_up(self) -> None:
        """Read what was appended since the last time.

        Raises:
            Damaged, NewerFormat: as :meth:`Journal.read`.
        """
        for event in self._tail.lines((DECIDED, "message.sent", *TYPES)):
            self._take(event)

    def all(self) -> list[Request]:
        """Return them, oldest first."""
        return list(self._found.values())

    def of(self, request: Request) -> Request:
        """Return ``request`` as it is by now, and itself where the journal does not have it."""
        return self._found.get(_key(request.message), request)

    def ask(self, message: Message) -> None:
        """Take in what asks for leave; anything else, and what is known, changes nothing."""
        key, form = _key(message), message.form
        if isinstance(form, Asking) and key not in self._found:
            self._keep(Request(message, form, gone=why_void(self._gone, asker=message.sender, asked=message.to)))

    def _take(self, event: Event) -> None:
        if event.type == "message.sent":
            message = Message.of_event(event)
            self.ask(message)
            self._answer(message)
        elif event.type == DECIDED:
            self._close([one for one in self._open.values() if _is_meant(one, event)], _decision(event))
        elif name := take_departure(self._gone, event):
            self._leave(name)

    def _answer(self, message: Message) -> None:
        form = message.form
        if isinstance(form, _Answer) and message.verified:
            way = (form.request_id, message.sender, message.to)
            meant = [one for one in self._open.values() if (one.id, one.message.to, one.message.sender) == way]
            self._close(meant, Decision(_granted(form), message.by or message.sender, _why(form), message.at))

    def _close(self, meant: Sequence[Request], decision: Decision) -> None:
        for one in meant:
            self._keep(replace(one, decision=decision))

    def _leave(self, name: str) -> None:
        """Note that ``name`` is gone, also at what was decided: nobody is there who could be told any more."""
        for one in self.all():
            if name in (one.message.sender, one.message.to) and not one.gone:
                self._keep(replace(one, gone=self._gone[name]))

    def _keep(self, request: Request) -> None:
        key = _key(request.message)
        self._found[key] = request
        if request.decision is None and not request.gone:
            self._open[key] = request
        else:
            self._open.pop(key, None)


def _is_meant(request: Request, decided: Event) -> bool:
    """Say whether it is that which was decided. Older events do not name who was asked."""
    data, message = decided.data, request.message
    return data.get("msg_id") == message.msg_id and data.get("of", message.to) == message.to


def _key(message: Message) -> _Key:
    return message.to, message.msg_id


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
