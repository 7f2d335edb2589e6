"""A change of the contract, and what may be changed of it.

Rule 1: only the orchestrator proposes one, with a reason; what was accepted stays as it is.
Rule 2: less is asked for only where that is said: an assertion that is changed or dropped is listed as given up.
Rule 3: this file does no input or output.
"""

from collections.abc import Collection, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from onecontext.errors import UsageError
from teams.mission.contract import Assertion, Contract, PlannedTask, Text, parse_contract

Choice = Literal["another_approach", "shrink"]


class Amendment(BaseModel):
    """Tasks and assertions that take the place of those of the same name or are new, and the names of those to drop."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    choice: Choice
    reason: Text = Field(min_length=1)
    tasks: tuple[PlannedTask, ...] = Field(default=(), strict=False)
    assertions: tuple[Assertion, ...] = Field(default=(), strict=False)
    drop_tasks: tuple[str, ...] = Field(default=(), strict=False)
    drop_assertions: tuple[str, ...] = Field(default=(), strict=False)


def amended(contract: Contract, amendment: Amendment, *, done: Collection[str], busy: Collection[str]) -> Contract:
    """Return the contract as the amendment makes it.

    Args:
        done: keys of tasks that were accepted.
        busy: keys of tasks that somebody works on or judges now.

    Raises:
        UsageError: it touches what may not be changed, asks for less without saying so, or changes nothing.
        InvalidDocument, DependencyCycle: what comes out is no contract.
    """
    _refuse_names(contract, amendment)
    _refuse_closed(contract, amendment, done, busy)
    if less := given_up(contract, amendment):
        if amendment.choice != "shrink":
            raise UsageError(
                f"{', '.join(less)} would be changed or dropped: that is to shrink; choose it or leave them"
            )
    elif amendment.choice == "shrink":
        raise UsageError("to shrink is to change or drop an assertion, and this does neither")
    tasks = _put(contract.tasks, amendment.tasks, amendment.drop_tasks, "key")
    document = {
        "version": contract.version,
        "goal": contract.goal,
        "assertions": _put(contract.assertions, amendment.assertions, amendment.drop_assertions, "id"),
        "tasks": [_without(task, amendment) for task in tasks],
    }
    after = parse_contract(document, source="the amended plan")
    if after == contract:
        raise UsageError("that is the plan as it is; change a task, an assertion or the way")
    return after


def given_up(contract: Contract, amendment: Amendment) -> list[str]:
    """Return the ids of assertions that are dropped, or no longer measured as they were."""
    new = {assertion.id: assertion for assertion in amendment.assertions}
    changed = [a.id for a in contract.assertions if a.id in new and _measure(new[a.id]) != _measure(a)]
    return [*changed, *amendment.drop_assertions]


def changed_tasks(before: Contract, after: Contract) -> list[str]:
    """Return the keys of tasks that are there after and are new, or are not what they were before."""
    known = {task.key: (task, before.of_task(task.key)) for task in before.tasks}
    return [task.key for task in after.tasks if known.get(task.key) != (task, after.of_task(task.key))]


def dropped_tasks(before: Contract, after: Contract) -> list[str]:
    """Return the keys of tasks that are there no longer."""
    left = {task.key for task in after.tasks}
    return [task.key for task in before.tasks if task.key not in left]


def _measure(assertion: Assertion) -> object:
    return assertion.model_dump(mode="json", exclude={"text"})


def _refuse_names(contract: Contract, amendment: Amendment) -> None:
    keys, ids = {task.key for task in contract.tasks}, {assertion.id for assertion in contract.assertions}
    if unknown := [name for name in amendment.drop_tasks if name not in keys]:
        raise UsageError(f"there is no task {', '.join(unknown)}; there are {', '.join(sorted(keys))}")
    if unknown := [name for name in amendment.drop_assertions if name not in ids]:
        raise UsageError(f"there is no assertion {', '.join(unknown)}; there are {', '.join(sorted(ids))}")


def _refuse_closed(contract: Contract, amendment: Amendment, done: Collection[str], busy: Collection[str]) -> None:
    touched = {*(task.key for task in amendment.tasks), *amendment.drop_tasks}
    if closed := sorted(touched & set(done)):
        raise UsageError(f"{', '.join(closed)} was accepted and stays as it is; add a task instead")
    if closed := sorted(touched & set(busy)):
        raise UsageError(f"{', '.join(closed)} is being worked on; change the others")
    owned = {assertion.id for key in {*done, *busy} for assertion in contract.of_task(key)}
    told = {*(assertion.id for assertion in amendment.assertions), *amendment.drop_assertions}
    if closed := sorted(told & owned):
        raise UsageError(f"{', '.join(closed)} belongs to a task that is done or at work, and stays as it is")


def _put(there: Sequence[BaseModel], new: Sequence[BaseModel], dropped: Collection[str], name: str) -> list[Any]:
    by_name = {getattr(one, name): one for one in new}
    kept = [by_name.pop(getattr(one, name), one) for one in there if getattr(one, name) not in dropped]
    return [one.model_dump(mode="json") for one in [*kept, *by_name.values()]]


def _without(task: dict[str, Any], amendment: Amendment) -> dict[str, Any]:
    """Return a task that no longer names what is dropped."""
    after = [key for key in task["after"] if key not in amendment.drop_tasks]
    return {**task, "after": after, "assertions": [a for a in task["assertions"] if a not in amendment.drop_assertions]}
