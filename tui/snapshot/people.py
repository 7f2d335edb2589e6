"""Who is at work, and with what."""

from dataclasses import field
from datetime import datetime

from tui.snapshot.money import Usage
from tui.snapshot.value import value


@value
class ToolUse:
    """A tool an agent called. ``ok`` is None while it runs; ``output`` is the head of what came of it.

    ``exit_code`` is that of the command it ran; None: it ran none, or it was ended for taking too long.
    """

    call: str
    tool: str
    arguments: str
    ok: bool | None = None
    duration_s: float | None = None
    began_at: datetime | None = None
    output: str = ""
    exit_code: int | None = None

    @property
    def worked(self) -> bool | None:
        """Whether it did what was wanted; None while it runs."""
        return self.ok if self.exit_code is None else bool(self.ok) and self.exit_code == 0


@value
class Agent:
    """One agent. ``task`` is the newest task it worked on, ``state`` one of :data:`tui.words.AGENT_LOOKS`.

    ``since`` is when it came to that state. ``recent`` are its newest tools, oldest first, ``tool`` among them.
    ``prompt_tokens`` is how long its conversation was when a model was asked last, ``window`` how long it may be; None:
    nobody knows. ``activity`` is how many events it had in which ten seconds (since 1970), oldest first.
    """

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
    since: datetime | None = None
    recent: tuple[ToolUse, ...] = ()
    prompt_tokens: int | None = None
    window: int | None = None
    activity: tuple[tuple[int, int], ...] = ()


@value
class Heart:
    """What the heartbeat of an agent says: ``life`` is one of :data:`tui.words.HEART_LOOKS`.

    ``own``: it is that of a process of its own, which joined the team; else of one that runs a mission's agents.
    """

    life: str
    beaten_at: datetime | None = None
    pid: int | None = None
    own: bool = False
