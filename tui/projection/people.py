"""The agents of a team, as its events show them.

Rule 1: an agent is there from its first event on, joined or not.
Rule 2: a call without a price leaves the cost unknown; it is counted as unpriced, never as free.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from teams.engine.event import Event
from tui import fields
from tui.projection.replacing import replace
from tui.snapshot import Agent, ToolUse, Usage, Verification

RECENT = 12
HEAD_CHARACTERS = 400
STRETCH_S = 10
STRETCHES = 30
"""Activity is counted for the last five minutes, ten seconds at a time."""
AT_WORK = frozenset(
    {"attempt.started", "agent.state", "model.called", "tool.intent", "tool.result", "verify.command", "verdict.given"}
)
"""Events whose agent is at work on their task; others merely mention it."""
WORDS_FROM_OUTSIDE = frozenset({"mission.halted", "mission.released", "request.decided"})
"""Events of a person, or of whoever speaks for one: nobody's work."""
WORDS_ABOUT_TASKS = frozenset(
    {"task.answered", "task.blocked", "task.unblocked", "task.reopened", "task.revised", "task.deleted"}
)
"""What a person does to a board as well: it alone makes nobody an agent."""


def call_of(data: Mapping[str, Any]) -> Usage:
    """Return what the call that ``data`` (of ``model.called``) tells of took."""
    cost = fields.optional_float(data, "cost_usd")
    return Usage(
        # Of a program that works for us: how many it made, told together.
        fields.number(data, "calls") or 1,
        fields.number(data, "tokens_in"),
        fields.number(data, "tokens_cached"),
        fields.number(data, "tokens_out"),
        cost,
        int(cost is None),
        int(fields.flag(data, "scripted")),
    )


def together(one: Usage, other: Usage) -> Usage:
    """Return what both took."""
    cost_usd = one.cost_usd if other.cost_usd is None else (one.cost_usd or 0.0) + other.cost_usd
    return Usage(
        one.turns + other.turns,
        one.tokens_in + other.tokens_in,
        one.tokens_cached + other.tokens_cached,
        one.tokens_out + other.tokens_out,
        cost_usd,
        one.unpriced_turns + other.unpriced_turns,
        one.scripted_turns + other.scripted_turns,
    )


AT_IT = frozenset({"thinking", "tool", "checking"})
"""States of who has something in hand."""


class Trace:
    """When an agent was last heard of, on what it works, and how much it does: what each of its events changes.

    ``told`` is the agent with all of this; None: it is to be made anew.
    """

    __slots__ = ("before", "count", "last_seen", "stretch", "task", "told")

    def __init__(self, last_seen: datetime) -> None:
        self.last_seen = last_seen
        self.task: str | None = None
        self.before: tuple[tuple[int, int], ...] = ()
        self.stretch, self.count = 0, 0
        self.told: Agent | None = None

    def note(self, event: Event) -> None:
        """Take in an event of the agent."""
        self.told = None
        self.last_seen = event.at
        if event.task and event.type in AT_WORK:
            self.task = event.task
        stretch = int(event.at.timestamp()) // STRETCH_S
        if not self.count or stretch > self.stretch:
            self.before = tuple(part for part in self.activity() if part[0] > stretch - STRETCHES)
            self.stretch, self.count = stretch, 0
        self.count += 1

    def activity(self) -> tuple[tuple[int, int], ...]:
        """Return how many events it had in which ten seconds, oldest first."""
        return (*self.before, (self.stretch, self.count)) if self.count else ()


