"""From the events of a journal to spans: mission, task, agent, and below it each call of a model or a tool.

Rule 1: a span is told once, when it is over; what is still open when a run ends, or is found dead, ends with it.
Rule 2: nothing here does input or output, and what is not as the format says is passed over: a trace is no witness.
Rule 3: what models and tools said is left out, unless ``content`` is asked for; then it is as the journal has it, cut
    and without secrets.

Source: OpenTelemetry, semantic conventions for generative AI (agent and client spans), as of July 2026.
"""

from collections.abc import Mapping
from typing import Any, Final

from onecontext.text.redact import redact
from teams.engine.event import Event
from teams.tracing.calls import chat, command, said_by_model, tool
from teams.tracing.opened import Opened
from teams.tracing.provider import provider_name
from teams.tracing.span import Kind, Place, Span, Value, nanoseconds, new_span, new_trace

INTERRUPTED: Final = "interrupted"
_WITHOUT_ERROR = ("done", "stopped")
Whose = tuple[str | None, str | None, int | None]
"""Agent, task and attempt."""


class Spans:
    """The spans of one mission. ``content``: what was said goes along."""

    def __init__(self, mission: str, *, content: bool = False) -> None:
        self._mission = mission
        self._content = content
        self._root: Opened | None = None
        self._before: Place | None = None
        """The root of the run before this one."""
        self._tasks: dict[tuple[str, int], Opened] = {}
        self._agents: dict[Whose, Opened] = {}
        self._tools: dict[tuple[Whose, str], Opened] = {}
        self._keys: dict[str, str] = {}
        self._doing = {
            "mission.started": self._begin,
            "mission.resumed": self._begin,
            "mission.interrupted": self._interrupted,
            "mission.ended": self._ended,
            "attempt.started": self._attempt,
            "attempt.ended": self._attempt_over,
            "agent.state": self._state,
            "model.called": self._chat,
            "tool.intent": self._intent,
            "tool.result": self._result,
            "verify.command": self._command,
            "verdict.given": self._verdict,
        }

    @property
    def taken(self) -> frozenset[str]:
        """The types of events that spans are made of."""
        return frozenset(self._doing)

    def take(self, event: Event) -> list[Span]:
        """Return the spans that are over with ``event``."""
        self._note_key(event)
        if event.mission != self._mission or event.type not in self._doing:
            return []
        if self._root is None and not event.type.startswith("mission."):
            return []  # before the mission, or after its end
        try:
            return self._doing[event.type](event)
        except (KeyError, TypeError, ValueError):
            return []

    def _begin(self, event: Event) -> list[Span]:
        left = self._all_over(event, error=INTERRUPTED, why="the run was killed") if self._root else []
        place = Place(new_trace(event), new_span(event, "mission"))
        attributes: dict[str, Value] = {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": "mission",
            "onecontext.mission": self._mission,
        }
        start = nanoseconds(event.at)
        self._root = Opened("invoke_workflow mission", place, None, start, attributes, link=self._before)
        self._before = place
        return left

    def _interrupted(self, event: Event) -> list[Span]:
        return self._all_over(event, error=INTERRUPTED, why=str(event.data["reason"]))

    def _ended(self, event: Event) -> list[Span]:
        ending = str(event.data["ending"])
        error = "" if ending in _WITHOUT_ERROR else ending
        more = {"onecontext.ending": ending}
        return self._all_over(event, error=error, why=str(event.data["reason"]) if error else "", **more)

    def _all_over(self, event: Event, *, error: str, why: str, **more: Value) -> list[Span]:
        """End whatever is open, from the inside out."""
        if self._root is None:
            return []
        now = nanoseconds(event.at)
        inner = [*self._tools.values(), *self._agents.values(), *self._tasks.values()]
        spans = [one.end(now, error=INTERRUPTED) for one in inner]
        for kept in (self._tools, self._agents, self._tasks):
            kept.clear()
        root, self._root = self._root, None
        return [*spans, root.end(now, error=error, why=self._said(why), **more)]

    def _attempt(self, event: Event) -> list[Span]:
        left = self._agent_over(event, error=INTERRUPTED)
        agent = self._agent(event)
        agent.lasts = True
        model = str(event.data["model"])
        agent.attributes |= {
            "gen_ai.request.model": model,
            "gen_ai.provider.name": provider_name(model),
            "onecontext.role": str(event.data["role"]),
        }
        return left

    def _attempt_over(self, event: Event) -> list[Span]:
        outcome = str(event.data["outcome"])
        error = "" if outcome == "submitted" else outcome
        why = str(event.data.get("reason") or "") if error else ""
        spans = self._agent_over(event, error=error, why=why, **{"onecontext.outcome": outcome})
        # What was handed over is judged, and the task goes on until then.
        return spans + (self._task_over(event, error=error, why=why) if outcome == INTERRUPTED else [])

    def _state(self, event: Event) -> list[Span]:
        """Begin and end the spans of those who have no attempt of their own, such as a validator."""
        if event.data["state"] != "idle":
            self._agent(event)
        elif (agent := self._agents.get(_whose(event))) and not agent.lasts:
            return self._agent_over(event)
        return []

    def _chat(self, event: Event) -> list[Span]:
        agent, data = self._agent(event), event.data
        asked = str(agent.attributes.get("gen_ai.request.model", data["model"]))
        attributes = self._about(event, "chat") | chat(data, asked) | (said_by_model(data) if self._content else {})
        kind: Kind = "internal" if data.get("scripted") else "client"
        end = nanoseconds(event.at)
        start = max(end - int(float(data["latency_s"]) * 1e9), agent.start_ns)
        place = self._inside(agent, event, "chat")
        return [Opened(f"chat {asked}", place, agent.place, start, attributes, kind).end(end)]

    def _intent(self, event: Event) -> list[Span]:
        agent, data = self._agent(event), event.data
        attributes = self._about(event, "execute_tool") | tool(data)
        if self._content:
            attributes["gen_ai.tool.call.arguments"] = redact(str(data["arguments"]))
        place = self._inside(agent, event, "tool")
        opened = Opened(f"execute_tool {data['tool']}", place, agent.place, nanoseconds(event.at), attributes)
        self._tools[_whose(event), str(data["call"])] = opened
        return []

    def _result(self, event: Event) -> list[Span]:
        opened = self._tools.pop((_whose(event), str(event.data["call"])), None)
        if opened is None:
            return []
        if self._content:
            opened.attributes["gen_ai.tool.call.result"] = redact(str(event.data["output"]))
        return [opened.end(nanoseconds(event.at), error="" if event.data["ok"] else "tool_error")]

    def _command(self, event: Event) -> list[Span]:
        data, end = event.data, nanoseconds(event.at)
        start = end - int(float(data["duration_s"]) * 1e9)
        above = self._above(event, start)
        attributes = {"onecontext.mission": self._mission} | command(data)
        if self._content:
            attributes["onecontext.command"] = redact(str(data["command"]))
        error = {0: "", None: "timeout"}.get(data["exit_code"], "exit_code")
        place = self._inside(above, event, "command")
        return [Opened("verify", place, above.place, start, attributes).end(end, error=error)]

    def _verdict(self, event: Event) -> list[Span]:
        verdict = str(event.data["verdict"])
        return self._agent_over(event) + self._task_over(event, **{"onecontext.verdict": verdict})

    def _agent(self, event: Event) -> Opened:
        """Return the span of the agent that ``event`` tells of, begun here where there is none."""
        whose = _whose(event)
        if whose not in self._agents:
            above = self._above(event)
            name = f"invoke_agent {event.agent}" if event.agent else "invoke_agent"
            attributes = {**self._about(event, "invoke_agent"), "gen_ai.provider.name": provider_name("")}
            place = self._inside(above, event, "agent")
            self._agents[whose] = Opened(name, place, above.place, nanoseconds(event.at), attributes)
        return self._agents[whose]

    def _above(self, event: Event, start_ns: int | None = None) -> Opened:
        """Return the span of the task that ``event`` tells of, or the mission's; a new one begins at ``start_ns``."""
        assert self._root is not None
        if event.task is None or event.attempt is None:
            return self._root
        which = event.task, event.attempt
        if which not in self._tasks:
            key = self._keys.get(event.task, event.task)
            attributes: dict[str, Value] = {
                "onecontext.mission": self._mission,
                "onecontext.task": key,
                "onecontext.attempt": event.attempt,
            }
            place = self._inside(self._root, event, "task")
            start = nanoseconds(event.at) if start_ns is None else start_ns
            self._tasks[which] = Opened(f"task {key}", place, self._root.place, start, attributes)
        return self._tasks[which]

    def _agent_over(self, event: Event, *, error: str = "", why: str = "", **more: Value) -> list[Span]:
        whose, now = _whose(event), nanoseconds(event.at)
        agent = self._agents.pop(whose, None)
        if agent is None:
            return []
        calls = [key for key in self._tools if key[0] == whose]
        tools = [self._tools.pop(key).end(now, error=INTERRUPTED) for key in calls]
        return [*tools, agent.end(now, error=error, why=self._said(why), **more)]

    def _task_over(self, event: Event, *, error: str = "", why: str = "", **more: Value) -> list[Span]:
        task = self._tasks.pop((event.task or "", event.attempt or 0), None)
        return [] if task is None else [task.end(nanoseconds(event.at), error=error, why=self._said(why), **more)]

    def _about(self, event: Event, operation: str) -> dict[str, Value]:
        conversation = [self._mission, event.agent, event.task, event.attempt]
        about: dict[str, Value] = {
            "gen_ai.operation.name": operation,
            "gen_ai.conversation.id": "/".join(str(part) for part in conversation if part is not None),
            "onecontext.mission": self._mission,
        }
        return about | ({"gen_ai.agent.name": event.agent} if event.agent else {})

    def _inside(self, above: Opened, event: Event, what: str) -> Place:
        return Place(above.place.trace, new_span(event, what))

    def _note_key(self, event: Event) -> None:
        """Keep what the mission calls a task: other events have its number alone."""
        document = event.data.get("task") if event.type.startswith("task.") else None
        if event.task and isinstance(document, Mapping) and (key := _key(document)):
            self._keys[event.task] = key

    def _said(self, text: str) -> str:
        """Return words for a trace: none without ``content``."""
        return redact(text) if self._content else ""


def _whose(event: Event) -> Whose:
    return event.agent, event.task, event.attempt


def _key(document: Mapping[str, Any]) -> str | None:
    ours = document.get("metadata", {})
    key = ours.get("onecontext", {}).get("key") if isinstance(ours, Mapping) else None
    return key if isinstance(key, str) else None
