"""From events to spans, and from spans to what OpenTelemetry's exporters are given."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from teams.engine.event import Event
from teams.tracing.collector import Collector
from teams.tracing.provider import provider_name
from teams.tracing.span import Span
from teams.tracing.spans import Spans

BEGAN = datetime(2026, 7, 1, 12, tzinfo=UTC)
CALLED = {
    "model": "claude-sonnet-4-5",
    "scripted": False,
    "tokens_in": 10,
    "tokens_cached": 4,
    "tokens_out": 2,
    "cost_usd": None,
    "latency_s": 0.5,
    "text": "words",
}
STARTED = {"role": "worker", "model": "anthropic/claude-sonnet-4-5"}
WORKER: dict[str, Any] = {"agent": "worker-1", "task": "1", "attempt": 1}


class Story:
    """Events a second apart, and the spans that came of them."""

    def __init__(self, **more: Any) -> None:
        self.spans = Spans("m", **more)
        self.told: list[Span] = []
        self._seq = 0

    def __call__(self, type_: str, data: dict[str, Any], *, mission: str | None = "m", **where: Any) -> list[Span]:
        self._seq += 1
        at = BEGAN + timedelta(seconds=self._seq)
        over = self.spans.take(Event(self._seq, str(uuid.uuid4()), at, type_, "t", data, mission=mission, **where))
        self.told += over
        return over

    def begun(self) -> "Story":
        self("mission.started", {"goal": "g"})
        return self


def test_a_call_of_a_model_lasts_as_long_as_it_took_and_names_who_answered() -> None:
    story = Story().begun()
    story("attempt.started", STARTED, **WORKER)

    (chat,) = story("model.called", {**CALLED, "cost_usd": 0.25}, **WORKER)

    assert (chat.name, chat.kind) == ("chat anthropic/claude-sonnet-4-5", "client")
    assert chat.end_ns - chat.start_ns == 500_000_000
    assert chat.attributes["gen_ai.provider.name"] == "anthropic"
    assert chat.attributes["gen_ai.response.model"] == "claude-sonnet-4-5"
    assert chat.attributes["gen_ai.usage.cache_read.input_tokens"] == 4
    assert chat.attributes["onecontext.cost_usd"] == 0.25
    assert "gen_ai.output.messages" not in chat.attributes


def test_an_unknown_cost_is_left_out_and_not_nothing() -> None:
    story = Story().begun()
    (chat,) = story("model.called", CALLED, agent="validator-1", task="1", attempt=1)

    assert "onecontext.cost_usd" not in chat.attributes


def test_a_tool_without_a_result_ends_with_its_agent_as_interrupted() -> None:
    story = Story().begun()
    story("attempt.started", STARTED, **WORKER)
    story("tool.intent", {"call": "c1", "tool": "run", "arguments": "{}"}, **WORKER)

    over = story("attempt.ended", {"outcome": "interrupted", "reason": "the mission was stopped"}, **WORKER)

    assert [(span.name, span.error) for span in over] == [
        ("execute_tool run", "interrupted"),
        ("invoke_agent worker-1", "interrupted"),
        ("task 1", "interrupted"),
    ]


def test_what_failed_is_an_error_and_what_was_refused_to_say_stays_unsaid() -> None:
    story = Story().begun()
    story("tool.intent", {"call": "c1", "tool": "run", "arguments": "{}"}, **WORKER)
    (tool,) = story("tool.result", {"call": "c1", "tool": "run", "ok": False, "output": "boom"}, **WORKER)
    *_, root = story("mission.ended", {"ending": "blocked", "reason": "task a needs b"})

    assert (tool.error, root.error, root.why) == ("tool_error", "blocked", "")


def test_calls_of_the_same_name_by_two_agents_are_kept_apart() -> None:
    story = Story().begun()
    other = {**WORKER, "agent": "worker-2", "task": "2"}
    for whose in (WORKER, other):
        story("tool.intent", {"call": "c1", "tool": "run", "arguments": "{}"}, **whose)

    (second,) = story("tool.result", {"call": "c1", "tool": "run", "ok": True, "output": ""}, **other)

    assert second.attributes["gen_ai.agent.name"] == "worker-2"


def test_a_task_lasts_until_its_verdict_and_bears_its_key() -> None:
    story = Story().begun()
    story("task.created", {"task": {"metadata": {"onecontext": {"key": "parser"}}}}, mission=None, task="1")
    story("attempt.started", STARTED, **WORKER)
    assert story("attempt.ended", {"outcome": "submitted"}, **WORKER)[-1].name == "invoke_agent worker-1"

    where = {**WORKER, "agent": "validator-1"}
    story("agent.state", {"state": "thinking", "detail": ""}, **where)
    (judge,) = story("agent.state", {"state": "idle", "detail": "finished"}, **where)
    (task,) = story("verdict.given", {"verdict": "rejected"}, **where)

    assert (judge.name, task.name) == ("invoke_agent validator-1", "task parser")
    assert judge.parent == task.place
    assert task.attributes["onecontext.verdict"] == "rejected"


def test_a_task_that_a_resumed_run_goes_on_with_begins_with_its_first_command() -> None:
    story = Story().begun()
    data = {"assertion": "VAL-A-001", "command": "true", "exit_code": 0, "output": "", "duration_s": 0.25}
    (command,) = story("verify.command", data, **{**WORKER, "agent": "validator-1"})
    (task,) = story("verdict.given", {"verdict": "accepted"}, **{**WORKER, "agent": "validator-1"})

    assert command.parent == task.place
    assert task.start_ns == command.start_ns
    assert command.end_ns - command.start_ns == 250_000_000


@pytest.mark.parametrize(
    "event",
    [
        ("model.called", {"model": 5}),
        ("tool.result", {"call": "nobody's"}),
        ("verify.command", {"duration_s": "long", "exit_code": 0}),
        ("agent.state", {}),
        ("model.called", {**CALLED, "tokens_in": "many"}),
        ("task.created", {"task": {"metadata": 5}}),
        ("tool.intent", {"call": ["x"], "tool": None}),
    ],
)
def test_what_is_not_as_the_format_says_is_passed_over(event: tuple[str, dict[str, Any]]) -> None:
    story = Story().begun()

    assert story(*event, **WORKER) == []
    assert story("mission.ended", {"ending": "done", "reason": ""})[-1].name == "invoke_workflow mission"


def test_events_of_another_mission_and_after_the_end_are_none_of_it() -> None:
    story = Story().begun()
    story("model.called", CALLED, mission="another", **WORKER)
    story("mission.ended", {"ending": "done", "reason": ""})
    story("model.called", CALLED, **WORKER)

    assert [span.name for span in story.told] == ["invoke_workflow mission"]


def test_the_same_journal_names_the_same_spans() -> None:
    event = Event(1, "8f14e45f", BEGAN, "mission.started", "t", {}, mission="m")
    ended = Event(2, "c9f0f895", BEGAN, "mission.ended", "t", {"ending": "done", "reason": ""}, mission="m")
    places = []
    for _ in range(2):
        spans = Spans("m")
        spans.take(event)
        places.append(spans.take(ended)[0].place)

    assert places[0] == places[1]


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4o-mini", "openai"),
        ("gemini/gemini-2.5-pro", "gcp.gemini"),
        ("mistral/mistral-large-latest", "mistral_ai"),
        ("scripted:/tmp/x", "onecontext"),
        ("python tool.py", "onecontext"),
    ],
)
def test_providers_have_the_words_of_the_conventions(model: str, provider: str) -> None:
    assert provider_name(model) == provider


def test_an_exporter_is_given_kinds_states_and_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "night-shift")
    story = Story(content=True).begun()
    story("mission.resumed", {"reason": "killed"})
    story("model.called", CALLED, **WORKER)
    story("mission.ended", {"ending": "blocked", "reason": "needs more"})
    exporter = InMemorySpanExporter()

    assert Collector(exporter, place="here").send(story.told)

    killed, chat, *_, root = exporter.get_finished_spans()
    assert [link.context.span_id for link in root.links] == [killed.context.span_id]
    assert (chat.kind, root.kind) == (SpanKind.CLIENT, SpanKind.INTERNAL)
    assert (root.status.status_code, root.status.description) == (StatusCode.ERROR, "needs more")
    assert chat.status.status_code is StatusCode.UNSET
    assert '"content": "words"' in str((chat.attributes or {})["gen_ai.output.messages"])
    assert chat.resource.attributes["service.name"] == "night-shift"
