"""``onecontext.toml``: what a project says about its models, its runs and its sandbox (docs/formats.md, part 4)."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onecontext.errors import Damaged, InvalidDocument
from onecontext.store.files import read_bytes
from onecontext.text.validation import first_problem
from skills.catalogue.fitting import DEFAULT_BUDGET
from teams.guard.beneath import kind_of
from teams.mission.spending.purse import LEAST_OUT, Allowance
from teams.models.port import Difficulty
from teams.models.rates import Rate

FILE_NAME = "onecontext.toml"
SILENCE_S = 300.0


class RateConfig(BaseModel):
    """How often one model may be asked; a key that is left out limits nothing. See :class:`teams.models.rates.Rate`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    tokens_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    concurrent: int | None = Field(default=None, ge=1, le=1000)

    @property
    def rate(self) -> Rate:
        """The same as the limiter reads it."""
        return Rate(self.requests_per_minute, self.tokens_per_minute, self.concurrent)


class ModelConfig(BaseModel):
    """Which model answers. ``api_base`` "" is the provider's own address; times are seconds.

    ``roles`` names another model for all who have a role, ``difficulty`` for those who work on tasks that the plan
    calls easy, normal or hard; ``fallback`` those that are asked, in this order, where one cannot answer, which then
    rests for ``rest_s``; ``overflow`` those that are asked before them where a conversation is too long. ``api_base``
    is the address of all of them. ``limits`` says by name how often a model may be asked.
    ``cache`` keeps answers that can have no side effect (:mod:`teams.models.answers`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    api_base: str = ""
    stall_s: float = Field(default=60.0, gt=0)
    retries: int = Field(default=3, ge=0, le=20)
    roles: dict[str, str] = {}
    difficulty: dict[Difficulty, str] = {}
    overflow: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    rest_s: float = Field(default=60.0, ge=0)
    limits: dict[str, RateConfig] = {}
    cache: bool = False


class RunConfig(BaseModel):
    """How a mission is run; ``max_turns`` counts for one attempt, ``max_attempts`` for one task.

    ``pivots`` is how often the orchestrator may decide again after tasks have failed that often; 0: never.
    ``review_rounds`` is how often findings of a validator alone send a task back; then they are advice.
    ``worker_timeout_s`` is how long a program that works may take for one attempt; ``member_wait_s`` how long a member
    from outside is waited for that is not there.
    ``window_tokens`` is how long a conversation may be before it is begun anew from memory; None: what the model says.
    ``repeats`` and ``polls``: how often in a row the same calls may bring the same results, ``polls`` where a tool that
    is made for waiting is among them. ``silence_s``: seconds that a call of a model or a tool may give no sign of life;
    None: :data:`SILENCE_S`, or a minute more than a command or a silent model may take, where that is longer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: int = Field(default=2, ge=1, le=64)
    max_attempts: int = Field(default=3, ge=1)
    max_turns: int = Field(default=50, ge=1)
    pivots: int = Field(default=2, ge=0)
    review_rounds: int = Field(default=2, ge=0)
    lease_s: float = Field(default=60.0, gt=1)
    command_timeout_s: float = Field(default=120.0, gt=0)
    worker_timeout_s: float = Field(default=3600.0, gt=0)
    member_wait_s: float = Field(default=600.0, ge=0)
    window_tokens: int | None = Field(default=None, ge=4000)
    repeats: int = Field(default=5, ge=2, le=1000)
    polls: int = Field(default=60, ge=2, le=10_000)
    silence_s: float | None = Field(default=None, gt=0)


class SandboxConfig(BaseModel):
    """Where commands run. ``readable`` lists more folders that they may read, ``tools`` folders of programs.

    ``tools`` come first on the PATH of commands and are readable, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: Literal["bubblewrap", "none"] = "bubblewrap"
    readable: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


class AllowanceConfig(BaseModel):
    """What may be spent on models; a key that is left out limits nothing. ``tokens`` are those in and out together.

    ``seconds`` is the time of work, without pauses (:mod:`teams.mission.spending.worktime`); it bounds no single call.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    usd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    tokens: int | None = Field(default=None, gt=0)
    calls: int | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @property
    def allowance(self) -> Allowance:
        """What is set aside call by call, as the budget reads it."""
        return Allowance(self.usd, self.tokens, self.calls)


class BudgetConfig(AllowanceConfig):
    """What a mission may spend, and in it each ``task`` and each ``agent``.

    ``answer_tokens`` is the longest answer that is asked for where anything is limited: what is set aside for a call.
    """

    task: AllowanceConfig = AllowanceConfig()
    agent: AllowanceConfig = AllowanceConfig()
    answer_tokens: int = Field(default=16_384, ge=LEAST_OUT)

    @property
    def is_any(self) -> bool:
        """Whether anything is limited that is set aside call by call."""
        return any(one.allowance.is_any for one in (self, self.task, self.agent))


class SkillsConfig(BaseModel):
    """What a project says of skills.

    ``paths`` are folders of skills in the project, searched besides the usual places (:mod:`skills.finding.places`);
    what leads out of it is not searched, and is said. ``required`` names those that every worker must have: without one
    of them nothing is begun. ``catalogue_tokens`` is what the lines that name skills may cost in a prompt.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    paths: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    catalogue_tokens: int = Field(default=DEFAULT_BUDGET, ge=0, le=100_000)


class Config(BaseModel):
    """The whole file; every key is optional."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelConfig = ModelConfig()
    run: RunConfig = RunConfig()
    budget: BudgetConfig = BudgetConfig()
    sandbox: SandboxConfig = SandboxConfig()
    skills: SkillsConfig = SkillsConfig()

    @property
    def run_with_silence(self) -> RunConfig:
        """``run`` with ``silence_s`` as it counts, where the file leaves it out."""
        longest_s = max(self.run.command_timeout_s, self.model.stall_s) + 60.0
        silence_s = self.run.silence_s or max(SILENCE_S, longest_s)
        return self.run.model_copy(update={"silence_s": silence_s})


def load_config(folder: Path) -> Config:
    """Return the configuration in ``folder``, or the defaults when it has none.

    Raises:
        InvalidDocument: it is no regular file or no TOML, larger than 1 MiB, or has a key or value that we do not
            know; it is named.
    """
    path = folder / FILE_NAME
    try:
        text = read_bytes(path, limit_bytes=1024 * 1024).decode("utf-8")
    except FileNotFoundError:
        return Config()
    except Damaged as error:
        what = (
            f"{path} is {kind_of(path.lstat().st_mode)}" if not path.is_file() or path.is_symlink() else error.message
        )
        raise InvalidDocument(what, hint="what a project says stands in a regular file of that name") from error
    except UnicodeDecodeError as error:
        raise InvalidDocument(f"{path} is not UTF-8 text") from error
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidDocument(f"{path}: {error}") from error
    except ValidationError as error:
        said = first_problem(error, of=Config)
        raise InvalidDocument(f"{path}: {said}", hint="docs/formats.md lists every key") from error
