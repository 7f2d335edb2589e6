"""Messages that are forms: JSON in the ``text`` of a message, told apart by ``type`` (docs/formats.md, part 2).

Rule 1: what is not exactly a form is plain text: :func:`parse_form` returns None and raises nothing.
"""

from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from onecontext.errors import Damaged
from teams.protocol.mail.form import Form
from teams.protocol.mail.forms_asking import (
    PermissionRequest,
    PermissionResponse,
    PlanApprovalRequest,
    PlanApprovalResponse,
)
from teams.protocol.mail.forms_work import (
    IdleNotification,
    ShutdownApproved,
    ShutdownRejected,
    ShutdownRequest,
    TaskAssignment,
    TeammateTerminated,
)
from teams.protocol.wire import loads

AnyForm = (
    IdleNotification
    | TaskAssignment
    | ShutdownRequest
    | ShutdownApproved
    | ShutdownRejected
    | TeammateTerminated
    | PlanApprovalRequest
    | PlanApprovalResponse
    | PermissionRequest
    | PermissionResponse
)
_FORMS: TypeAdapter[AnyForm] = TypeAdapter(Annotated[AnyForm, Field(discriminator="type")])


def parse_form(text: str) -> AnyForm | None:
    """Return the form in ``text``, or None when it is plain text or a form nobody has told us about."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return _FORMS.validate_python(loads(text, source="message"))
    except (Damaged, ValidationError):
        # Any text is a message; only a text that fits a form is one.
        return None


__all__ = [
    "AnyForm",
    "Form",
    "IdleNotification",
    "PermissionRequest",
    "PermissionResponse",
    "PlanApprovalRequest",
    "PlanApprovalResponse",
    "ShutdownApproved",
    "ShutdownRejected",
    "ShutdownRequest",
    "TaskAssignment",
    "TeammateTerminated",
    "parse_form",
]
