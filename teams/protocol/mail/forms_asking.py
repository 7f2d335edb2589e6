"""Structured messages that ask for leave: to carry out a plan, to use a tool; and the answers."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from teams.engine.journal import utc_now
from teams.protocol.mail.form import Form, milliseconds, stamp
from teams.protocol.wire import iso_ms


class PlanApprovalRequest(Form):
    """A member shows a plan before working. ``request_id`` is ``plan_approval-<ms>@<agent>@<team>``."""

    type: Literal["plan_approval_request"] = "plan_approval_request"
    sender: str = Field(alias="from")
    timestamp: str
    plan_file_path: str = Field(alias="planFilePath")
    plan_content: str = Field(alias="planContent")
    request_id: str = Field(alias="requestId")
    expires_at: str | None = None

    @classmethod
    def make(
        cls,
        sender: str,
        *,
        team: str,
        plan: str,
        path: str,
        at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Self:
        """Return the request of ``sender`` in ``team`` to look at ``plan``, which lies at ``path``.

        Args:
            expires_at: ours: from then on nobody may approve it; None: it waits for ever.
        """
        at = at or utc_now()
        return cls._of(
            sender=sender,
            timestamp=iso_ms(at),
            plan_file_path=path,
            plan_content=plan,
            request_id=f"plan_approval-{milliseconds(at)}@{sender}@{team}",
            expires_at=iso_ms(expires_at) if expires_at else None,
        )


class PlanApprovalResponse(Form):
    """Whether the plan may be carried out."""

    type: Literal["plan_approval_response"] = "plan_approval_response"
    request_id: str = Field(alias="requestId")
    approved: bool
    timestamp: str
    permission_mode: str | None = Field(default=None, alias="permissionMode")
    feedback: str | None = None

    @classmethod
    def make(
        cls,
        request_id: str,
        *,
        approved: bool,
        permission_mode: str | None = None,
        feedback: str | None = None,
        at: datetime | None = None,
    ) -> Self:
        """Return the answer to the request of that id.

        Args:
            permission_mode: in which the member works from now on, such as ``default``; None leaves it as it is.
            feedback: what to change, or to keep in mind.
        """
        return cls._of(
            request_id=request_id,
            approved=approved,
            timestamp=stamp(at),
            permission_mode=permission_mode,
            feedback=feedback,
        )


class PermissionRequest(Form):
    """A member may not use a tool without being allowed. ``request_id`` is ``perm-<ms>-<random>``."""

    type: Literal["permission_request"] = "permission_request"
    request_id: str
    agent_id: str
    tool_name: str
    tool_use_id: str
    description: str
    input: dict[str, Any]
    permission_suggestions: list[Any] = Field(default_factory=list)
    expires_at: str | None = None

    @classmethod
    def make(
        cls,
        agent_id: str,
        *,
        tool_name: str,
        tool_use_id: str,
        description: str,
        input: Mapping[str, Any],  # noqa: A002 - the field's name in the format
        suggestions: Sequence[Any] = (),
        at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> Self:
        """Return the request of ``agent_id`` to call a tool with ``input``, JSON values.

        Args:
            suggestions: rules that would allow it from now on, in the client's own form.
            expires_at: ours: from then on nobody may approve it; None: it waits for ever.
        """
        return cls._of(
            request_id=f"perm-{milliseconds(at or utc_now())}-{secrets.token_hex(4)[:7]}",
            agent_id=agent_id,
            tool_name=tool_name,
            tool_use_id=tool_use_id,
            description=description,
            input=dict(input),
            permission_suggestions=list(suggestions),
            expires_at=iso_ms(expires_at) if expires_at else None,
        )


class PermissionResponse(Form):
    """The answer to a permission request."""

    type: Literal["permission_response"] = "permission_response"
    request_id: str
    subtype: str
    tool_use_id: str | None = None
    approved_request: Any = None
    response: Any = None
    error: str | None = None

    @classmethod
    def make(
        cls,
        request_id: str,
        *,
        subtype: str,
        tool_use_id: str | None = None,
        approved_request: Any = None,
        response: Any = None,
        error: str | None = None,
    ) -> Self:
        """Return the answer to the request of that id.

        Args:
            subtype: which kind, such as ``success``; ``error`` comes with why it may not.
        """
        return cls._of(
            request_id=request_id,
            subtype=subtype,
            tool_use_id=tool_use_id,
            approved_request=approved_request,
            response=response,
            error=error,
        )
