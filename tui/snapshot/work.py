"""The mission, its tasks, and what was found of their work."""

from datetime import datetime

from tui.snapshot.value import value


@value
class Mission:
    """The newest mission of the team. ``phase`` is one word or two; ``ending`` is None while it runs.

    ``serving``: it is a board that is served, and has no plan. ``address`` is where its models were asked last, "" at
    their providers' own; ``who`` says who works (``KIND``, or ``ROLE=KIND``) where that is no built-in agent.
    ``halted_at`` is since when a word to pause or to stop it stands.
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
    address: str = ""
    who: tuple[str, ...] = ()
    halted_at: datetime | None = None


@value
class Task:
    """One task of the board, as its newest document says. ``since`` is when it came to the state it is in.

    ``waiting`` and ``ready`` are told apart by what it comes after, as the board does on every reading.
    """

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
    since: datetime


@value
class Verdict:
    """What a validator decided about one attempt."""

    at: datetime
    task: str
    attempt: int | None
    verdict: str
    by: str
    findings: tuple[str, ...]


@value
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


@value
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


@value
class Assertion:
    """One promise of the contract. ``holds`` is None until it was verified."""

    id: str
    text: str
    holds: bool | None = None
