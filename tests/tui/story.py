"""A small mission as events: two tasks, a rejection that is put right, messages, memory, a model without a price.

Nothing here reads a clock; the same story is the same to the microsecond.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from teams.engine.event import Event
from teams.engine.line import encode

START = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
CONTRACT = {
    "version": 1,
    "goal": "Make the suite pass and let the till print receipts",
    "assertions": [
        {
            "id": "VAL-MONEY-001",
            "text": "Every price is read to the cent",
            "command": "python -m pytest -q tests/test_money.py",
        },
        {
            "id": "VAL-OFFERS-001",
            "text": "Every third piece is free",
            "command": "python -m pytest -q tests/test_offers.py",
        },
        {"id": "VAL-RECEIPT-001", "text": "The till prints the receipt", "command": "python -m till | diff - receipt"},
    ],
    "tasks": [
        {"key": "fix-prices", "subject": "Read prices to the cent", "after": [], "assertions": ["VAL-MONEY-001"]},
        {
            "key": "fix-offers",
            "subject": "Make the offers right at their edges",
            "after": [],
            "assertions": ["VAL-OFFERS-001"],
        },
        {
            "key": "print-receipt",
            "subject": "Print a receipt",
            "after": ["fix-prices", "fix-offers"],
            "assertions": ["VAL-RECEIPT-001"],
        },
    ],
}


class Story:
    """Collects events, each a little later than the one before."""

    def __init__(self, team: str = "till-1", mission: str | None = "m-1") -> None:
        self.events: list[Event] = []
        self._team = team
        self._mission = mission
        self._at = START

    def tell(
        self, type_: str, agent: str | None = None, task: str | None = None, /, *, after_s: float = 1.0, **data: Any
    ) -> Event:
        """Add one event, ``after_s`` seconds after the last."""
        self._at += timedelta(seconds=after_s)
        number = len(self.events) + 1
        attempt = data.pop("attempt", None)
        event = Event(
            number, f"e-{number}", self._at, type_, self._team, data, self._mission, task, attempt, attempt, agent
        )
        self.events.append(event)
        return event

    def task(self, what: str, number: int, state: str, agent: str | None = "orchestrator", **more: Any) -> Event:
        """Add a task event with the whole document after it."""
        plan = CONTRACT["tasks"][number - 1]  # type: ignore[index]
        document = document_of(str(number), plan, state, **more)
        attempt = document["metadata"]["onecontext"]["attempt"]
        return self.tell(
            f"task.{what}",
            agent,
            str(number),
            task=document,
            to=state,
            reason=more.get("reason"),
            attempt=attempt or None,
        )

    def write(self, path: Path) -> Path:
        """Write the events as a journal."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(map(encode, self.events)))
        return path


def document_of(task_id: str, plan: Any, state: str, **more: Any) -> dict[str, Any]:
    """Return a task's document as the board writes it."""
    names = ("author", "attempt", "epoch", "verdict", "assertions")
    ours = {"v": 1, "key": plan["key"], "state": state, "attempt": 0, "assertions": plan["assertions"]}
    ours |= {name: more[name] for name in names if name in more}
    return {
        "id": task_id,
        "subject": plan["subject"],
        "description": f"Do this: {plan['subject'].lower()}.",
        "status": {"running": "in_progress", "review": "in_progress", "done": "completed"}.get(state, "pending"),
        "owner": more.get("owner"),
        "blocks": [],
        "blockedBy": more.get("blocked_by", []),
        "metadata": {"onecontext": ours},
    }


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
