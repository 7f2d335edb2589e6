"""Traces of real missions, as a collector on this machine gets them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.collector import Collector, attributes_of
from tests.support.missions import (
    Ran,
    events_of,
    make_repository,
    onecontext,
    start_onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.yes import ONE

# What the exporter's own HTTP client says about its way of asking.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SECRET = "ghp_" + "a1B2" * 9
CALLS = (
    ("write_file", {"path": "a.txt", "text": "yes\n"}),
    ("run", {"command": f"echo token={SECRET}; false"}),
)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector().running() as collector:
        yield collector


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n", "onecontext.toml": "[run]\npivots = 0\n"})


@pytest.fixture
def script(tmp_path: Path) -> str:
    return write_script(tmp_path, [ONE, work("first", *CALLS), verdict()])


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(repository: Path, *arguments: str, **env: str) -> Ran:
        for name, value in env.items():
            # The exporter reads the environment of the process itself, as OpenTelemetry says it does.
            monkeypatch.setenv(name, value)
        return onecontext(repository, *arguments, env=env)

    return run


def tree(spans: list[Any]) -> dict[str, str]:
    """Return names of spans, but for calls of models, to their parents' names, "" for a root."""
    names = {span.span_id: span.name for span in spans} | {b"": ""}
    return {span.name: names[span.parent_span_id] for span in spans if not span.name.startswith("chat ")}


def test_a_mission_is_one_trace_from_the_goal_to_each_call(
    traced: Any, repository: Path, script: str, collector: Collector
) -> None:
    ran = traced(repository, "run", "Say yes", "--model", script, "--traces", "--json", **collector.env)

    assert ran.code == 0, ran.stderr
    spans = collector.spans
    assert tree(spans) == {
        "invoke_workflow mission": "",
        "invoke_agent team-lead": "invoke_workflow mission",
        "execute_tool submit_plan": "invoke_agent team-lead",
        "task first": "invoke_workflow mission",
        "invoke_agent worker-1": "task first",
        "execute_tool write_file": "invoke_agent worker-1",
        "execute_tool run": "invoke_agent worker-1",
        "execute_tool finish": "invoke_agent worker-1",
        "verify": "invoke_workflow mission",
        "invoke_agent validator-1": "task first",
        "execute_tool give_verdict": "invoke_agent validator-1",
    }
    callers = {span.span_id: span.name for span in spans if span.name.startswith("invoke_agent")}
    assert {callers[span.parent_span_id] for span in spans if span.name.startswith("chat ")} == {*callers.values()}
    assert len({span.trace_id for span in spans}) == 1
    assert len({span.span_id for span in spans}) == len(spans)
    times = {span.span_id: (span.start_time_unix_nano, span.end_time_unix_nano) for span in spans}
    for span in spans:
        begin, end = times[span.span_id]
        outer = times.get(span.parent_span_id, (begin, end))
        assert outer[0] <= begin <= end <= outer[1], span.name
    assert collector.service == "onecontext"
    assert {headers["path"] for headers in collector.headers} == {"/v1/traces"}


def test_spans_say_what_the_conventions_ask_for(
    traced: Any, repository: Path, script: str, collector: Collector
) -> None:
    ran = traced(repository, "run", "Say yes", "--model", script, "--traces", "--json", **collector.env)

    said = {span.name: attributes_of(span) for span in collector.spans}
    mission = ran.data["mission"]
    assert said["invoke_workflow mission"] == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "mission",
        "onecontext.mission": mission,
        "onecontext.ending": "done",
    }
    assert said["invoke_agent worker-1"] == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "worker-1",
        "gen_ai.conversation.id": f"{mission}/worker-1/1/1",
        "gen_ai.provider.name": "onecontext",
        "gen_ai.request.model": script,
        "onecontext.mission": mission,
        "onecontext.role": "worker",
        "onecontext.outcome": "submitted",
    }
    chat = said[f"chat {script}"]
    assert chat["gen_ai.operation.name"] == "chat"
    assert chat["gen_ai.request.model"] == script
    called = events_of(repository, "model.called")
    chats = [attributes_of(span) for span in collector.spans if span.name.startswith("chat ")]
    assert sum(one["gen_ai.usage.input_tokens"] for one in chats) == sum(e.data["tokens_in"] for e in called)
    assert len(chats) == len(called)
    failed = said["execute_tool run"]
    assert (failed["gen_ai.tool.name"], failed["gen_ai.tool.type"]) == ("run", "function")
    assert said["task first"]["onecontext.verdict"] == "accepted"
    assert said["verify"]["process.exit.code"] == 0


