"""The story of the till: two bugs, one feature, one rejection, told in three lengths."""

from tests.tui.story import CONTRACT, Story


def opening() -> Story:
    """The mission starts and is planned."""
    story = Story()
    story.tell("team.created", config={"name": "till-1"})
    story.tell(
        "mission.started",
        "orchestrator",
        goal=CONTRACT["goal"],
        branch="onecontext/m-1",
        base="1" * 40,
        model="scripted:script",
        scripted=True,
        workers=2,
        sandbox="bubblewrap",
        max_attempts=3,
    )
    for name, role in (
        ("orchestrator", "orchestrator"),
        ("worker-1", "worker"),
        ("worker-2", "worker"),
        ("validator-1", "validator"),
    ):
        story.tell("member.joined", name=name, role=role, model="scripted:script")
    story.tell("agent.state", "orchestrator", state="thinking", detail="")
    _turn(
        story,
        "orchestrator",
        "I will look at what is there before I promise anything.",
        "run",
        "python -m pytest -q",
        ok=False,
    )
    story.tell(
        "mission.planned",
        "orchestrator",
        contract=CONTRACT,
        tasks={"fix-prices": "1", "fix-offers": "2", "print-receipt": "3"},
    )
    story.task("created", 1, "ready")
    story.task("created", 2, "ready")
    story.task("created", 3, "waiting", blocked_by=["1", "2"])
    story.tell(
        "memory.committed",
        "orchestrator",
        branch="main",
        commit="a" * 40,
        record="00000001",
        contribution="Two bugs, one feature: the plan",
    )
    return story


def middle() -> Story:
    """Two workers are at work; one attempt was sent back."""
    story = opening()
    _claim(story, 1, "worker-1")
    _claim(story, 2, "worker-2")
    _turn(story, "worker-1", "Decimal, not float.", "write_file", "till/money.py", ok=True, task="1", cost=0.0)
    _turn(
        story,
        "worker-2",
        "The edge at 50.00 first.",
        "run",
        "python -m pytest -q tests/test_offers.py",
        ok=True,
        task="2",
    )
    story.task("submitted", 1, "review", "worker-1", author="worker-1", attempt=1, owner=None)
    story.tell("attempt.ended", "worker-1", "1", outcome="submitted")
    story.tell(
        "memory.committed",
        "worker-1",
        "1",
        branch="fix-prices",
        commit="b" * 40,
        record="00000002",
        contribution="Prices are Decimal",
    )
    story.tell(
        "message.sent",
        "worker-1",
        msg_id="x-1",
        **{"from": "worker-1"},
        to="orchestrator",
        text="Prices are read through Decimal now.\nmoney.py",
        summary="fix-prices is ready",
    )
    story.tell("message.delivered", "orchestrator", msg_id="x-1", to="orchestrator")
    story.tell(
        "message.sent",
        "worker-1",
        msg_id="x-2",
        **{"from": "worker-1"},
        to="orchestrator",
        text='{"type":"idle_notification"}',
        form="idle_notification",
    )
    _verify(story, 1, 0)
    story.tell(
        "verdict.given",
        "validator-1",
        "1",
        verdict="accepted",
        by="validator-1",
        findings=[],
        commit="c" * 40,
        attempt=1,
    )
    story.task("completed", 1, "done", "validator-1", author="worker-1", attempt=1, verdict="accepted")
    story.tell("work.merged", "orchestrator", "1", branch="onecontext/m-1", commit="d" * 40, parents=[])
    story.task("submitted", 2, "review", "worker-2", author="worker-2", attempt=1)
    _verify(story, 2, 1)
    story.tell(
        "verdict.given",
        "validator-1",
        "2",
        verdict="rejected",
        by="validator-1",
        findings=["six pieces: two are free, the till gives one"],
        commit="e" * 40,
        attempt=1,
    )
    story.task(
        "rejected",
        2,
        "ready",
        "validator-1",
        author="worker-2",
        attempt=1,
        verdict="rejected",
        reason="six pieces: two are free",
    )
    _claim(story, 2, "worker-2", attempt=2)
    story.tell(
        "tool.intent",
        "worker-2",
        "2",
        call="c-9",
        tool="run",
        arguments='{"command":"python -m pytest -q tests/test_offers.py"}',
        idempotent=True,
    )
    story.tell("agent.state", "worker-2", "2", state="tool", detail="run")
    return story


