"""The loop: who is asked, what runs, who is told, in which order."""

import pytest

from onecontext.errors import ContextOverflow, InvalidName, StorageError, UsageError
from teams.agent.agent import Agent
from teams.agent.limits import Limits
from teams.agent.tools import Tool, tool_from
from teams.models.port import Reply, ToolCall, ToolSpec
from tests.support.agents import FREE, Says, Told, calls, run, text


def test_an_answer_without_tools_is_the_end() -> None:
    result = run(Says(text("done")))

    assert (result.text, result.ending, result.turns) == ("done", "finished", 1)
    assert [message.role for message in result.messages] == ["system", "user", "assistant"]


def test_each_call_is_answered_under_its_id_and_messages_only_grow() -> None:
    model = Says(calls("one", "two"), text("done"))

    def one() -> str:
        return "1"

    def two() -> dict[str, int]:
        return {"n": 2}

    result = run(model, one, two)

    answers = [(message.tool_call_id, message.content) for message in result.messages if message.role == "tool"]
    assert answers == [("c0", "1"), ("c1", '{"n":2}')]
    assert tuple(model.sent[1]) == tuple(result.messages[:-1])
    assert tuple(model.sent[0]) == tuple(result.messages[:2])
    assert [spec.name for spec in model.tools] == ["one", "two"]


def test_an_unknown_tool_is_told_with_the_ones_there_are() -> None:
    def one() -> str:
        return "1"

    result = run(Says(calls("won"), text("done")), one)

    assert "there is no tool 'won'; there are one" in result.messages[3].content


def test_the_intent_is_told_before_the_tool_runs_and_the_result_after() -> None:
    told = Told()

    def act() -> str:
        told.lines.append("acting")
        return "acted"

    run(Says(calls("act"), text("done")), act, observer=told)

    assert told.lines == [
        "thinking",
        "model tools True",
        "intent act True",
        "tool act",
        "acting",
        "result act True acted",
        "thinking",
        "model end True",
        "idle finished",
    ]


def test_a_tool_that_the_host_failed_under_leaves_an_intent_without_result() -> None:
    told = Told()

    def act() -> str:
        raise StorageError("disk full")

    with pytest.raises(StorageError):
        run(Says(calls("act")), act, observer=told)

    assert told.lines[-2:] == ["intent act True", "tool act"]


def test_what_cannot_be_written_down_does_not_happen() -> None:
    done: list[str] = []

    class Full(Told):
        def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
            raise StorageError("disk full")

    with pytest.raises(StorageError):
        run(Says(calls("act")), tool_from(lambda: done.append("act"), name="act"), observer=Full())

    assert done == []


def test_a_tool_that_ends_the_run_ends_it_when_it_succeeds() -> None:
    def finish(summary: str) -> str:
        if summary == "bad":
            raise ValueError("say more")
        return f"finished: {summary}"

    def more() -> str:
        raise AssertionError("must not run")

    bad, good = calls("finish", arguments='{"summary": "bad"}'), calls("finish", "more", arguments='{"summary": "ok"}')
    result = run(Says(bad, good), tool_from(finish, ends=True), more)

    assert (result.text, result.ending, result.turns) == ("finished: ok", "finished", 2)
    assert "error: ValueError: say more" in result.messages[3].content
    assert "not run" in result.messages[-1].content


def test_calls_of_a_reply_that_was_cut_do_not_run() -> None:
    ran: list[str] = []
    model = Says(calls("act", arguments='{"text": "all of it"}', stop="length"), text("done"))

    result = run(model, tool_from(lambda text: ran.append(text), name="act"))

    assert ran == []
    assert result.ending == "finished"
    assert all(not message.tool_calls for message in result.messages)
    assert "cut off" in model.sent[1][-1].content


def test_errors_of_the_model_are_the_callers() -> None:
    with pytest.raises(ContextOverflow):
        run(Says(calls("nope"), ContextOverflow("too long")))


def test_a_long_result_is_cut_for_the_model() -> None:
    result = run(
        Says(calls("long"), text("done")),
        tool_from(lambda: "x" * 999, name="long"),
        limits=Limits(result_characters=90),
    )

    assert "909 of 999 characters left out" in result.messages[3].content


class Notes:
    """A memory that keeps its steps in a list."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str, str]] = []
        self.budget: int | None = None

    def step(self, observation: str = "", thought: str = "", action: str = "") -> None:
        self.steps.append((observation, thought, action))

    def context(self, *, budget: int | None = None) -> str:
        self.budget = budget
        return "the tests need port 80"

    def commit(self, contribution: str) -> None:
        raise AssertionError("nothing here fills a window")


def test_a_memory_is_read_into_the_prompt_and_gets_a_step_for_each_call() -> None:
    notes = Notes()
    thinking = Reply("I look.", (ToolCall("a", "look", '{"x": 1}'), ToolCall("b", "look", "{}")), FREE, "says", "tools")
    model = Says(thinking, text("done"))

    run(model, tool_from(lambda x=0: f"saw {x}", name="look"), memory=notes, limits=Limits(context_tokens=77))

    assert "the tests need port 80" in model.sent[0][1].content
    assert notes.budget == 77
    assert notes.steps == [("saw 1", "I look.", 'look {"x": 1}'), ("saw 0", "", "look {}")]


def test_what_no_file_can_carry_is_written_down_in_another_form() -> None:
    notes = Notes()
    odd = Reply("a\0b", (ToolCall("a", "look", '{"x": "\ud800"}'),), FREE, "says", "tools")
    look = Tool(ToolSpec("look", "", {}), lambda arguments: "c\0d" + "e" * 5000)

    run(Says(odd, text("done")), look, memory=notes)

    observation, thought, action = notes.steps[0]
    assert observation.startswith("c\\x00d")
    assert observation.endswith("more characters]")
    assert (thought, action) == ("a\\x00b", 'look {"x": "\\ud800"}')


def test_text_is_passed_on_as_it_arrives() -> None:
    pieces: list[str] = []

    Agent("ann", model=Says(text("hello"))).run("Hi.", on_text=pieces.append)

    assert pieces == ["hello"]


def test_two_runs_know_nothing_of_each_other() -> None:
    model = Says(text("done"))
    agent = Agent("ann", model=model)
    agent.run("First.")
    agent.run("Second.")

    assert [message.content for message in model.sent[1]][1:] == ["Second."]


def test_what_cannot_be_an_agent_is_refused_at_once() -> None:
    def one() -> None: ...

    with pytest.raises(InvalidName, match="cannot name an agent"):
        Agent("No Good", model=Says(text("x")))
    with pytest.raises(UsageError, match="two tools are called one"):
        Agent("ann", model=Says(text("x")), tools=[one, one])
    with pytest.raises(UsageError, match="api_base"):
        Agent("ann", model=Says(text("x")), api_base="http://127.0.0.1:1")
