"""Structured messages about work and its end: who is idle, what is assigned, who shuts down."""

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from teams.engine.journal import utc_now
from teams.protocol.board.task import Task
from teams.protocol.config import Member
from teams.protocol.mail.form import Form, milliseconds, stamp
from teams.protocol.wire import iso_ms


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
        """Return the notification of ``sender``.

        Args:
            reason: ``available``, ``failed`` or ``interrupted``, as the client's members say it.
            summary: what it did last, in a few words.
            result: the last thing it said.
        """
        return cls._of(sender=sender, timestamp=stamp(at), idle_reason=reason, summary=summary, result=result)


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
        """Return the assignment of ``task``."""
        return cls._of(
            task_id=task.id,
            subject=task.subject,
            description=task.description,
            assigned_by=assigned_by,
            timestamp=stamp(at),
        )


class ShutdownRequest(Form):
    """Somebody asks the recipient to end. ``request_id`` is ``shutdown-<ms>@<agent>``."""

    type: Literal["shutdown_request"] = "shutdown_request"
    request_id: str = Field(alias="requestId")
    sender: str = Field(alias="from")
    reason: str | None = None
    timestamp: str

    @classmethod
    def make(cls, sender: str, *, to: str, reason: str | None = None, at: datetime | None = None) -> Self:
        """Return the request of ``sender`` to ``to``."""
        at = at or utc_now()
        return cls._of(
            request_id=f"shutdown-{milliseconds(at)}@{to}", sender=sender, reason=reason, timestamp=iso_ms(at)
        )


class ShutdownApproved(Form):
    """The member ends. ``pane_id`` is repeated from the roster."""

    type: Literal["shutdown_approved"] = "shutdown_approved"
    request_id: str = Field(alias="requestId")
    sender: str = Field(alias="from")
    timestamp: str
    pane_id: str | None = Field(default=None, alias="paneId")
    backend_type: str | None = Field(default=None, alias="backendType")

    @classmethod
    def make(cls, request_id: str, me: Member, *, at: datetime | None = None) -> Self:
        """Return the consent of ``me``, as the roster has it, to the request of that id."""
        pane_id = me.pane_id or None
        return cls._of(
            request_id=request_id,
            sender=me.name,
            timestamp=stamp(at),
            pane_id=pane_id,
            backend_type=me.backend_type,
        )


class ShutdownRejected(Form):
    """The member goes on, and says why."""

    type: Literal["shutdown_rejected"] = "shutdown_rejected"
    request_id: str = Field(alias="requestId")
    sender: str = Field(alias="from")
    reason: str
    timestamp: str

    @classmethod
    def make(cls, request_id: str, sender: str, *, reason: str, at: datetime | None = None) -> Self:
        """Return the refusal of ``sender``, and why, of the request of that id."""
        return cls._of(request_id=request_id, sender=sender, reason=reason, timestamp=stamp(at))


class TeammateTerminated(Form):
    """A member has ended."""

    type: Literal["teammate_terminated"] = "teammate_terminated"
    message: str

    @classmethod
    def make(cls, message: str) -> Self:
        """Return the notice with that sentence."""
        return cls._of(message=message)
