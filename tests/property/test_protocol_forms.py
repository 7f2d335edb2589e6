"""Structured messages made by us, as the client writes them and reads them."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.protocol.board.task import Task
from teams.protocol.config import Member
from teams.protocol.mail.forms import (
    AnyForm,
    IdleNotification,
    PermissionRequest,
    PermissionResponse,
    PlanApprovalRequest,
    PlanApprovalResponse,
    ShutdownApproved,
    ShutdownRejected,
    ShutdownRequest,
    TaskAssignment,
    TeammateTerminated,
    parse_form,
)
from teams.protocol.wire import iso_ms

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "claude-code").rglob("*inboxes*.json"))

text = st.text(max_size=40)
maybe = st.none() | text
times = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


def member(name: str, pane_id: str, backend_type: str | None) -> Member:
    return Member.model_validate(
        {"agentId": f"{name}@crew", "name": name, "joinedAt": 1, "tmuxPaneId": pane_id, "backendType": backend_type}
    )


def task(task_id: int, subject: str, description: str) -> Task:
    document = {"id": str(task_id), "subject": subject, "description": description, "status": "pending"}
    return Task.parse({**document, "blocks": [], "blockedBy": []}, source="a test")


# What makes each form, and the fields that the client writes, in its order; "?" marks those it may leave out.
FORMS: dict[str, tuple[st.SearchStrategy[AnyForm], str]] = {
    "idle_notification": (
        st.builds(IdleNotification.make, text, reason=text, summary=maybe, result=maybe, at=times),
        "from timestamp idleReason summary? result?",
    ),
    "task_assignment": (
        st.builds(TaskAssignment.make, st.builds(task, st.integers(1, 999), text, text), assigned_by=text, at=times),
        "taskId subject description assignedBy timestamp",
    ),
    "shutdown_request": (
        st.builds(ShutdownRequest.make, text, to=text, reason=maybe, at=times),
        "requestId from reason? timestamp",
    ),
    "shutdown_approved": (
        st.builds(ShutdownApproved.make, text, st.builds(member, text, text, maybe), at=times),
        "requestId from timestamp paneId? backendType?",
    ),
    "shutdown_rejected": (
        st.builds(ShutdownRejected.make, text, text, reason=text, at=times),
        "requestId from reason timestamp",
    ),
    "teammate_terminated": (st.builds(TeammateTerminated.make, text), "message"),
    "plan_approval_request": (
        st.builds(PlanApprovalRequest.make, text, team=text, plan=text, path=text, at=times),
        "from timestamp planFilePath planContent requestId",
    ),
    "plan_approval_response": (
        st.builds(
            PlanApprovalResponse.make, text, approved=st.booleans(), permission_mode=maybe, feedback=maybe, at=times
        ),
        "requestId approved timestamp permissionMode? feedback?",
    ),
    "permission_request": (
        st.builds(
            PermissionRequest.make,
            text,
            tool_name=text,
            tool_use_id=text,
            description=text,
            input=st.dictionaries(text, values, max_size=3),
            suggestions=st.lists(values, max_size=2),
            at=times,
        ),
        "request_id agent_id tool_name tool_use_id description input permission_suggestions",
    ),
    "permission_response": (
        st.builds(
            PermissionResponse.make,
            text,
            subtype=text,
            tool_use_id=maybe,
            approved_request=values,
            response=values,
        ),
        "request_id subtype tool_use_id? approved_request? response?",
    ),
}


def test_there_is_a_way_to_make_every_form_that_is_read() -> None:
    assert {kind.model_fields["type"].default for kind in AnyForm.__args__} == FORMS.keys()


@pytest.mark.parametrize("name", FORMS)
@given(data=st.data())
def test_what_is_made_is_read_again_and_has_the_clients_fields_in_its_order(name: str, data: st.DataObject) -> None:
    making, fields = FORMS[name]
    form = data.draw(making)
    written = json.loads(form.to_text())

    assert parse_form(form.to_text()) == form
    assert form.to_text() == json.dumps(written, ensure_ascii=False, separators=(",", ":"))
    known = {field.rstrip("?"): not field.endswith("?") for field in ["type", *fields.split()]}
    assert [*written] == [field for field in known if field in written]
    assert {field for field, is_required in known.items() if is_required} <= written.keys()
    assert None not in written.values()


@given(at=times)
def test_ids_have_the_clients_shapes_and_the_time_of_the_form(at: datetime) -> None:
    milliseconds = round(datetime.fromisoformat(iso_ms(at)).timestamp() * 1000)
    asked = ShutdownRequest.make("team-lead", to="ann", at=at)
    plan = PlanApprovalRequest.make("ann", team="crew", plan="p", path="/p.md", at=at)
    leave = PermissionRequest.make("ann", tool_name="Bash", tool_use_id="t", description="d", input={}, at=at)

    assert asked.request_id == f"shutdown-{milliseconds}@ann"
    assert plan.request_id == f"plan_approval-{milliseconds}@ann@crew"
    assert re.fullmatch(rf"perm-{milliseconds}-[0-9a-z]{{7}}", leave.request_id)
    assert asked.timestamp == plan.timestamp == iso_ms(at)


REMADE: dict[type, Callable[[Any, datetime], AnyForm]] = {
    IdleNotification: lambda f, at: IdleNotification.make(
        f.sender, reason=f.idle_reason, summary=f.summary, result=f.result, at=at
    ),
    TaskAssignment: lambda f, at: TaskAssignment.make(
        task(f.task_id, f.subject, f.description), assigned_by=f.assigned_by, at=at
    ),
    ShutdownRequest: lambda f, at: ShutdownRequest.make(
        f.sender, to=f.request_id.partition("@")[2], reason=f.reason, at=at
    ),
    ShutdownApproved: lambda f, at: ShutdownApproved.make(
        f.request_id, member(f.sender, f.pane_id, f.backend_type), at=at
    ),
    ShutdownRejected: lambda f, at: ShutdownRejected.make(f.request_id, f.sender, reason=f.reason, at=at),
}


def test_a_form_that_a_client_wrote_is_made_again_to_the_byte() -> None:
    texts = {entry["text"] for path in SAMPLES for entry in json.loads(path.read_text())}
    # One sample was put there by a script, with spaces.
    texts = {said for said in texts if not said.startswith('{"type": ')}
    forms = {said: form for said in texts if (form := parse_form(said)) is not None}

    assert {type(form) for form in forms.values()} == REMADE.keys()
    for said, form in forms.items():
        at = datetime.fromisoformat(form.timestamp)  # type: ignore[union-attr]
        again = REMADE[type(form)](form, at)
        # The client takes the time for the id and for the form one after the other.
        if isinstance(form, ShutdownRequest):
            again = again.model_copy(update={"request_id": form.request_id})
        assert again.to_text() == said