def test_nothing_that_was_said_is_in_a_trace_unless_asked_for(
    traced: Any, repository: Path, script: str, collector: Collector
) -> None:
    traced(repository, "run", "Agree", "--model", script, "--traces", **collector.env)

    sent = b"".join(request.SerializeToString() for request in collector.requests)
    assert b"yes" not in sent
    assert b"grep" not in sent
    assert SECRET.encode() not in sent


def test_content_goes_along_without_secrets_where_it_is_asked_for(
    traced: Any, repository: Path, script: str, collector: Collector
) -> None:
    traced(repository, "run", "Say yes", "--model", script, "--traces-content", **collector.env)

    sent = b"".join(request.SerializeToString() for request in collector.requests)
    said = {span.name: attributes_of(span) for span in collector.spans}
    assert "a.txt" in said["execute_tool write_file"]["gen_ai.tool.call.arguments"]
    assert "[redacted:" in said["execute_tool run"]["gen_ai.tool.call.result"]
    assert SECRET.encode() not in sent


def test_a_run_goes_on_from_the_one_that_was_killed_and_links_to_it(
    traced: Any, repository: Path, script: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in collector.env.items():
        monkeypatch.setenv(name, value)
    process = start_onecontext(repository, "run", "Say yes", "--model", script, "--traces")
    deadline = time.monotonic() + 60
    while not (repository / ".onecontext").exists() or not _has(repository, "tool.intent", agent="worker-1"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)

    ran = traced(repository, "resume", "--traces", "--json", **collector.env)

    assert ran.code == 0, ran.stderr
    roots = [span for span in collector.spans if not span.parent_span_id]
    assert [span.name for span in roots] == ["invoke_workflow mission"] * 2
    killed, resumed = roots
    assert attributes_of(killed)["error.type"] == "interrupted"
    assert [(link.trace_id, link.span_id) for link in resumed.links] == [(killed.trace_id, killed.span_id)]
    assert killed.trace_id != resumed.trace_id
    known = {span.span_id for span in collector.spans}
    assert {span.parent_span_id for span in collector.spans if span.parent_span_id} <= known
    assert len(known) == len(collector.spans)


def test_what_an_earlier_run_came_to_is_not_told_again(
    traced: Any, repository: Path, tmp_path: Path, collector: Collector
) -> None:
    no = ("write_file", {"path": "a.txt", "text": "no\n"})
    twice = [ONE, work("first", no, attempt=1), work("first", CALLS[0], attempt=2), verdict()]
    script = write_script(tmp_path, twice)
    first = traced(repository, "run", "Say yes", "--model", script, "--max-attempts", "1")
    assert first.code == 10, first.stderr
    before = len(events_of(repository, "model.called"))

    ran = traced(repository, "resume", "--max-attempts", "2", "--traces", **collector.env)

    assert ran.code == 0, ran.stderr
    assert len({span.trace_id for span in collector.spans}) == 1
    chats = [span for span in collector.spans if span.name.startswith("chat ")]
    assert len(chats) == len(events_of(repository, "model.called")) - before
    (root,) = (span for span in collector.spans if not span.parent_span_id)
    assert len(root.links) == 1


def test_a_play_and_the_mission_that_is_a_step_of_it_are_a_trace_each(
    traced: Any, repository: Path, script: str, collector: Collector
) -> None:
    ran = traced(
        repository, *("play", "plan-build-verify", "goal=Say yes", "--model", script, "--traces"), **collector.env
    )

    assert ran.code == 0, ran.stderr
    roots = [span for span in collector.spans if not span.parent_span_id]
    assert [attributes_of(root)["onecontext.ending"] for root in roots] == ["done", "done"]
    step, play = (attributes_of(root)["onecontext.mission"] for root in roots)
    assert step.startswith(f"{play}.build-")
    assert len(collector.spans) > 10


def _has(repository: Path, type_: str, *, agent: str) -> bool:
    try:
        return any(event.agent == agent for event in events_of(repository, type_))
    except ValueError:
        return False  # no journal yet


@pytest.mark.parametrize("status", [400, 503])
def test_a_collector_that_refuses_stops_nothing_and_is_named_once(
    traced: Any, repository: Path, script: str, status: int
) -> None:
    with Collector(status).running() as collector:
        ran = traced(
            repository, "run", "Say yes", "--model", script, "--traces", OTEL_EXPORTER_OTLP_TIMEOUT="2", **collector.env
        )

    assert ran.code == 0, ran.stderr
    place = collector.env["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert ran.stderr.count(f"traces do not reach {place}; the work goes on without them") == 1
    assert "spans did not reach" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_collector_that_never_answers_holds_the_end_for_seconds_only(
    traced: Any, repository: Path, script: str
) -> None:
    with Collector(stalls=True).running() as collector:
        ran = traced(
            repository,
            "run",
            "Say yes",
            "--model",
            script,
            "--traces",
            OTEL_EXPORTER_OTLP_TIMEOUT="30",
            **collector.env,
        )
        ended = events_of(repository, "mission.ended")[0].at.timestamp()
        held = time.time() - ended

    assert ran.code == 0, ran.stderr
    assert "was too slow, so the last spans are lost" in ran.stderr
    assert held < 25


def test_a_password_in_the_address_is_not_shown(traced: Any, repository: Path, script: str) -> None:
    address = "http://ann:hunter2secret@127.0.0.1:9"

    ran = traced(
        repository,
        *("run", "Say yes", "--model", script, "--traces"),
        OTEL_EXPORTER_OTLP_ENDPOINT=address,
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
    )

    assert ran.code == 0, ran.stderr
    assert "traces do not reach http://127.0.0.1:9;" in ran.stderr
    assert "hunter2secret" not in ran.stderr


def test_another_protocol_is_refused_before_anything_is_made(traced: Any, repository: Path, script: str) -> None:
    ran = traced(repository, "run", "Say yes", "--model", script, "--traces", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")

    assert ran.code == 2
    assert "traces are sent as http/protobuf, and the environment asks for grpc" in ran.stderr
    assert not (repository / ".onecontext").exists()


def test_without_the_extra_one_sentence_says_what_to_install(
    traced: Any, repository: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    ran = traced(repository, "run", "Say yes", "--model", script, "--traces")

    assert ran.code == 3
    assert "traces need the extra otel, which is not installed" in ran.stderr
    assert "pip install 'onecontext-teams[otel]'" in ran.stderr
    assert not (repository / ".onecontext").exists()


def test_the_standard_switch_turns_them_off(traced: Any, repository: Path, script: str, collector: Collector) -> None:
    ran = traced(repository, "run", "Say yes", "--model", script, "--traces", OTEL_SDK_DISABLED="true", **collector.env)

    assert ran.code == 0, ran.stderr
    assert collector.requests == []


def test_a_run_without_traces_imports_nothing_of_them(repository: Path, script: str) -> None:
    program = (
        "import atexit, sys; from onecontext.cli.main import entry\n"
        "heavy = ('opentelemetry', 'google.protobuf', 'requests')\n"
        "atexit.register(lambda: print([name for name in sys.modules if name.startswith(heavy)]))\n"
        f"sys.argv[1:] = ['run', 'Say yes', '--model', {script!r}]\n"
        "entry()"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.splitlines()[-1] == "[]"