class People:
    """The agents by name, in order of appearance. Of what is in a :class:`Trace` that alone holds."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}
        self._traces: dict[str, Trace] = {}

    def all(self) -> tuple[Agent, ...]:
        return tuple(map(self._told, self._agents.values()))

    def busy(self) -> bool:
        """Say whether somebody has something in hand."""
        return any(agent.state in AT_IT for agent in self._agents.values())

    def _told(self, agent: Agent) -> Agent:
        trace = self._traces[agent.name]
        if trace.told is None:
            trace.told = replace(agent, last_seen=trace.last_seen, task=trace.task, activity=trace.activity())
        return trace.told

    def seen(self, event: Event) -> None:
        """Note that the event's agent was alive then, and what it worked on."""
        name = event.agent
        if not name or event.type in WORDS_FROM_OUTSIDE:
            return
        trace = self._traces.get(name)
        if trace is None:
            if event.type in WORDS_ABOUT_TASKS:
                return
            trace = self._begin(name, event)
        trace.note(event)

    def _begin(self, name: str, event: Event) -> Trace:
        self._agents[name] = Agent(name)
        trace = self._traces[name] = Trace(event.at)
        return trace

    def apply(self, event: Event) -> None:
        """Take in an event of a member, an attempt, a state or a tool."""
        name = fields.text(event.data, "name") if event.type.startswith("member.") else event.agent
        if name:
            if name not in self._agents:
                self._begin(name, event)
            agent = self._agents[name]
            self._put(agent, _changed(agent, event), event)

    def model_called(self, event: Event, call: Usage) -> None:
        """Take in that the event's agent called a model, and what that took."""
        if event.agent:
            agent = self._agents[event.agent]
            model = agent.model or fields.text(event.data, "model")
            # Of several calls together nobody knows how long the last one was.
            alone = fields.number(event.data, "calls", 1) == 1
            after = replace(
                agent,
                usage=together(agent.usage, call),
                model=model,
                state="thinking" if agent.state == "waiting" else agent.state,
                detail="" if agent.state == "waiting" else agent.detail,
                prompt_tokens=fields.optional_number(event.data, "tokens_in") if alone else None,
                window=fields.optional_number(event.data, "window") if alone else None,
            )
            self._put(agent, after, event)

    def _put(self, before: Agent, after: Agent, event: Event) -> None:
        since = before.since if before.state == after.state and before.since else event.at
        self._traces[after.name].told = None
        self._agents[after.name] = after if after.since is since else replace(after, since=since)

    def cut_off(self) -> list[tuple[Agent, ToolUse]]:
        """Return the tools that were started and never answered, and forget that they run."""
        pending = [(agent, agent.tool) for agent in self._agents.values() if agent.tool and agent.tool.ok is None]
        for agent, use in pending:
            self._agents[agent.name] = _with_tool(agent, replace(use, ok=False))
        told = [(self._told(agent), use) for agent, use in pending]
        for agent, _ in pending:
            self._traces[agent.name].told = None
        return told

    def stuck(self, event: Event) -> None:
        """Note that the event's agent was given up in what it did."""
        agent = self._agents[event.agent or ""]
        after = replace(agent, state="stuck", detail=fields.text(event.data, "reason"))
        if agent.tool and agent.tool.ok is None:
            after = _with_tool(after, replace(agent.tool, ok=False))
        self._put(agent, after, event)

    def checks(self, event: Event, check: Verification) -> None:
        """Note that the event's agent has commands of the contract run, and what came of the newest."""
        if event.agent:
            ended = "timed out" if check.exit_code is None else f"exit {check.exit_code}"
            agent, words = self._agents[event.agent], f"{check.assertion} {ended}: {check.command}"
            self._put(agent, replace(agent, state="checking", detail=words), event)

    def judged(self, event: Event) -> None:
        """Note that the event's agent gave its verdict: commands of the contract are run for it no more."""
        agent = self._agents.get(event.agent or "")
        if agent and agent.state == "checking":
            self._put(agent, replace(agent, state="idle", detail=""), event)

    def rest(self, event: Event) -> None:
        """The mission stopped: whoever had not left is idle."""
        for agent in list(self._agents.values()):
            if agent.state not in ("idle", "left"):
                self._put(agent, replace(agent, state="idle", detail=""), event)


def _changed(agent: Agent, event: Event) -> Agent:
    data = event.data
    if event.type in ("member.joined", "member.found", "member.rejoined"):
        role, model = fields.text(data, "role") or agent.role, fields.text(data, "model") or agent.model
        return replace(agent, role=role, model=model, state="idle" if agent.state == "left" else agent.state)
    if event.type == "member.left":
        return replace(agent, state="left", detail=fields.text(data, "reason"))
    if event.type == "member.gone":
        return replace(agent, state="left", detail="taken out by another program")
    if event.type == "turn.started":
        return replace(agent, state="thinking", detail=f"a message of {fields.text(data, 'from') or 'nobody'}")
    if event.type == "turn.ended":
        return replace(agent, state="idle", detail=fields.text(data, "outcome"))
    if event.type == "attempt.started":
        role, model = fields.text(data, "role") or agent.role, fields.text(data, "model") or agent.model
        # What it called in an attempt before is over, whatever came of it.
        return replace(agent, role=role, model=model, state="thinking", detail="", tool=None)
    if event.type == "model.limited":
        words = ": ".join(filter(None, (fields.text(data, name) for name in ("model", "reason"))))
        return replace(agent, state="waiting", detail=f"for {words}")
    if event.type == "attempt.ended":
        return replace(agent, state="idle", detail=fields.text(data, "outcome"))
    if event.type == "agent.state":
        return replace(agent, state=fields.text(data, "state") or agent.state, detail=fields.text(data, "detail"))
    if event.type == "tool.intent":
        call, tool, arguments = (fields.text(data, name) for name in ("call", "tool", "arguments"))
        use = ToolUse(call, tool, arguments, began_at=event.at)
        return replace(agent, tool=use, tools=agent.tools + 1, recent=(*agent.recent[1 - RECENT :], use))
    return _answered(agent, data)


def _answered(agent: Agent, data: Mapping[str, Any]) -> Agent:
    ok = fields.flag(data, "ok")
    failed_tools = agent.failed_tools + (not ok)
    if agent.tool is None or agent.tool.call != fields.text(data, "call"):
        return agent if ok else replace(agent, failed_tools=failed_tools)
    output, took_s = fields.text(data, "output"), fields.optional_float(data, "duration_s")
    use = replace(
        agent.tool, ok=ok, duration_s=took_s, output=output[:HEAD_CHARACTERS], exit_code=fields.exit_code(output)
    )
    return replace(agent, failed_tools=failed_tools, tool=use, recent=(*agent.recent[:-1], use))


def _with_tool(agent: Agent, use: ToolUse) -> Agent:
    return replace(agent, tool=use, recent=(*agent.recent[:-1], use))
