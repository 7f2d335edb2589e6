"""What a message says in a few words, also when it is a structured one, whose text is JSON.

Rule 1: a text that only claims to be structured is shown as it is; nothing here raises.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tui import fields
from tui.fields import head
from tui.snapshot import Message

Body = Mapping[str, Any]
IDLE_FORM = "idle_notification"
ABOUT_CHARACTERS = 120


def gist(message: Message) -> str:
    """Return a line for ``message``; see :func:`gist_of`."""
    return gist_of(message.form, message.summary, message.text)


def gist_of(form: str, summary: str, text: str) -> str:
    """Return a line for a message: what its form means, else its summary, else how its text begins."""
    body = _body(text) if form else None
    tell = _GISTS.get(form)
    if form == IDLE_FORM:
        result = fields.text(body or {}, "result")
        return head(f"idle: {result}") if result else "idle"
    if summary:
        return head(summary)
    if body is None:
        return head(text) or form
    return head(tell(body)) if tell else f"[{form}]"


def about_of(form: str, text: str) -> str:
    """Return what a structured message is about: a task as ``#3``, or the identifier of a request; "" for neither."""
    body = _body(text) if form else None
    if body is None:
        return ""
    if task := fields.text(body, "taskId"):
        return f"#{task}"[:ABOUT_CHARACTERS]
    return (fields.text(body, "requestId") or fields.text(body, "request_id"))[:ABOUT_CHARACTERS]


def _body(text: str) -> Body | None:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, Mapping) else None


def _with_reason(words: str, *names: str) -> Callable[[Body], str]:
    def told(body: Body) -> str:
        reason = next((fields.text(body, name) for name in names if fields.text(body, name)), "")
        return f"{words}: {reason}" if reason else words

    return told


def _plan_answer(body: Body) -> str:
    return _with_reason("approves the plan" if fields.flag(body, "approved") else "sends the plan back", "feedback")(
        body
    )


_GISTS: dict[str, Callable[[Body], str]] = {
    "task_assignment": lambda body: f"assigns #{fields.text(body, 'taskId')} {fields.text(body, 'subject')}",
    "shutdown_request": _with_reason("asks to shut down", "reason"),
    "shutdown_approved": _with_reason("shuts down"),
    "shutdown_rejected": _with_reason("does not shut down", "reason"),
    "teammate_terminated": _with_reason("is gone", "message"),
    "plan_approval_request": _with_reason("asks for approval of a plan", "planContent"),
    "plan_approval_response": _plan_answer,
    "permission_request": _with_reason("asks for permission", "description", "tool_name"),
    "permission_response": _with_reason("answers about a permission", "subtype"),
}
