"""A bigger story: six agents on nine tasks, one of them waits for a person, one is stuck, mail lies undelivered."""

from typing import Any

from tests.tui.story import Story

PLAN = (
    ("read-prices", "Read prices to the cent", ()),
    ("read-stock", "Read what is in stock", ()),
    ("fix-offers", "Make the offers right at their edges", ("1",)),
    ("sum-basket", "Add a basket up", ("1", "2")),
    ("print-receipt", "Print a receipt", ("3", "4")),
    ("count-drawer", "Count the drawer at night", ("4",)),
    ("write-manual", "Write the manual", ("5", "6")),
    ("ask-tax", "Which tax holds for books?", ()),
    ("clean-up", "Remove what nobody calls", ()),
)
WORKERS = ("alice", "bob", "carol", "dave")


def shop() -> Story:
    """Everything at once: each state of a task, each life of an agent, each kind of message."""
    story = _begun()
    _claim(story, 1, "alice")
    _calls(story, "alice", 1, 3)
    put(story, "completed", 1, "done", "val", author="alice", attempt=1, verdict="accepted")
    _claim(story, 2, "bob", attempt=2)
    _claim(story, 3, "alice")
    _claim(story, 8, "carol")
    put(story, "asked", 8, "needs_input", "carol", owner="carol", author="carol", attempt=1, reason="7 or 19 percent?")
    put(story, "claimed", 9, "running", "dave", owner="dave", author="dave", attempt=3)
    put(story, "submitted", 9, "review", "dave", author="dave", attempt=3)
    story.tell("attempt.started", "val", "9", role="validator", model="maker/large")
    _mail(story)
    _calls(story, "alice", 3, 2)
    story.tell("model.limited", "bob", "2", model="maker/small", reason="429: slow down", wait_s=20.0)
    story.tell("tool.intent", "alice", "3", call="long", tool="run", arguments='{"command":"python -m pytest -q"}')
    story.tell("agent.state", "alice", "3", state="tool", detail="run")
    story.tell("tool.intent", "dave", "9", call="hang", tool="run", arguments='{"command":"sleep 1e9"}')
    story.tell("agent.stalled", "dave", "9", reason="run gave no sign of life for 600 s", times=1)
    story.tell("agent.state", "val", "9", after_s=75, state="thinking", detail="")
    return story


def put(story: Story, what: str, number: int, state: str, who: str = "team-lead", **more: Any) -> None:
    """Add a task event with the whole document after it."""
    key, subject, after = PLAN[number - 1]
    names = ("author", "attempt", "verdict")
    ours = {"v": 1, "key": key, "state": state, "attempt": 0, **{name: more[name] for name in names if name in more}}
    document = {
        "id": str(number),
        "subject": subject,
        "description": f"Do this: {subject.lower()}",
        "owner": more.get("owner"),
        "blockedBy": list(after),
        "metadata": {"onecontext": ours},
    }
    reason = more.get("reason")
    story.tell(f"task.{what}", who, str(number), task=document, to=state, reason=reason, attempt=more.get("attempt"))


def _begun() -> Story:
    story = Story("shop", "m-2")
    story.tell("team.created", config={"name": "shop"})
    where = {"branch": "onecontext/m-2", "base": "1" * 40, "sandbox": "bubblewrap"}
    limits = {"workers": 4, "max_attempts": 3, "budget": {"usd": 5.0}}
    story.tell(
        "mission.started", "team-lead", goal="A till that a shop can use", model="maker/large", **where, **limits
    )
    for name in ("team-lead", *WORKERS, "val"):
        role = {"team-lead": "orchestrator", "val": "validator"}.get(name, "worker")
        story.tell("member.joined", name=name, role=role, model="maker/small" if role == "worker" else "maker/large")
    contract = {"version": 1, "goal": "A till", "assertions": [{"id": "VAL-1", "text": "It sums"}], "tasks": []}
    story.tell("mission.planned", "team-lead", contract=contract, tasks={})
    for number, (_, _, after) in enumerate(PLAN, 1):
        put(story, "created", number, "waiting" if after else "ready")
    return story


def _claim(story: Story, number: int, who: str, attempt: int = 1) -> None:
    put(story, "claimed", number, "running", who, owner=who, author=who, attempt=attempt)
    story.tell("attempt.started", who, str(number), role="worker", model="maker/small", attempt=attempt)


def _calls(story: Story, who: str, number: int, count: int) -> None:
    for turn in range(count):
        usage = {"tokens_in": 20_000 + 9_000 * turn, "tokens_cached": 18_000, "tokens_out": 400, "cost_usd": 0.04}
        more = {"model": "maker/small", "window": 64_000, "latency_s": 2.5, "text": f"Step {turn + 1} of {count}."}
        story.tell("model.called", who, str(number), **usage, **more)
        call, ok = f"{who}-{number}-{turn}", turn != 1
        command = '{"command":"python -m pytest -q tests/test_till.py"}'
        story.tell("tool.intent", who, str(number), call=call, tool="run", arguments=command)
        output = f"exit code {0 if ok else 1}\n{'4 passed' if ok else '1 failed, 3 passed'} in 0.2s"
        story.tell("tool.result", who, str(number), call=call, tool="run", ok=True, output=output, duration_s=1.25)


def post(story: Story, number: int, sender: str, to: str, text: str, *, read: bool = True, **more: Any) -> None:
    """Send a message, and have it delivered."""
    story.tell("message.sent", sender, msg_id=f"x-{number}", **{"from": sender}, to=to, text=text, **more)
    if read:
        story.tell("message.delivered", to, msg_id=f"x-{number}", to=to)


def _mail(story: Story) -> None:
    assigned = '{"type":"task_assignment","taskId":"3","subject":"Make the offers right"}'
    post(story, 1, "team-lead", "alice", assigned, form="task_assignment")
    post(story, 2, "alice", "bob", "Do you read prices as cents?", summary="cents?")
    post(story, 3, "bob", "alice", "Yes, as whole cents.\nNever as float.", in_reply_to="x-2")
    for number, name in enumerate(("alice", "carol", "dave"), 4):
        idle = '{"type":"idle_notification","summary":"done"}'
        post(story, number, name, "team-lead", idle, form="idle_notification")
    post(story, 7, "carol", "team-lead", "Seven or nineteen percent?", read=False, summary="which tax?")
    post(story, 8, "dave", "team-lead", '{"type":"shutdown_rejected","reason":"still busy"}', read=False,
         form="shutdown_rejected")  # fmt: skip
