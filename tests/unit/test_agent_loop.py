"""The loop, with models that say what a test wants."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from onecontext.errors import ContextOverflow, InvalidName, StorageError, UsageError
from teams.agent.agent import Agent
from teams.agent.limits import Limits, Result
from teams.agent.tools import Tool, tool_from
from teams.models.port import Message, OnText, Reply, ToolCall, ToolSpec, Usage

FREE = Usage(10, 0, 5, 0.0)


class Says:
    """A model that gives these replies in turn; the last one for ever. It keeps what it was sent."""

    name = "says"
    scripted = False

    def __init__(self, *replies: Reply | Exception) -> None:
        self._replies = list(replies)
        self.sent: list[Sequence[Message]] = []
        self.tools: Sequence[ToolSpec] = ()

    def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, on_text: OnText | None = None) -> Reply:
        self.sent.append(messages)
        self.tools = tools
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        if on_text:
            on_text(reply.text)
        return reply


def text(words: str, usage: Usage = FREE, stop: Any = "end") -> Reply:
    return Reply(words, (), usage, "says", stop)


def calls(*names: str, arguments: str = "{}", stop: Any = "tools", usage: Usage = FREE) -> Reply:
    return Reply("", tuple(ToolCall(f"c{n}", name, arguments) for n, name in enumerate(names)), usage, "says", stop)


class Told:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def state(self, state: str, detail: str) -> None:
        self.lines.append(f"{state} {detail}".strip())

    def model_called(self, reply: Reply, latency_s: float) -> None:
        self.lines.append(f"model {reply.stop} {latency_s >= 0}")

    def tool_intended(self, call: ToolCall, tool: Tool | None) -> None:
        self.lines.append(f"intent {call.name} {tool is not None}")

    def tool_returned(self, call: ToolCall, *, ok: bool, output: str, duration_s: float) -> None:
        self.lines.append(f"result {call.name} {ok} {output}")


def run(model: Says, *tools: Tool | Callable[..., object], **more: Any) -> Result:
    return Agent("ann", model=model, tools=tools, **more).run("Do it.")


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


def test_replies_that_are_cut_again_and_again_end_the_run() -> None:
    result = run(Says(text("half", stop="length")), limits=Limits(repeats=2))

    assert (result.ending, result.turns) == ("loop", 3)


def test_the_same_call_with_the_same_result_is_warned_once_and_then_ended() -> None:
    def look(at: str, n: int) -> str:
        return "nothing"

    one, same = calls("look", arguments='{"at": "x", "n": 1}'), calls("look", arguments='{"n":1,"at":"x"}')
    model = Says(one, same, one, same, one)

    result = run(model, look, limits=Limits(repeats=3))

    answers = [message.content for message in result.messages if message.role == "tool"]
    assert result.ending == "loop"
    assert answers[:2] == ["nothing", "nothing"]
    assert "3 times in a row" in answers[2]
    assert len(answers) == 4


def test_waiting_for_something_that_changes_is_no_loop() -> None:
    seen: list[int] = []

    def look() -> int:
        seen.append(1)
        return len(seen)

    model = Says(*[calls("look")] * 8, text("done"))

    assert run(model, look, limits=Limits(repeats=3)).ending == "finished"


def test_turns_are_limited() -> None:
    result = run(Says(calls("nope")), limits=Limits(turns=3))

    assert (result.ending, result.turns) == ("turns", 3)


def test_tokens_in_and_out_are_limited_together() -> None:
    result = run(Says(calls("nope")), limits=Limits(tokens=31))

    assert (result.ending, result.turns) == ("tokens", 3)
    assert result.usage == Usage(30, 0, 15, 0.0)


def test_cost_is_limited_after_the_reply_that_passes_it() -> None:
    result = run(Says(calls("nope", usage=Usage(1, 0, 1, 0.4))), limits=Limits(cost_usd=0.7))

    assert (result.ending, result.turns) == ("cost", 2)
    assert result.usage.cost_usd == pytest.approx(0.8)


def test_what_costs_nothing_runs_on_a_budget_of_nothing() -> None:
    assert run(Says(calls("nope"), text("done")), limits=Limits(cost_usd=0)).ending == "finished"


def test_an_unknown_price_is_said_and_the_known_part_still_limited() -> None:
    unknown, known = calls("nope", usage=Usage(1, 0, 1, None)), calls("nope", usage=Usage(1, 0, 1, 2.0))

    result = run(Says(unknown, known), limits=Limits(cost_usd=1.0))

    assert result.ending == "cost"
    assert result.usage.cost_usd is None
    assert "limit of $1 could not be enforced" in result.notes[0]


def test_seconds_are_limited() -> None:
    now = iter(range(0, 1000, 10))

    result = run(Says(calls("nope")), limits=Limits(seconds=60), clock=lambda: float(next(now)))

    assert result.ending == "seconds"


def test_a_stop_is_heard_before_the_next_call_and_every_call_is_answered() -> None:
    stop = threading.Event()

    def act() -> None:
        stop.set()

    result = run(Says(calls("act", "act")), act, stop=stop)

    assert result.ending == "stopped"
    assert [message.content for message in result.messages if message.role == "tool"] == [
        "ok",
        "error: not run, the work is over (stopped)",
    ]


def test_a_stop_that_was_set_before_asks_nobody() -> None:
    stop = threading.Event()
    stop.set()
    model = Says(text("never"))

    assert run(model, stop=stop).ending == "stopped"
    assert model.sent == []


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


def test_a_memory_is_read_into_the_prompt_and_gets_a_step_for_each_call() -> None:
    notes = Notes()
    thinking = Reply("I look.", (ToolCall("a", "look", '{"x": 1}'), ToolCall("b", "look", "{}")), FREE, "says", "tools")
    model = Says(thinking, text("done"))

    run(model, tool_from(lambda x=0: f"saw {x}", name="look"), memory=notes, limits=Limits(context_tokens=77))

    assert "the tests need port 80" in model.sent[0][0].content
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

    with pytest.raises(InvalidName):
        Agent("No Good", model=Says(text("x")))
    with pytest.raises(UsageError, match="two tools are called one"):
        Agent("ann", model=Says(text("x")), tools=[one, one])
    with pytest.raises(UsageError, match="api_base"):
        Agent("ann", model=Says(text("x")), api_base="http://127.0.0.1:1")
