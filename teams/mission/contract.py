"""The contract of a mission: what must be true at the end, and the tasks that make it so.

Rule 1: assertions come before code, and each is owned by exactly one task.
Rule 2: this file does no input or output; format and examples are in docs/formats.md, part 4.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from onecontext.errors import DependencyCycle, InvalidDocument, NewerFormat
from onecontext.names import check_name
from onecontext.text.validation import first_problem
from teams.models.port import Difficulty

VERSION = 1
# An argument of a process has 128 KiB at most on Linux; a command that could not be started would end the mission.
COMMAND_BYTES = 64 * 1024
MAX_TASKS = 500
MAX_CHARACTERS = 1_000_000


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it has a NUL character, which no file and no command can carry")
    return text


def _command(command: str) -> str:
    size = len(_storable(command).encode("utf-8"))
    if size > COMMAND_BYTES:
        raise ValueError(f"the command has {size:,} bytes; {COMMAND_BYTES:,} fit")
    if all(not line.strip() or line.lstrip().startswith("#") for line in command.splitlines()):
        raise ValueError("the command is blank, so it would exit 0 whatever is there")
    return command


def _pattern(pattern: str) -> str:
    names = _storable(pattern).split("/")
    if pattern.startswith("/") or ".." in names or not pattern.strip("/."):
        raise ValueError(
            f"{pattern!r} is no path below the top of the repository, such as 'tests/test_a.py' or 'tests/*'"
        )
    return pattern


Text = Annotated[str, AfterValidator(_storable)]
Pattern = Annotated[str, Field(max_length=300), AfterValidator(_pattern)]
Command = Annotated[str, AfterValidator(_command)]
Key = Annotated[str, AfterValidator(lambda key: check_name(key, what="task"))]

# With a number behind it, it names an agent.
ROLE_CHARACTERS = 60
_ROLE = AfterValidator(lambda role: check_name(role, what="role"))
RoleName = Annotated[str, Field(max_length=ROLE_CHARACTERS), _ROLE]


class Assertion(BaseModel):
    """Something that must be true. ``command``: bash, at the top of the repository, exits 0 within ``timeout_s``
    seconds when it is; without one a validator judges by ``judge``. ``tests``: more files that decide, pinned like
    those that runners find; ``fails_before``: fails with them and without the work.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str = Field(pattern=r"^VAL-[A-Z][A-Z0-9]*-[0-9]{3}$")
    text: Text = Field(min_length=1)
    command: Annotated[str, AfterValidator(_command)] | None = Field(default=None, min_length=1)
    judge: Text | None = Field(default=None, min_length=1)
    timeout_s: float = Field(default=120.0, gt=0, le=3600)
    tests: tuple[Pattern, ...] = Field(default=(), max_length=100, strict=False)
    fails_before: bool = False

    @model_validator(mode="after")
    def _can_be_checked(self) -> "Assertion":
        if self.command is None and self.judge is None:
            raise ValueError(f"{self.id} has neither a command nor a judge: nobody could check it")
        if self.fails_before and self.command is None:
            raise ValueError(f"{self.id} has no command that could fail before")
        return self


def _within(least: float, most: float) -> AfterValidator:
    """Return what checks a number without saying so in the schema, which every model is sent that plans."""

    def check(number: float) -> float:
        if not least <= number <= most:
            raise ValueError(f"{number:g} is not from {least:g} to {most:g}")
        return number

    return AfterValidator(check)


class TaskLimits(BaseModel):
    """Equal calls, waiting, silence."""

    # Where one task needs others than [run] has; None leaves those. The docstring is part of the prompt's budget.

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    repeats: Annotated[int, _within(2, 1000)] | None = None
    polls: Annotated[int, _within(2, 10_000)] | None = None
    silence_s: Annotated[float, _within(1, 4 * 3600)] | None = None


