"""Requests for leave and questions, as events show them, and who decided them.

Rule 1: who asks chose the request's id, so two may have the same: the message that asks is what is decided.
Rule 2: only an answer of the one who was asked closes a request, besides a person's ``request.decided``.
Rule 3: what one of two asked of the other is void when either has left, by the protocol's own rule
    (:mod:`teams.protocol.mail.departures`). A task's question stays.
Rule 4: what is asked is kept whole: a person decides on the exact words.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from teams.engine.event import Event
from teams.protocol.mail.departures import take_departure, why_void
from tui import fields
from tui.projection.replacing import replace
from tui.snapshot import LEAD, Request

KEPT_DECIDED = 200
_ASKING = {"permission_request": "permission", "plan_approval_request": "plan", "shutdown_request": "shutdown"}
_ANSWERS = ("permission_response", "plan_approval_response", "shutdown_approved", "shutdown_rejected")
FORMS = frozenset((*_ASKING, *_ANSWERS))
"""The forms of messages that ask or answer."""


class Requests:
    """The requests by id, oldest first; of those that are decided the newest are kept."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Request] = OrderedDict()
        self._decided: OrderedDict[str, Request] = OrderedDict()
        self._known: set[str] = set()
        self._ours: set[str] = set()
        self._gone: dict[str, str] = {}

    def all(self) -> tuple[Request, ...]:
        """Return those that wait, then those that were decided, each oldest first."""
        waiting = (replace(one, ours=one.kind == "question" or one.to in self._ours) for one in self._open.values())
        return (*waiting, *self._decided.values())

    def is_ours(self, name: str) -> bool:
        """Say whether a member of that name joined through us and has not left."""
        return name in self._ours

    def take_member(self, event: Event) -> list[Request]:
        """Note who is ours (as :class:`teams.protocol.mail.post.Post`); return what is void because somebody left."""
        name = fields.text(event.data, "name")
        if event.type == "team.created":
            self._ours.add(LEAD)
        elif event.type in ("member.joined", "member.rejoined"):
            self._ours.add(name)
        elif event.type in ("member.left", "member.found"):
            self._ours.discard(name)
        who_left = take_departure(self._gone, event)
        return self._void(event, who_left) if who_left else []

    def take_sent(self, event: Event) -> tuple[Request | None, list[Request]]:
        """Take in a message; return the request that waits from now on, and those that it answers."""
        form = fields.text(event.data, "form")
        if form in _ASKING:
            return self._asked(event, _ASKING[form]), []
        if form in _ANSWERS:
            return None, self._answered(event, form)
        return None, []

    def take_decided(self, event: Event) -> Request | None:
        """Take in a person's decision; return the request, None where nobody asked that."""
        approved = fields.flag(event.data, "approved")
        by, reason = fields.text(event.data, "by"), fields.text(event.data, "reason")
        key, of = fields.text(event.data, "msg_id"), fields.text(event.data, "of")
        if of and key in self._open and self._open[key].to != of:
            return None  # of another message, whose writer took this one's id
        return self._close(key, event, approved=approved, by=by, reason=reason)

    def take_question(self, event: Event, text: str) -> Request:
        """Take in that a task needs an answer."""
        key = f"task:{event.task}"
        request = Request(key, key, "question", event.agent or "", "", event.at, "", text, "", task=event.task)
        self._open[key] = request
        return request

    def take_answer(self, event: Event, text: str) -> Request | None:
        """Take in that the task needs none any more; the question of an answered one is kept with who answered."""
        answered = event.type == "task.answered"
        return self._close(f"task:{event.task}", event, approved=answered, by=event.agent or "", reason=text)

    def _asked(self, event: Event, kind: str) -> Request | None:
        body, data = _body(fields.text(event.data, "text")), event.data
        key = fields.text(data, "msg_id") or event.id
        if key in self._known:
            return None
        self._known.add(key)
        request = Request(
            id=key,
            name=fields.text(body, "request_id") or fields.text(body, "requestId"),
            kind=kind,
            asker=fields.text(data, "from"),
            to=fields.text(data, "to"),
            at=event.at,
            tool=fields.text(body, "tool_name"),
            action=_action(kind, body),
            why=fields.text(body, "description"),
            expires_at=_time(fields.text(body, "expires_at")),
            verified=data.get("verified") is not False,
        )
        self._open[key] = request
        if why := why_void(self._gone, asker=request.asker, asked=request.to):
            self._close(key, event, approved=False, by="", reason=why, void=True)
            return None
        return request

    def _answered(self, event: Event, form: str) -> list[Request]:
        body, data = _body(fields.text(event.data, "text")), event.data
        if data.get("verified") is False:
            return []
        name = fields.text(body, "request_id") or fields.text(body, "requestId")
        way = (name, fields.text(data, "from"), fields.text(data, "to"))
        keys = [key for key, one in self._open.items() if (one.name, one.to, one.asker) == way]
        approved = _granted(form, body)
        by = fields.text(data, "by") or way[1]
        why = next(filter(None, (fields.text(body, key) for key in ("feedback", "error", "reason"))), "")
        closed = (self._close(key, event, approved=approved, by=by, reason=why) for key in keys)
        return [one for one in closed if one is not None]

    def _void(self, event: Event, name: str) -> list[Request]:
        keys = [key for key, one in self._open.items() if one.kind != "question" and name in (one.asker, one.to)]
        reason = self._gone[name]
        closed = (self._close(key, event, approved=False, by="", reason=reason, void=True) for key in keys)
        return [one for one in closed if one is not None]

    def _close(
        self, key: str, event: Event, *, approved: bool, by: str, reason: str, void: bool = False
    ) -> Request | None:
        request = self._open.pop(key, None)
        if request is None:
            return None
        ours = request.kind == "question" or request.to in self._ours
        done = replace(request, approved=approved, by=by, reason=reason, decided_at=event.at, ours=ours, void=void)
        # A task may ask again under its name: what was decided has a name of its own.
        self._decided[f"{key}@{event.id}"] = done
        if len(self._decided) > KEPT_DECIDED:
            self._decided.popitem(last=False)
        return done


def _action(kind: str, body: Mapping[str, Any]) -> str:
    """Return what would be done, whole: the arguments of a tool as JSON, a plan, why somebody shall end."""
    if kind == "permission":
        return json.dumps(body.get("input"), indent=2, ensure_ascii=False)
    return fields.text(body, "planContent") or fields.text(body, "reason")


def _granted(form: str, body: Mapping[str, Any]) -> bool:
    if form == "permission_response":
        return fields.text(body, "subtype") == "success"
    return form == "shutdown_approved" or fields.flag(body, "approved")


def _body(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, Mapping) else {}


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
