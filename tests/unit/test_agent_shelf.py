"""What is too large for a conversation: what the agent sees of it, and how it looks into the rest."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from onecontext import Memory
from onecontext.errors import StorageError, UsageError
from onecontext.variables import intake
from teams.agent.agent import Agent
from teams.agent.limits import Limits
from teams.agent.shelf import Shelf
from teams.agent.worktools import work_tools
from teams.guard.unconfined import Unconfined
from teams.guard.workspace import Workspace
from teams.models.port import Message, Reply, ToolCall
from tests.support.agents import FREE, Says, Told, text
from tests.support.memory import new_memory

LOG = "".join(
    f"{n:>6} {'ERROR code-77' if n == 30_000 else 'all is well, and the work goes on'}\n" for n in range(1, 60_001)
)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return new_memory(tmp_path / "project")


@pytest.fixture(autouse=True)
def _project(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()


def call(name: str, **arguments: Any) -> Reply:
    return Reply("", (ToolCall("c0", name, json.dumps(arguments)),), FREE, "says", "tools")


def read_log() -> str:
    """Read the log."""
    return LOG


def results(messages: Any) -> list[str]:
    return [message.content for message in messages if message.role == "tool"]


def test_of_a_large_result_the_agent_sees_a_handle_the_beginning_and_the_end(memory: Memory) -> None:
    handle = memory.variables.put(LOG).handle
    model = Says(call("read_log"), call("ctx", handle=handle, do="lines 29999-30001"), text("done"))

    result = Agent("ann", model=model, tools=[read_log], memory=memory).run("Find the error.")

    large, piece = results(result.messages)
    assert large.startswith(f"[{handle} has all of it, {len(LOG):,} characters, 60,000 lines: look into it with ctx.")
    assert LOG[:4_000] in large
    assert large.endswith(LOG[-4_000:])
    assert len(large) < 8_300
    assert piece == f"{''.join(LOG.splitlines(keepends=True)[29_998:30_001])}[lines 29,999 to 30,001 of 60,000]"
    # What the memory keeps of a result has the handle, too: so it outlives a window and a process.
    assert any(handle in step.observation for step in memory.steps())
    assert memory.variables.collect().removed == ()


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("grep ERROR", "30000: 30000 ERROR code-77\n[1 matching lines]"),
        ("grep no such thing", "[0 matching lines]"),
        ("count", f"{len(LOG):,} bytes, {len(LOG):,} characters, 60,000 lines"),
        ("lines 60000", " 60000 all is well, and the work goes on\n[lines 60,000 to 60,000 of 60,000]"),
        ("lines 59999-", "[lines 59,999 to 60,000 of 60,000]"),
        ("characters 0-6", "     1\n[characters 0 to 6 of "),
        ("lines 1-60000", "ask for less at once]"),
        ("characters 0-", "ask for less at once]"),
        ("grep (", "error: UsageError: '(' cannot be searched for: missing )"),
        ("lines ten", "error: UsageError: 'ten' is no range; write it as 10-20"),
        ("lines 12345678901234567890", "error: UsageError: '12345678901234567890' is no range; write it as 10-20"),
        ("burn", "error: UsageError: 'burn' cannot be done; say lines 10-20, "),
        ("", "error: UsageError: '' cannot be done; say lines 10-20, "),
        ("ask", "error: UsageError: a question has"),
    ],
)
def test_the_tool_looks_into_a_value_and_says_what_it_cannot(memory: Memory, do: str, said: str) -> None:
    handle = memory.variables.put(LOG).handle
    model = Says(call("ctx", handle=handle, do=do), text("done"))

    result = Agent("ann", model=model, memory=memory).run("Look.")

    (told,) = results(result.messages)
    assert said in told
    assert len(told) <= 16_000
    # Nothing that the tool says is put on the shelf again.
    assert len(memory.variables.list()) == 1


def test_a_handle_that_is_none_is_told_to_the_model(memory: Memory) -> None:
    model = Says(call("ctx", handle="ctx:beef", do="count"), text("done"))

    result = Agent("ann", model=model, memory=memory).run("Look.")

    assert results(result.messages) == ["error: UnknownVariable: there is no ctx:beef"]


class Reading(Says):
    """A model whose readers are conversations of their own: it knows them by their instructions."""

    def reply(self, messages: Any, tools: Any, *, on_text: Any = None) -> Reply:
        if "one part of a text" in messages[0].content or "Several readers" in messages[0].content:
            self.asked.append(messages)
            found = "code-77" if "code-77" in messages[1].content else "NOTHING"
            return Reply(found, (), FREE, "reader", "end")
        return super().reply(messages, tools, on_text=on_text)

    def __init__(self, *replies: Reply) -> None:
        super().__init__(*replies)
        self.asked: list[list[Message]] = []


def test_a_question_is_answered_by_fresh_calls_that_count_as_the_runs_own(memory: Memory) -> None:
    handle, told = memory.variables.put(LOG[:1_480_000]).handle, Told()
    model = Reading(call("ctx", handle=handle, do="ask Which code has the error?"), text("done"))

    result = Agent("ann", model=model, memory=memory, observer=told).run("Look.")

    (answer,) = results(result.messages)
    assert re.fullmatch(r"\[lines 29,[\d]+ to 30,[\d]+\] code-77", answer)
    assert len(model.asked) > 70
    assert max(len((m[0].content + m[1].content).encode()) for m in model.asked) <= 20_000
    assert result.turns == 2
    assert result.usage.tokens_in == FREE.tokens_in * (2 + len(model.asked))
    assert told.lines.count("model end True") == 1 + len(model.asked)
    # The steps of the memory have what the agent thought, not what its readers said.
    assert [step.thought for step in memory.steps()] == [""]


def test_a_question_that_cannot_be_read_to_its_end_says_so(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teams.agent.shelf.ASK_CALLS", 3)
    handle = memory.variables.put(LOG).handle
    model = Reading(call("ctx", handle=handle, do="ask Which code has the error?"), text("done"))

    result = Agent("ann", model=model, memory=memory).run("Look.")

    (told,) = results(result.messages)
    assert told.startswith("Nothing of what was read says anything about it.\n[partial: 3 calls in 4 levels")
    assert "not read: lines" in told


def test_reading_that_takes_long_is_no_silence(memory: Memory) -> None:
    handle = memory.variables.put(LOG).handle

    class Slow(Reading):
        def reply(self, messages: Any, tools: Any, *, on_text: Any = None) -> Reply:
            reply = super().reply(messages, tools, on_text=on_text)
            for _ in range(3 if reply.model == "reader" else 0):
                on_text("")
                time.sleep(0.02)
            return reply

    model = Slow(call("ctx", handle=handle, do="ask Which code?"), text("done"))

    result = Agent("ann", model=model, memory=memory, limits=Limits(silence_s=1.5)).run("Look.")

    assert result.ending == "finished", result.ended


def test_without_a_memory_a_result_is_cut_as_it_was_and_there_is_no_such_tool() -> None:
    model = Says(call("read_log"), text("done"))

    result = Agent("ann", model=model, tools=[read_log]).run("Read.")

    assert "characters left out …]" in results(result.messages)[0]
    assert [spec.name for spec in model.tools] == ["read_log"]


def test_a_tool_of_ones_own_may_not_take_its_name(memory: Memory) -> None:
    def ctx() -> str:
        return ""

    with pytest.raises(UsageError, match="may not be called ctx"):
        Agent("ann", model=Says(text("done")), tools=[ctx], memory=memory)


# --- commands and files ----------------------------------------------------------------------------------------------


@pytest.fixture
def tools(memory: Memory, tmp_path: Path) -> dict[str, Any]:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "big.log").write_text(LOG * 3)
    kit = work_tools(Workspace(copy), Unconfined(), shelf=Shelf(memory.variables))
    return {function.__name__: function for function in kit.functions} | {"commands": kit.commands}


def test_all_that_a_command_prints_is_kept(memory: Memory, tools: dict[str, Any]) -> None:
    handle = memory.variables.put(LOG * 3).handle

    said = tools["run"]("cat big.log; exit 3")

    assert said.startswith(f"exit code 3\n[{handle} has all of it, {len(LOG) * 3:,} characters, 180,000 lines: ")
    assert said.endswith(LOG[-4_000:])
    assert len(said) < 8_400
    assert len(memory.variables.list()) == 1
    assert tools["commands"][0].exit_code == 3


def test_what_is_small_is_shown_whole_and_not_kept(memory: Memory, tools: dict[str, Any]) -> None:
    assert tools["run"]("echo hello") == "exit code 0\nhello\n"
    assert tools["run"]("head -c 16000 big.log") == f"exit code 0\n{LOG[:16_000]}"
    assert memory.variables.list() == []


def test_a_file_that_is_too_large_to_be_read_is_kept_and_shown_by_lines(memory: Memory, tools: dict[str, Any]) -> None:
    handle = memory.variables.put(LOG * 3).handle

    first, later = (
        tools["read_file"]("big.log", max_lines=2),
        tools["read_file"]("big.log", first_line=30_000, max_lines=1),
    )

    assert first == (
        f"[{handle} has all of it, {len(LOG) * 3:,} characters, 180,000 lines: look into it with ctx. Lines 1 to 2:]\n"
        "     1 all is well, and the work goes on\n     2 all is well, and the work goes on\n"
    )
    assert later.endswith("Lines 30,000 to 30,000:]\n 30000 ERROR code-77\n")
    with pytest.raises(UsageError, match="there is no file"):
        tools["read_file"]("other.log")


def test_secrets_in_what_a_command_prints_reach_no_file(memory: Memory, tools: dict[str, Any]) -> None:
    key = "sk-ant-api03-" + "aB3" * 20

    tools["run"](f"for n in $(seq 1000); do echo {key}; done")

    (kept,) = memory.variables.list()
    assert "aB3aB3" not in memory.variables.slice(kept.id).text


def test_output_larger_than_any_value_is_shown_as_far_as_it_is_had(
    memory: Memory, tools: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LIMIT_BYTES", 2_000_000)

    said = tools["run"]("cat big.log")

    assert "characters left out" in said
    assert "ctx:" not in said
    assert memory.variables.list() == []
    assert os.listdir(memory.path / ".git" / "onecontext" / "ctx") == []  # noqa: PTH208


def test_where_no_more_may_be_kept_a_result_is_cut_as_without_a_memory(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "QUOTA_BYTES", len(LOG) - 1)
    model = Says(call("read_log"), text("done"))

    result = Agent("ann", model=model, tools=[read_log], memory=memory).run("Find the error.")

    (large,) = results(result.messages)
    assert large.startswith(LOG[:1000])
    assert "characters left out" in large
    assert "ctx:" not in large
    assert memory.variables.list() == []


def test_where_no_more_may_be_kept_the_tools_go_on(
    memory: Memory, tools: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "QUOTA_BYTES", 1000)

    said = tools["run"]("cat big.log")

    assert "characters left out" in said
    assert memory.variables.list() == []
    with pytest.raises(UsageError, match="they may have together"):
        tools["read_file"]("big.log")


def test_a_disk_that_refuses_stops_the_agent(
    memory: Memory, tools: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(intake.Draft, "_write", full)

    with pytest.raises(StorageError, match="No space left"):
        tools["run"]("cat big.log")
