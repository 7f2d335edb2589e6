"""Thousands of tasks and events: still right, and an event costs the same at the end as at the beginning."""

import time

from textual.pilot import Pilot

from tests.tui.screen import play, shown, still, text_of
from tests.tui.story import Story
from tui.projection.state import KEPT_LINES, Monitor
from tui.snapshot import Snapshot

TASKS, EVENTS = 5_000, 20_000
STATES = ("waiting", "ready", "running", "review", "done")


def long_story() -> Story:
    story = Story()
    for number in range(1, TASKS + 1):
        document = {
            "id": str(number),
            "subject": f"subject {number}",
            "status": "pending",
            # The second is at work for as long as the story goes: what comes after it waits.
            "blockedBy": ["2"] if number % 5 == 0 else [],
            "metadata": {"onecontext": {"key": f"key-{number}", "state": STATES[number % 5], "attempt": 1}},
        }
        story.tell("task.created", "lead", str(number), after_s=0.01, task=document)
    for number in range(EVENTS - TASKS):
        who = f"worker-{number % 50}"
        story.tell(
            "message.sent", who, after_s=0.01, msg_id=str(number), to="lead", text=f"word {number}", **{"from": who}
        )
    return story


def test_five_thousand_tasks_and_twenty_thousand_events_stay_correct() -> None:
    snapshot = shown(long_story().events)

    assert snapshot.totals.events == EVENTS
    assert snapshot.task_states == dict.fromkeys(STATES, 1_000)
    assert (len(snapshot.messages), snapshot.totals.messages) == (5_000, 15_000)
    assert snapshot.messages[-1].text == "word 14999"
    assert len(snapshot.log) == KEPT_LINES
    assert len(snapshot.agents) == 51
    _scroll(snapshot)


def _scroll(snapshot: Snapshot) -> None:
    app = still(snapshot)
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("right", "right", "right", "end")
        seen.append(text_of(app))
        await pilot.press("5", "f", "home")
        seen.append(text_of(app))

    play(app, (120, 36), act)

    # Finished tasks are newest first, so their end is the oldest of them.
    assert "5,000 tasks" in seen[0]
    assert "#3 key-3" in seen[0] or "#4 key-4" in seen[0]
    assert "word 10000" in seen[1]


def test_an_event_costs_the_same_whatever_came_before() -> None:
    events = long_story().events
    monitor = Monitor()
    for event in events[: TASKS + 500]:
        monitor.apply(event)

    early = _seconds(monitor, events[TASKS + 500 : TASKS + 2_000])
    for event in events[TASKS + 2_000 : -1_500]:
        monitor.apply(event)
    late = _seconds(monitor, events[-1_500:])

    # Other programs share the machine; a cost that grew with history would be ten times and more.
    assert late < 4 * early + 0.05


def _seconds(monitor: Monitor, events: list[object]) -> float:  # type: ignore[type-arg]
    begun = time.process_time()
    for event in events:
        monitor.apply(event)  # type: ignore[arg-type]
    return time.process_time() - begun
