"""Events, one after the other, without a journal: what the stories of the tests are told with.

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