class PlannedTask(BaseModel):
    """``after``: keys of tasks that must be done first; ``may_write``: tests and settings of test runners that it may
    change (new tests it always may).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    key: Key
    subject: Text = Field(min_length=1, max_length=200)
    description: Text = ""
    after: tuple[Key, ...] = Field(default=(), strict=False)
    assertions: tuple[str, ...] = Field(min_length=1, strict=False)
    difficulty: Difficulty | None = None  # None is normal; [model.difficulty] says which model works on it
    may_write: tuple[Pattern, ...] = Field(default=(), max_length=100, strict=False)
    limits: TaskLimits | None = None
    role: RoleName | None = None


class Contract(BaseModel):
    """Goal, assertions and tasks; see :func:`check_whole` for what must hold between them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    goal: Text = Field(min_length=1)
    assertions: tuple[Assertion, ...] = Field(min_length=1, strict=False)
    tasks: tuple[PlannedTask, ...] = Field(min_length=1, strict=False)

    @model_validator(mode="after")
    def _whole(self) -> "Contract":
        check_whole(self.assertions, self.tasks)
        size = len(self.model_dump_json())
        if size > MAX_CHARACTERS:
            raise ValueError(f"the contract has {size:,} characters; {MAX_CHARACTERS:,} fit")
        return self

    def planned(self, key: str) -> PlannedTask | None:
        """Return what was planned of the task ``key``; None for one that somebody else put on the board."""
        return next((task for task in self.tasks if task.key == key), None)

    def of_task(self, key: str) -> tuple[Assertion, ...]:
        """Return the assertions that the task ``key`` owns."""
        return self._of_tasks.get(key, ())

    @cached_property
    def _of_tasks(self) -> Mapping[str, tuple[Assertion, ...]]:
        # In the order of the contract; looked up for all that is done with each merge.
        owner = {name: task.key for task in self.tasks for name in task.assertions}
        found: dict[str, list[Assertion]] = {}
        for assertion in self.assertions:
            found.setdefault(owner[assertion.id], []).append(assertion)
        return {key: tuple(assertions) for key, assertions in found.items()}

    def may_write(self, key: str) -> tuple[str, ...]:
        """Return the patterns of pinned files that the task ``key`` may change."""
        return tuple(pattern for task in self.tasks if task.key == key for pattern in task.may_write)

    def to_yaml(self) -> str:
        """Return the text of ``contract.yaml``."""
        return yaml.safe_dump(self.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)


def check_whole(assertions: Sequence[Assertion], tasks: Sequence[PlannedTask]) -> None:
    """Check what no single part can: size, unique ids, one owner for each assertion, known dependencies, no cycle.

    Raises:
        ValueError: what does not hold.
        DependencyCycle: tasks wait for each other; the path is named.
    """
    if len(tasks) > MAX_TASKS:
        raise ValueError(f"there are {len(tasks):,} tasks; a mission has {MAX_TASKS} at most")
    ids = _unique([assertion.id for assertion in assertions], "assertion")
    keys = _unique([task.key for task in tasks], "task")
    owned = _unique([name for task in tasks for name in task.assertions], "owner of assertion")
    if owned - ids:
        raise ValueError(f"tasks own assertions that do not exist: {', '.join(sorted(owned - ids))}")
    if ids - owned:
        raise ValueError(f"no task owns {', '.join(sorted(ids - owned))}")
    unknown = {key for task in tasks for key in task.after} - keys
    if unknown:
        raise ValueError(f"tasks come after tasks that do not exist: {', '.join(sorted(unknown))}")
    in_order({task.key: task.after for task in tasks})


def in_order(after: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keys so that each stands behind what it comes after.

    Raises:
        DependencyCycle: there is no such order.
    """
    order: list[str] = []
    path: list[str] = []

    def visit(key: str) -> None:
        if key in order:
            return
        if key in path:
            raise DependencyCycle([*path[path.index(key) :], key])
        path.append(key)
        for earlier in after[key]:
            visit(earlier)
        order.append(path.pop())

    for key in after:
        visit(key)
    return order


def parse_contract(document: Any, *, source: str) -> Contract:
    """Return the contract in a parsed YAML or JSON document; ``source`` says in errors where it came from.

    Raises:
        NewerFormat: its version is higher than ours.
        InvalidDocument: it does not fit the format; the first thing wrong is named.
        DependencyCycle: its tasks wait for each other.
    """
    if isinstance(document, dict) and isinstance(document.get("version"), int) and document["version"] > VERSION:
        raise NewerFormat(f"{source} has version {document['version']}; this program knows {VERSION}")
    try:
        return Contract.model_validate(document)
    except ValidationError as error:
        raise InvalidDocument(f"{source}: {first_problem(error)}") from error


def _unique(names: Sequence[str], what: str) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two times the same {what}: {name}")
        seen.add(name)
    return seen
