"""The recorder: whatever a model says becomes a line of the journal, and a line for people."""

import io
from pathlib import Path

import pytest

from onecontext.cli.output import Output
from teams.cli.narrate import line_of
from teams.engine.journal import Journal
from teams.mission.recorder import Recorder
from teams.models.port import Reply, ToolCall, Usage


@pytest.mark.parametrize(
    "call",
    [
        ToolCall("\ud800", "run", '{"command": "\\ud800"}'),
        ToolCall("x", "n" * 17_000_000, "{}"),
        ToolCall("i" * 17_000_000, "run", "{}"),
        ToolCall("x", "run", "[" * 2000),
        ToolCall("x", "run", '["command"]'),
        ToolCall("x", "run", '"command"'),
        ToolCall("x", "run", "5"),
        ToolCall("x", "run", '{"command": {"a": "\\u001b[31m"}}'),
    ],
)
def test_any_call_is_recorded_and_told(tmp_path: Path, call: ToolCall) -> None:
    journal = Journal(tmp_path, team="t")
    recorder = Recorder(journal, mission="m", agent="worker-1", scripted=True)

    recorder.model_called(Reply("\ud800" + "x" * 20_000_000, (call,), Usage(1, 0, 1, None), "model", "tools"), 0.1)
    recorder.tool_intended(call, None)
    recorder.tool_returned(call, ok=False, output="\ud800", duration_s=0.1)

    events = list(journal.read())
    assert [event.type for event in events] == ["model.called", "tool.intent", "tool.result"]
    assert events[1].data["call"] == events[2].data["call"]
    assert journal.path.stat().st_size < 20_000
    told = [line_of(event, Output(io.StringIO(), io.StringIO())) or "" for event in events]
    assert "\x1b" not in "".join(told)


def test_the_window_of_a_conversation_is_recorded_where_it_is_known(tmp_path: Path) -> None:
    journal = Journal(tmp_path, team="t")
    recorder = Recorder(journal, mission="m", agent="worker-1", scripted=True)

    recorder.model_called(Reply("", (), Usage(1, 0, 1, None), "model", "end", window=64_000), 0.1)
    recorder.model_called(Reply("", (), Usage(1, 0, 1, None), "model", "end"), 0.1)

    known, unknown = (event.data for event in journal.read())
    assert known["window"] == 64_000
    assert "window" not in unknown
