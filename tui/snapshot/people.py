"""Who is at work, and with what."""

from dataclasses import dataclass, field
from datetime import datetime

from tui.snapshot.money import Usage


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
class Heart:
    """What the heartbeat of an agent says: ``life`` is one of :data:`tui.words.HEART_LOOKS`."""

    life: str
    beaten_at: datetime | None = None
    pid: int | None = None
