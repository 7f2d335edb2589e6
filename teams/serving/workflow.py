"""``WORKFLOW.md``: how tasks of a board are worked on; front matter and a prompt (docs/formats.md, part 4).

Rule 1: it comes with what was cloned. It says how often, how many and what must hold; it names no model's server, no
    sandbox and no path, and its commands run in the sandbox alone.
Rule 2: this file does no input or output; what is wrong is said with its line.

The front matter and the reloading are those of openai/symphony's SPEC.md, where the tracker is another program's.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from onecontext.errors import InvalidDocument, InvalidName, NewerFormat
from onecontext.names import check_name
from onecontext.text.frontmatter import line_of, split
from onecontext.text.validation import first_problem
from teams.mission.contract import Assertion, Pattern
from teams.serving.template import Template

VERSION = 1
FILE_NAME = "WORKFLOW.md"
DEFAULT_TEAM = "board"
DEFAULT_PROMPT = "{{ task.description }}"
NO_WORKERS = ("validator", "orchestrator", "team-lead")
OF_A_TASK = ("id", "key", "subject", "description", "role", "metadata")
NAMES = (*(f"task.{name}" for name in OF_A_TASK), "attempt", "max_attempts", "team", "branch")
"""What the prompt may name."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Check(_Part):
    """A command that must exit 0 on the merged work of any task, within ``timeout_s`` seconds."""

    id: str | None = Field(default=None, pattern=r"^VAL-[A-Z][A-Z0-9]*-[0-9]{3}$")
    text: str = ""
    command: str = Field(min_length=1)
    timeout_s: float = Field(default=120.0, gt=0, le=3600, strict=False)


class Only(_Part):
    """Which tasks are worked on: those for ``role``, whose subject begins with ``subject``, and whose ``metadata`` has
    these values.
    """

    role: str = "worker"
    subject: str = ""
    metadata: dict[str, str | int | float | bool] = {}

    @field_validator("role")
    @classmethod
    def _a_worker(cls, role: str) -> str:
        if role in NO_WORKERS:
            raise ValueError(f"tasks for a {role} are not for workers")
        return _named(role, "role")


class BackOff(_Part):
    """How long a task rests after what went wrong: ``base_s`` seconds, twice as long each time, ``max_s`` at most.

    ``jitter`` is the share that is taken off at random, so that tasks that failed together do not come back together.
    """

    base_s: float = Field(default=10.0, gt=0, le=86_400, strict=False)
    max_s: float = Field(default=300.0, gt=0, le=86_400, strict=False)
    jitter: float = Field(default=0.1, ge=0, le=1, strict=False)


def _checks_may_be_texts(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema what a validator does: a text is a check with that command."""
    checks = schema["properties"]["checks"]
    checks["items"] = {"anyOf": [{"type": "string", "minLength": 1}, checks["items"]]}


class Settings(_Part):
    """The front matter; every key is optional.

    ``may_write`` names tests and settings of test runners that tasks may change; new tests they always may.
    ``concurrency``, ``max_attempts`` and ``silence_s`` None: what ``onecontext.toml`` says.
    """

    model_config = ConfigDict(json_schema_extra=_checks_may_be_texts)

    version: Literal[1] = 1
    team: str = DEFAULT_TEAM
    only: Only = Only()
    branch: Literal["integration", "task"] = "integration"
    concurrency: int | None = Field(default=None, ge=1, le=64)
    max_attempts: int | None = Field(default=None, ge=1, le=1000)
    backoff: BackOff = BackOff()
    silence_s: float | None = Field(default=None, gt=0, le=14_400, strict=False)
    poll_s: float = Field(default=5.0, ge=0.1, le=3600, strict=False)
    review: bool = True
    may_write: Annotated[tuple[Pattern, ...], Field(strict=False, max_length=100)] = ()
    checks: Annotated[tuple[Check, ...], Field(strict=False, max_length=99)] = ()

    @field_validator("team")
    @classmethod
    def _a_team(cls, team: str) -> str:
        return _named(team, "team")

    @field_validator("checks", mode="before")
    @classmethod
    def _commands(cls, checks: Any) -> Any:
        if not isinstance(checks, list):
            return checks
        return [{"command": check} if isinstance(check, str) else check for check in checks]

    @field_validator("checks")
    @classmethod
    def _assertions(cls, checks: tuple[Check, ...]) -> tuple[Check, ...]:
        assertions_of(checks)
        return checks

    @model_validator(mode="after")
    def _is_measured(self) -> "Settings":
        if not self.review and not self.checks:
            raise ValueError("without a review and without checks nobody would look at the work; say one of them")
        return self


class Workflow:
    """A ``WORKFLOW.md`` that is good: its front matter, the prompt, and the digest of the file."""

    def __init__(self, settings: Settings, prompt: Template, digest: str = "") -> None:
        self.settings = settings
        self.prompt = prompt
        self.digest = digest


def assertions_of(checks: tuple[Check, ...]) -> tuple[Assertion, ...]:
    """Return the checks as assertions of a contract; those without an id are numbered.

    Raises:
        ValueError: a command is none, or two have the same id.
    """
    found: list[Assertion] = []
    for number, check in enumerate(checks, 1):
        name = check.id or f"VAL-CHECK-{number:03}"
        if name in {one.id for one in found}:
            raise ValueError(f"two checks are called {name}")
        text = check.text or f"`{check.command.splitlines()[0] if check.command.strip() else ''}` exits 0"
        found.append(_assertion(number, id=name, text=text, command=check.command, timeout_s=check.timeout_s))
    return tuple(found)


def parse_workflow(text: str, *, source: str, digest: str = "") -> Workflow:
    """Return the workflow in ``text``; ``source`` says in errors where it came from.

    Raises:
        NewerFormat: its version is higher than ours.
        InvalidDocument: it does not fit the format; the message says in which line.
    """
    try:
        values, body = split(text)
    except InvalidDocument as error:
        raise InvalidDocument(f"{source}: {error.message}", hint=error.hint) from error
    version = values.get("version")
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat(f"{source} has version {version}; this program knows {VERSION}")
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        place = [part for part in error.errors()[0]["loc"] if isinstance(part, str | int)]
        said, hint = first_problem(error, of=Settings), "docs/formats.md lists every key"
        raise InvalidDocument(f"{source}, line {line_of(text, place)}: {said}", hint=hint) from error
    return Workflow(settings, _prompt(text, body, source), digest)


def default_workflow() -> Workflow:
    """Return what holds where there is no file."""
    return parse_workflow("", source="the built-in workflow")


def _prompt(text: str, body: str, source: str) -> Template:
    begun = len(body) - len(body.lstrip())
    first_line = text.count("\n", 0, len(text) - len(body)) + body.count("\n", 0, begun) + 1
    return Template(body.strip() or DEFAULT_PROMPT, known=NAMES, source=source, first_line=first_line)


def _assertion(number: int, **fields: Any) -> Assertion:
    try:
        return Assertion(**fields)
    except ValidationError as error:
        raise ValueError(f"check {number}: {first_problem(error)}") from error


def _named(name: str, what: str) -> str:
    try:
        return check_name(name, what=what)
    except InvalidName as error:
        raise ValueError(error.message) from error
