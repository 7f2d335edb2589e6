"""The parts of a served board that only decide: contracts of tasks, their order, what calls a worker off, who works."""

import threading
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import (
    BudgetExhausted,
    Conflict,
    ContextOverflow,
    InvalidText,
    ModelRefused,
    ModelStalled,
    OneContextError,
    StorageError,
    UsageError,
)
from teams.protocol.board.task import Task
from teams.protocol.team import Team
from teams.protocol.violations import Violation
from teams.serving.branches import NoCommonGround
from teams.serving.choosing import chosen
from teams.serving.crew import Crew
from teams.serving.failing import Failing
from teams.serving.jobs import Job
from teams.serving.promises import contract_for
from teams.serving.reconciling import call_off
from teams.serving.workflow import Check, Only, Settings


def task(number: str = "1", **fields: Any) -> Task:
    ours = {"v": 1, "key": f"key-{number}", **fields.pop("ours", {})}
    plain = {"id": number, "subject": "Do it", "description": "", "status": "pending", "blocks": [], "blockedBy": []}
    metadata = {"onecontext": ours, **fields.pop("metadata", {})}
    return Task.parse({**plain, **fields, "metadata": metadata}, source="test")


def test_a_task_owns_the_checks_what_it_names_and_that_it_is_done() -> None:
    settings = Settings(checks=(Check(command="true"), Check(id="VAL-TASK-001", command="pytest")))
    contract = contract_for(task(ours={"assertions": ["VAL-LOUD-001", "VAL-TASK-001"]}), settings)

    assert [(one.id, one.command, one.judge is not None) for one in contract.assertions] == [
        ("VAL-CHECK-001", "true", False),
        ("VAL-TASK-001", "pytest", False),
        ("VAL-TASK-002", None, True),
        ("VAL-TASK-003", None, True),
    ]
    assert contract.assertions[2].text == "VAL-LOUD-001"
    assert contract.of_task("key-1") == contract.assertions


def test_without_a_review_nothing_is_left_to_be_judged() -> None:
    contract = contract_for(task(), Settings(review=False, checks=(Check(command="true"),)))

    assert [one.judge for one in contract.assertions] == [None]


@pytest.mark.parametrize("subject", ["", "x" * 100_000, "a\0b", "\ud800", "line\nline\u2028line"])
def test_any_subject_makes_a_contract(subject: str) -> None:
    contract = contract_for(task(subject=subject), Settings())

    assert 0 < len(contract.tasks[0].subject) <= 200


def test_a_mission_s_own_task_is_not_for_a_server() -> None:
    tasks = [task("1", ours={"mission": "fix-it-1a2b3c"}), task("2", metadata={"priority": 3}), task("3")]

    assert [one.id for one in chosen(reversed(tasks), Only())] == ["2", "3"]


def at_work(claimed: Task) -> Job:
    return Job("work", claimed, "worker-1", threading.Event())


RUNNING = {"state": "running", "epoch": 2}


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (None, "the task was deleted"),
        ({**RUNNING, "epoch": 3}, "the task is with zoe now"),
        ({**RUNNING, "state": "blocked", "reason": "not now"}, "the task is blocked now: not now"),
        ({**RUNNING, "state": "review"}, None),
        ({**RUNNING, "state": "ready"}, None),
        (RUNNING, None),
    ],
)
def test_a_worker_is_called_off_when_its_work_could_not_count(now: dict[str, Any] | None, why: str | None) -> None:
    job = at_work(task(ours=RUNNING, owner="worker-1"))
    board = {} if now is None else {"1": task(ours=now, owner="zoe" if now["epoch"] == 3 else "worker-1")}

    off = call_off(job, board, [])

    assert (off.why if off else None) == why
    assert off is None or not off.block


def test_what_another_program_says_to_be_done_is_nobodys_to_give_out() -> None:
    held = task(ours=RUNNING, owner="worker-1")
    others = [Violation("tasks/b/1.json", rule, rule, task="1") for rule in ("forged", "taken", "completed")]

    off = call_off(at_work(held), {"1": held}, others)

    assert off is not None
    assert (off.why, off.block) == ("another program says of it: completed", True)
    assert call_off(at_work(held), {"1": held}, others[:1]) is None


@pytest.mark.parametrize(
    ("error", "do"),
    [
        (ModelStalled("silent"), "rest"),
        (ModelRefused("a wrong key"), "raise"),
        (ContextOverflow("too long"), "block"),
        (Conflict("somebody was first"), "rest"),
        (UsageError("the branch is checked out"), "rest"),
        (InvalidText("a NUL"), "block"),
        (NoCommonGround("it does not merge"), "block"),
        (StorageError("full"), "raise"),
        (BudgetExhausted("x", kind="task", name="a"), "block"),
        (BudgetExhausted("x", kind="mission", name="a"), "raise"),
        (BudgetExhausted("x", kind="mission", name=""), "nothing"),
        (BudgetExhausted("x", kind="agent", name="worker-1"), "nothing"),
        (ValueError("a bug of ours"), "raise"),
        (OneContextError("what nobody foresaw"), "raise"),
    ],
)
def test_each_error_has_its_remedy(error: BaseException, do: str) -> None:
    failing = Failing()

    assert failing.remedy(error).do == do
    assert bool(failing.spent) == (isinstance(error, BudgetExhausted) and error.kind == "agent")


def test_nobody_works_under_the_name_of_somebody_else(tmp_path: Path) -> None:
    team = Team.create("board", root=tmp_path, cwd=tmp_path)
    team.join("worker-1", role="worker")
    team.join("worker-2", role="docs")
    crew = Crew(team, model="m", worked=set)

    with team.beating("worker-1"):
        first = crew.worker("worker", set())
        second = crew.worker("worker", {first})

        assert (first, second) == ("worker-3", "worker-4")
        assert crew.worker("worker", set(), rather="worker-4") == "worker-4"
        assert not crew.is_ours("worker-1", "worker")
    crew.leave(reason="over")
    assert [member.name for member in team.members] == ["team-lead", "worker-1", "worker-2"]
