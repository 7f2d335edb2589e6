"""All of it at one moment."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from tui.snapshot.asked import Request
from tui.snapshot.moment import Moment
from tui.snapshot.money import Spending, Usage
from tui.snapshot.people import Agent, Heart
from tui.snapshot.skills import SkillUse
from tui.snapshot.teams import TeamLine
from tui.snapshot.told import Attention, GraphLine, LogLine, MemoryCommit, Message, Violation
from tui.snapshot.value import value
from tui.snapshot.work import Assertion, Change, Mission, Task, Verdict, Verification


@value
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


@value
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
    requests: tuple[Request, ...] = ()
    """What waits for a person's word, oldest first, then what was decided, oldest first."""
    hearts: Mapping[str, Heart] = field(default_factory=dict)
    log: tuple[LogLine, ...] = ()
    totals: Totals = field(default_factory=Totals)
    spending: Spending = field(default_factory=Spending)
    skill_uses: tuple[SkillUse, ...] = ()
    unknown_types: Mapping[str, int] = field(default_factory=dict)
    last_event_at: datetime | None = None
    root: str = ""
    """The folder that holds ``teams/``; empty for a recording."""
    kept: str = ""
    """``files``: another program's team, which keeps no journal; what happened is what was seen since it is watched.
    ``shared``: such a team that members of ours joined; what they did is from their journal."""
    teams: tuple[TeamLine, ...] = ()
    """Every team that is watched, this one too; empty where nobody looks for others."""
    watching: str = ""
    """How changes are noticed, ``inotify`` or ``polling``, and why; empty for a recording."""
    trouble: str = ""
    """Why the picture may be old: a damaged journal, a folder that is gone. Empty when all is well."""
    moment: Moment | None = None
    """Where in a recording this is; None: it is what is there now."""
