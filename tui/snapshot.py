"""What the monitor shows, as values.

Rule 1: everything here is frozen; a snapshot may cross threads and be kept for ever.
Rule 2: texts are as they came, untrusted; they are made printable where they are drawn (:mod:`tui.text`).
Rule 3: None means that nobody knows. An unknown cost is never a zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """What calls to models took. ``cost_usd`` sums the priced calls; None when none of them had a price."""

    turns: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    unpriced_turns: int = 0
    scripted_turns: int = 0


@dataclass(frozen=True, slots=True)
class SpentPoint:
    """What all calls until ``at`` took together; ``cost_usd`` sums the priced ones, None when none had a price."""

    at: datetime
    cost_usd: float | None
    tokens: int
    calls: int


@dataclass(frozen=True, slots=True)
class Spending:
    """Where it went: ``by`` maps agent, task and model to names ("" is nobody's) to usage; ``points`` is how it grew.

    ``limits`` is the mission's budget: usd, tokens, calls, seconds; what is left out is not limited.
    """

    by: Mapping[str, Mapping[str, Usage]] = field(default_factory=dict)
    points: tuple[SpentPoint, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mission:
    """The newest mission of the team. ``phase`` is one word or two; ``ending`` is None while it runs.

    ``serving``: it is a board that is served, and has no plan.
    """

    id: str
    goal: str
    branch: str
    phase: str
    model: str
    scripted: bool
    sandbox: str
    workers: int
    max_attempts: int
    started_at: datetime
    ended_at: datetime | None = None
    ending: str | None = None
    reason: str = ""
    commit: str = ""
    planned: bool = False
    serving: bool = False


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool an agent called. ``ok`` is None while it runs."""

    call: str
    tool: str
    arguments: str
    ok: bool | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. ``task`` is the newest task it worked on, ``state`` one of :data:`tui.words.AGENT_LOOKS`."""

    name: str
    role: str = ""
    model: str = ""
    state: str = "idle"
    detail: str = ""
    task: str | None = None
    tool: ToolUse | None = None
    tools: int = 0
    failed_tools: int = 0
    usage: Usage = field(default_factory=Usage)
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the board, as its newest document says."""

    id: str
    key: str
    subject: str
    description: str
    state: str
    owner: str | None
    author: str | None
    attempt: int
    verdict: str | None
    blocked_by: tuple[str, ...]
    assertions: tuple[str, ...]
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """A message between agents. ``form`` is the type of a structured one, ``idle`` marks mere idle notices."""

    id: str
    at: datetime
    sender: str
    to: str
    text: str
    summary: str
    form: str
    idle: bool
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a validator decided about one attempt."""

    at: datetime
    task: str
    attempt: int | None
    verdict: str
    by: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """One command of the contract that the host ran. ``exit_code`` None: it timed out."""

    at: datetime
    task: str
    attempt: int | None
    assertion: str
    command: str
    exit_code: int | None
    output: str
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """Work of a task on the user's files: ``what`` is ``accepted``, ``rejected`` (an attempt that was judged) or
    ``merged``. ``parent`` is the commit that a merge was made onto; None is the first parent of ``commit``.
    """

    at: datetime
    task: str
    attempt: int | None
    what: str
    agent: str
    commit: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Assertion:
    """One promise of the contract. ``holds`` is None until it was verified."""

    id: str
    text: str
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class MemoryCommit:
    """A milestone, as the journal tells it."""

    at: datetime
    agent: str
    branch: str
    commit: str
    record: str
    contribution: str


@dataclass(frozen=True, slots=True)
class GraphLine:
    """One line of the memory's graph, as the memory itself tells it. ``id`` is empty on lines of lanes alone."""

    lanes: str
    id: str = ""
    refs: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    subject: str = ""
    author: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attention:
    """Something a person may want to look at. It closes when what it is about was put right."""

    number: int
    at: datetime
    kind: str
    text: str
    task: str | None
    agent: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of ours that a file of the team breaks now. ``agent`` is who it seems to be, "" when nobody can say."""

    at: datetime
    path: str
    rule: str
    what: str
    task: str | None
    agent: str


@dataclass(frozen=True, slots=True)
class Heart:
    """What the heartbeat of an agent says: ``life`` is one of :data:`tui.words.HEART_LOOKS`."""

    life: str
    beaten_at: datetime | None = None
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event, told in a line. ``tone`` is a name of :data:`tui.words.TONES`."""

    seq: int
    at: datetime
    type: str
    agent: str
    text: str
    tone: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over the whole journal, also of what is no longer kept line by line."""

    events: int = 0
    unknown_events: int = 0
    messages: int = 0
    idle_messages: int = 0
    memory_commits: int = 0
    verifications: int = 0
    failed_verifications: int = 0
    rejections: int = 0
    merges: int = 0
    attention_open: int = 0
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of it at one moment. ``tasks`` are in board order; every other tuple is oldest first."""

    team: str = ""
    mission: Mission | None = None
    agents: tuple[Agent, ...] = ()
    tasks: tuple[Task, ...] = ()
    task_states: Mapping[str, int] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    changes: tuple[Change, ...] = ()
    verifications: tuple[Verification, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    memory: tuple[MemoryCommit, ...] = ()
    graph: tuple[GraphLine, ...] = ()
    attention: tuple[Attention, ...] = ()
    violations: tuple[Violation, ...] = ()
    hearts: Mapping[str, Heart] = field(default_factory=dict)
    log: tuple[LogLine, ...] = ()
    totals: Totals = field(default_factory=Totals)
    spending: Spending = field(default_factory=Spending)
    unknown_types: Mapping[str, int] = field(default_factory=dict)
    last_event_at: datetime | None = None
    watching: str = ""
    """How changes are noticed, ``inotify`` or ``polling``, and why; empty for a recording."""
    trouble: str = ""
    """Why the picture may be old: a damaged journal, a folder that is gone. Empty when all is well."""
