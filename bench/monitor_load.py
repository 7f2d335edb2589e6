"""The team that bench/monitor.py looks at: a journal of many tasks and agents, and lines to append to it.

Rule 1: lines are those of docs/formats.md with true checksums; they are made before anything is measured.
Rule 2: one event of ten is a task's, as in the journals of real missions; the others are calls of models and tools,
    states and messages.
"""

import itertools
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from teams.engine.event import Event
from teams.engine.line import encode
from teams.engine.processes import here, this_process

STATES = ("waiting", "ready", "running", "review", "done")
SAID = "The total is rounded before the offer is taken off; I move the rounding behind it and test its edges. "
JOURNAL = Path("teams") / "crew" / "onecontext" / "journal.jsonl"


class Load:
    """A root folder with one team, and the numbers of its journal's lines."""

    def __init__(self, root: Path, *, tasks: int, agents: int) -> None:
        self.root, self.tasks, self.agents = root, tasks, agents
        self.journal = root / JOURNAL
        self.journal.parent.mkdir(parents=True)
        self._seq = itertools.count(1)
        self._at = datetime.now(UTC) - timedelta(hours=2)
        self.journal.write_bytes(b"".join(self._beginning()))
        self.beat()

    def beat(self) -> None:
        """Write heartbeats, of this process, for all agents."""
        folder = self.journal.parent / "heartbeat"
        folder.mkdir(exist_ok=True)
        me, where = this_process(), here()
        beat = {"v": 1, "pid": me.pid, "started": me.started, "boot": where.boot, "space": where.space, "children": []}
        for number in range(self.agents):
            (folder / f"worker-{number}").write_text(json.dumps(beat))

    def lines(self, count: int, *, step_s: float = 0.01) -> list[bytes]:
        """Return the next lines of the journal."""
        return [self._next(number, step_s) for number in range(count)]

    def append(self, lines: list[bytes]) -> None:
        """Append lines with one write, as a journal does."""
        with self.journal.open("ab", buffering=0) as file:
            file.write(b"".join(lines))

    def message(self, words: str) -> bytes:
        """Return the next line: a message of these words."""
        who = "worker-1"
        return self._line("message.sent", who, msg_id=f"mark-{words}", to="lead", text=words, **{"from": who})

    def _beginning(self) -> Iterator[bytes]:
        budget = {"usd": 5.0, "tokens": 10_000_000}
        told = {"goal": "Make the suite pass and let the till print receipts", "branch": "onecontext/crew"}
        yield self._line(
            "mission.started", None, model="scripted:script", scripted=True, sandbox="bubblewrap", workers=self.agents,
            max_attempts=3, budget=budget, **told,
        )  # fmt: skip
        for number in range(self.agents):
            yield self._line("member.joined", "lead", name=f"worker-{number}", role="worker", model="scripted:script")
        for number in range(1, self.tasks + 1):
            yield self._task("created", number, STATES[number % len(STATES)])

    def _next(self, number: int, step_s: float) -> bytes:
        self._at += timedelta(seconds=step_s)
        who, task = f"worker-{number % self.agents}", str(1 + number % max(1, self.tasks))
        match number % 10:
            case 0:
                place = 1 + (number * 7) % max(1, self.tasks)
                return self._task("renewed", place, STATES[(number // 10 + place) % len(STATES)], who)
            case 1 | 5:
                return self._line(
                    "model.called", who, task, model="scripted:script", scripted=True, tokens_in=1200,
                    tokens_cached=800, tokens_out=60, cost_usd=0.0004, latency_s=0.2, text=SAID * 2,
                )  # fmt: skip
            case 2 | 6:
                call = {"call": f"c-{number}", "tool": "shell", "arguments": '{"command":"python -m pytest -q tests"}'}
                return self._line("tool.intent", who, task, idempotent=False, **call)
            case 3 | 7:
                call = {"call": f"c-{number - 1}", "tool": "shell", "output": "4 passed in 0.12s\n" + SAID * 3}
                return self._line("tool.result", f"worker-{(number - 1) % self.agents}", task, ok=True,
                                  duration_s=0.3, **call)  # fmt: skip
            case 4:
                text = f"word {number}: {SAID}"
                return self._line("message.sent", who, msg_id=f"m-{number}", to="lead", text=text, **{"from": who})
            case 8:
                return self._line("message.delivered", "lead", msg_id=f"m-{number - 4}")
            case _:
                return self._line("agent.state", who, task, state="thinking", detail=f"turn {number}")

    def _task(self, what: str, number: int, state: str, agent: str = "lead") -> bytes:
        ours = {"v": 1, "key": f"key-{number}", "state": state, "attempt": 1, "author": "lead", "assertions": []}
        running = state == "running"
        document = {
            "id": str(number),
            "subject": f"Make part {number} of the till right at its edges",
            "description": f"Read part {number}, find what is rounded too early, and mend it. " * 3,
            "status": {"running": "in_progress", "review": "in_progress", "done": "completed"}.get(state, "pending"),
            "owner": agent if running else None,
            "blocks": [],
            "blockedBy": [str(number - 1)] if state == "waiting" else [],
            "metadata": {"onecontext": ours},
        }
        return self._line(f"task.{what}", agent, str(number), task=document, to=state)

    def _line(self, type_: str, agent: str | None, task: str | None = None, /, **data: Any) -> bytes:
        seq = next(self._seq)
        made = datetime.now(UTC) if seq == 1 else self._at
        return encode(Event(seq, f"e-{seq}", made, type_, "crew", data, "m-1", task, 1 if task else None, None, agent))


def environment() -> dict[str, str]:
    """Return the environment of what is measured: a terminal here of many colours; byte code may be written."""
    without = ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY")
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return kept | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
