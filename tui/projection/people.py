"""The agents of a team, as its events show them.

Rule 1: an agent is there from its first event on, joined or not.
Rule 2: a call without a price leaves the cost unknown; it is counted as unpriced, never as free.
"""

from collections.abc import Mapping
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


def added(usage: Usage, data: Mapping[str, Any]) -> Usage:
    """Return ``usage`` with the call that ``data`` (of ``model.called``) tells of."""
    cost = fields.optional_float(data, "cost_usd")
    return Usage(
        # Of a program that works for us: how many it made, told together.
        turns=usage.turns + (fields.number(data, "calls") or 1),
        tokens_in=usage.tokens_in + fields.number(data, "tokens_in"),
        tokens_cached=usage.tokens_cached + fields.number(data, "tokens_cached"),
        tokens_out=usage.tokens_out + fields.number(data, "tokens_out"),
        cost_usd=usage.cost_usd if cost is None else (usage.cost_usd or 0.0) + cost,
        unpriced_turns=usage.unpriced_turns + (cost is None),
        scripted_turns=usage.scripted_turns + fields.flag(data, "scripted"),
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


class People:
    """The agents by name, in order of appearance."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}

    def all(self) -> tuple[Agent, ...]:
        return tuple(self._agents.values())

    def seen(self, event: Event) -> None:
        """Note that the event's agent was alive then, and what it worked on."""
        if not event.agent or event.type in WORDS_FROM_OUTSIDE:
            return
        if event.type in WORDS_ABOUT_TASKS and event.agent not in self._agents:
            return
        agent = self._agents.get(event.agent) or Agent(event.agent)
        task = event.task if event.task and event.type in AT_WORK else agent.task
        activity = _busier(agent.activity, int(event.at.timestamp()) // STRETCH_S)
        self._agents[event.agent] = replace(agent, last_seen=event.at, task=task, activity=activity)

    def apply(self, event: Event) -> None:
        """Take in an event of a member, an attempt, a state or a tool."""
        name = fields.text(event.data, "name") if event.type.startswith("member.") else event.agent
        if name:
            agent = self._agents.get(name) or Agent(name, last_seen=event.at)
            self._put(agent, _changed(agent, event), event)

    def model_called(self, event: Event) -> None:
        if event.agent:
            agent = self._agents[event.agent]
            model = agent.model or fields.text(event.data, "model")
            # Of several calls together nobody knows how long the last one was.
            alone = fields.number(event.data, "calls", 1) == 1
            after = replace(
                agent,
                usage=added(agent.usage, event.data),
                model=model,
                state="thinking" if agent.state == "waiting" else agent.state,
                detail="" if agent.state == "waiting" else agent.detail,
                prompt_tokens=fields.optional_number(event.data, "tokens_in") if alone else None,
                window=fields.optional_number(event.data, "window") if alone else None,
            )
            self._put(agent, after, event)

    def _put(self, before: Agent, after: Agent, event: Event) -> None:
        since = before.since if before.state == after.state and before.since else event.at
        self._agents[after.name] = after if after.since is since else replace(after, since=since)

    def cut_off(self) -> list[tuple[Agent, ToolUse]]:
        """Return the tools that were started and never answered, and forget that they run."""
        pending = [(agent, agent.tool) for agent in self._agents.values() if agent.tool and agent.tool.ok is None]
        for agent, use in pending:
            self._agents[agent.name] = _with_tool(agent, replace(use, ok=False))
        return pending

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
        return replace(agent, role=role, model=model, state="thinking", detail="")
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
    agent = replace(agent, failed_tools=agent.failed_tools + (not ok))
    if agent.tool is None or agent.tool.call != fields.text(data, "call"):
        return agent
    output, took_s = fields.text(data, "output"), fields.optional_float(data, "duration_s")
    use = replace(
        agent.tool, ok=ok, duration_s=took_s, output=output[:HEAD_CHARACTERS], exit_code=fields.exit_code(output)
    )
    return _with_tool(agent, use)


def _with_tool(agent: Agent, use: ToolUse) -> Agent:
    return replace(agent, tool=use, recent=(*agent.recent[:-1], use))


def _busier(activity: tuple[tuple[int, int], ...], stretch: int) -> tuple[tuple[int, int], ...]:
    if activity and activity[-1][0] >= stretch:
        last, count = activity[-1]
        return (*activity[:-1], (last, count + 1))
    return (*(part for part in activity if part[0] > stretch - STRETCHES), (stretch, 1))