def whole() -> Story:
    """The mission to its end."""
    story = middle()
    story.tell("tool.result", "worker-2", "2", call="c-9", tool="run", ok=True, output="4 passed", duration_s=0.4)
    story.task("submitted", 2, "review", "worker-2", author="worker-2", attempt=2)
    _verify(story, 2, 0, attempt=2)
    story.tell(
        "verdict.given",
        "validator-1",
        "2",
        verdict="accepted",
        by="validator-1",
        findings=[],
        commit="f" * 40,
        attempt=2,
    )
    story.task("completed", 2, "done", "validator-1", author="worker-2", attempt=2, verdict="accepted")
    story.task("unblocked", 3, "ready")
    _claim(story, 3, "worker-1")
    story.task("submitted", 3, "review", "worker-1", author="worker-1", attempt=1)
    _verify(story, 3, 0)
    story.tell(
        "verdict.given",
        "validator-1",
        "3",
        verdict="accepted",
        by="validator-1",
        findings=[],
        commit="9" * 40,
        attempt=1,
    )
    story.task("completed", 3, "done", "validator-1", author="worker-1", attempt=1, verdict="accepted")
    story.tell("mission.ended", "orchestrator", ending="done", reason="", branch="onecontext/m-1", commit="9" * 40)
    return story


def _claim(story: Story, number: int, who: str, attempt: int = 1) -> None:
    story.task("claimed", number, "running", who, owner=who, author=who, attempt=attempt)
    story.tell("attempt.started", who, str(number), role="worker", model="scripted:script", attempt=attempt)


def _turn(
    story: Story,
    who: str,
    say: str,
    tool: str,
    argument: str,
    *,
    ok: bool,
    task: str | None = None,
    cost: float | None = None,
) -> None:
    call = f"c-{len(story.events)}"
    story.tell(
        "model.called",
        who,
        task,
        model="scripted:script",
        scripted=True,
        tokens_in=1200,
        tokens_cached=800,
        tokens_out=60,
        cost_usd=cost,
        latency_s=0.2,
        text=say,
    )
    story.tell(
        "tool.intent", who, task, call=call, tool=tool, arguments=f'{{"command":"{argument}"}}', idempotent=False
    )
    story.tell(
        "tool.result", who, task, call=call, tool=tool, ok=ok, output="2 failed" if not ok else "ok", duration_s=0.3
    )


def _verify(story: Story, number: int, exit_code: int, attempt: int = 1) -> None:
    assertion = CONTRACT["assertions"][number - 1]  # type: ignore[index]
    story.tell(
        "verify.command",
        "validator-1",
        str(number),
        assertion=assertion["id"],
        command=assertion["command"],
        exit_code=exit_code,
        output="E  assert 1 == 2" if exit_code else "4 passed",
        duration_s=0.5,
        attempt=attempt,
    )


def crossed() -> Story:
    """Until the middle, and then another program comes across it: hearts and watch are for the test to add."""
    story = middle()
    story.tell("member.found", name="guest", role="general-purpose")
    made = {"id": "4", "subject": "Look at the till's drawer", "status": "pending", "blocks": [], "blockedBy": []}
    story.tell("task.imported", None, "4", task=made, to="ready")
    story.tell("task.edited", None, "4", task={**made, "subject": "Mend the till's drawer"}, to="ready", what="subject")
    first = "tasks/till-1/1.json"
    what = {"path": first, "rule": "backwards", "what": "in_progress by worker-1, and it is done"}
    over = story.tell("violation", "worker-1", "1", lasting=True, **what)
    story.tell("violation", None, "3", lasting=True, path="tasks/till-1/3.json", rule="garbled", what="half a task")
    story.tell("violation", "guest", "2", lasting=True, path="tasks/till-1/2.json", rule="taken", what="taken by guest")
    story.tell("violation.ended", **what).cause = over.id
    story.task("reaped", 2, "ready", None, attempt=2, reason="the process of worker-2 (4711) is gone")
    story.tell("team.trouble", "team-lead", doing="take in", reason="Damaged: config.json stays garbled")
    story.tell("member.gone", name="guest")
    return story
