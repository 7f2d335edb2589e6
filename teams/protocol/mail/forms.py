"""Messages that are forms: JSON in the ``text`` of a message, told apart by ``type`` (docs/formats.md, part 2).

Rule 1: what is not exactly a form is plain text: :func:`parse_form` returns None and raises nothing.
Rule 2: names on the wire are the client's (some ``requestId``, some ``request_id``); ours are Python's.
"""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from onecontext.errors import Damaged
from teams.engine.journal import utc_now
from teams.protocol.board.task import Task
from teams.protocol.wire import escape_surrogates, iso_ms, loads


class Form(BaseModel):
    """What all forms share. Optional fields are left out when None; fields we do not know are kept."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", populate_by_name=True)

    def to_text(self) -> str:
        """Return the text of the message, as the client writes it: no spaces, ``type`` first."""
        document = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return escape_surrogates(json.dumps(document, ensure_ascii=False, separators=(",", ":")))


class IdleNotification(Form):
    """A member has nothing to do."""

    type: Literal["idle_notification"] = "idle_notification"
    sender: str = Field(alias="from")
    timestamp: str
    idle_reason: str = Field(alias="idleReason")
    summary: str | None = None
    result: str | None = None

    @classmethod
    def make(
        cls,
        sender: str,
        *,
        reason: str,
        summary: str | None = None,
        result: str | None = None,
        at: datetime | None = None,
    ) -> Self:
        """Return the notification of ``sender``; ``at`` None means now."""
        return cls.model_validate(
            {
                "from": sender,
                "timestamp": iso_ms(at or utc_now()),
                "idleReason": reason,
                "summary": summary,
                "result": result,
            }
        )


class TaskAssignment(Form):
    """A task was given to the recipient."""

    type: Literal["task_assignment"] = "task_assignment"
    task_id: str = Field(alias="taskId")
    subject: str
    description: str
    assigned_by: str = Field(alias="assignedBy")
    timestamp: str

    @classmethod
    def make(cls, task: Task, *, assigned_by: str, at: datetime | None = None) -> Self:
        """Return the assignment of ``task``; ``at`` None means now."""
        return cls.model_validate(
            {
                "taskId": task.id,
                "subject": task.subject,
                "description": task.description,
                "assignedBy": assigned_by,
                "timestamp": iso_ms(at or utc_now()),
            }
        )


class ShutdownRequest(Form):
    """Somebody asks the recipient to end. ``request_id`` is ``shutdown-<ms>@<agent>``."""

    type: Literal["shutdown_request"] = "shutdown_request"
    request_id: str = Field(alias="requestId")
    sender: str = Field(alias="from")
    reason: str | None = None
    timestamp: str


class ShutdownApproved(Form):
    """The member ends. ``pane_id`` is repeated from the roster."""

    type: Literal["shutdown_approved"] = "shutdown_approved"
    request_id: str = Field(alias="requestId")
    sender: str = Field(alias="from")
    timestamp: str
    pane_id: str | None = Field(default=None, alias="paneId")
    backend_type: str | None = Field(default=None, alias="backendType")


class ShutdownRejected(Form):
    """The member goes on, and says why."""

    type: Literal["shutdown_rejected"] = "shutdown_rejected"
    request_id: str = Field(alias="requestId")
    sender: str = Field(alias="from")
    reason: str
    timestamp: str


class TeammateTerminated(Form):
    """A member has ended."""

    type: Literal["teammate_terminated"] = "teammate_terminated"
    message: str


class PlanApprovalRequest(Form):
    """A member shows a plan before working. ``request_id`` is ``plan_approval-<ms>@<agent>@<team>``."""

    type: Literal["plan_approval_request"] = "plan_approval_request"
    sender: str = Field(alias="from")
    timestamp: str
    plan_file_path: str = Field(alias="planFilePath")
    plan_content: str = Field(alias="planContent")
    request_id: str = Field(alias="requestId")


class PlanApprovalResponse(Form):
    """Whether the plan may be carried out."""

    type: Literal["plan_approval_response"] = "plan_approval_response"
    request_id: str = Field(alias="requestId")
    approved: bool
    timestamp: str
    permission_mode: str | None = Field(default=None, alias="permissionMode")
    feedback: str | None = None


class PermissionRequest(Form):
    """A member may not use a tool without being allowed. ``request_id`` is ``perm-<ms>-<random>``."""

    type: Literal["permission_request"] = "permission_request"
    request_id: str
    agent_id: str
    tool_name: str
    tool_use_id: str
    description: str
    input: dict[str, Any]
    permission_suggestions: list[Any] = []


class PermissionResponse(Form):
    """The answer to a permission request."""

    type: Literal["permission_response"] = "permission_response"
    request_id: str
    subtype: str
    tool_use_id: str | None = None
    approved_request: Any = None
    response: Any = None


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
