"""A conversation that fills its window begins anew, and nothing of it is lost that a memory can keep."""

from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.errors import ContextOverflow
from teams.agent.agent import Agent
from teams.agent.compaction import FORGOTTEN, REMEMBERED
from teams.agent.limits import Limits
from teams.agent.loop import BEGUN_ANEW
from teams.agent.tools import Tool, tool_from
from teams.models.port import Reply, ToolCall
from tests.support.agents import FREE, Says, Told, calls, run, text

BEGINNING = "Your window was full"


def reads(count: int) -> list[Reply]:
    """Replies that each ask for another part of a long file."""
    return [
        Reply(f"I read part {n}.", (ToolCall(f"c{n}", "read", f'{{"part": {n}}}'),), FREE, "says", "tools")
        for n in range(count)
    ]


def reader(words: int = 400) -> Tool:
    def read(part: int) -> str:
        return f"part {part}: " + " ".join(f"word{part}x{n}" for n in range(words))

    return tool_from(read)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory.init(tmp_path, agent="ann", purpose="read the long file")


def test_a_conversation_begins_anew_before_it_is_too_long_and_goes_on_to_its_end(memory: Memory) -> None:
    model = Says(*reads(12), text("read all"))
    told = Told()

    result = run(model, reader(), memory=memory, limits=Limits(window_tokens=10_000), observer=told)

    assert (result.text, result.ending, result.turns) == ("read all", "finished", 13)
    sizes = [sum(len(message.content) for message in sent) for sent in model.sent]
    shrunk = [n for n in range(1, len(sizes)) if sizes[n] < sizes[n - 1]]
    assert shrunk
    assert told.lines.count(f"thinking {BEGUN_ANEW}") == len(shrunk)
    anew = model.sent[shrunk[0]]
    assert [message.role for message in anew] == ["system", "user", "assistant", "tool"]
    assert anew[1].content.startswith("Do it.")
    assert REMEMBERED in anew[1].content
    # What it was about to read is still there.
    assert anew[3].content.startswith(f"part {shrunk[0] - 1}:")
    assert anew[3].tool_call_id == anew[2].tool_calls[0].id


def test_nothing_that_was_left_behind_is_missing_from_the_memory(memory: Memory) -> None:
    run(Says(*reads(12), text("read all")), reader(), memory=memory, limits=Limits(window_tokens=10_000))

    steps = memory.steps()
    assert sorted(int(step.observation.split()[1].rstrip(":")) for step in steps) == list(range(12))
    milestones = [milestone.contribution for milestone in memory.milestones()]
    assert milestones
    assert all(words.startswith("The window was full after ") for words in milestones)
    assert "I read part" in milestones[0]


def test_the_new_conversation_begins_with_what_the_memory_says_now(memory: Memory) -> None:
    model = Says(*reads(12), text("read all"))

    run(model, reader(), memory=memory, limits=Limits(window_tokens=10_000))

    assert "The window was full after" not in model.sent[0][1].content
    assert "The window was full after" in model.sent[-1][1].content
    assert model.sent[0][0] == model.sent[-1][0]


def test_what_only_the_provider_knows_to_be_too_long_is_begun_anew_once(memory: Memory) -> None:
    model = Says(*reads(3), ContextOverflow("too long"), text("read all"))

    result = run(model, reader(), memory=memory)

    assert result.text == "read all"
    assert len(model.sent[-1]) == 4
    assert len(memory.milestones()) == 1


def test_a_conversation_that_is_too_long_as_it_begins_is_an_error(memory: Memory) -> None:
    with pytest.raises(ContextOverflow):
        run(Says(*reads(3), ContextOverflow("too long"), ContextOverflow("still too long")), reader(), memory=memory)
    with pytest.raises(ContextOverflow):
        run(Says(ContextOverflow("too long")), reader(), memory=memory)


def test_many_calls_of_one_reply_that_fill_the_window_do_not_end_the_run(memory: Memory) -> None:
    many = Reply("", tuple(ToolCall(f"c{n}", "read", f'{{"part": {n}}}') for n in range(50)), FREE, "says", "tools")
    model = Says(many, ContextOverflow("too long"), ContextOverflow("still too long"), text("read all"))

    result = run(model, reader(), memory=memory)

    assert (result.text, result.ending) == ("read all", "finished")
    assert [len(sent) for sent in model.sent] == [2, 53, 53, 2]
    assert len(memory.steps()) == 50


def test_a_model_for_which_all_is_too_long_is_asked_three_times_at_the_most(memory: Memory) -> None:
    model = Says(*reads(3), ContextOverflow("too long"))

    with pytest.raises(ContextOverflow):
        run(model, reader(), memory=memory)

    assert [len(sent) for sent in model.sent] == [2, 4, 6, 8, 4, 2]
    assert len(memory.milestones()) == 1


def test_a_task_that_fills_the_window_by_itself_is_not_begun_anew_with_every_turn(memory: Memory) -> None:
    agent = Agent(
        "ann",
        model=Says(*reads(6), text("read all")),
        tools=[reader(words=5)],
        memory=memory,
        limits=Limits(window_tokens=4000),
    )

    assert agent.run(" ".join(f"word{n}" for n in range(2500))).text == "read all"
    assert not list(memory.milestones())


def test_a_reply_that_was_cut_before_it_said_anything_leaves_no_empty_message() -> None:
    model = Says(text(" ", stop="length"), text("whole"))

    assert run(model).text == "whole"
    assert all(message.content.strip() for message in model.sent[-1])


def test_an_agent_without_a_memory_is_told_that_what_it_said_is_gone() -> None:
    model = Says(*reads(12), text("read all"))

    result = run(model, reader(), limits=Limits(window_tokens=10_000))

    assert result.text == "read all"
    anew = next(sent for sent in model.sent if BEGINNING in sent[1].content)
    assert anew[1].content.endswith(FORGOTTEN)


def test_calls_that_fill_the_window_by_themselves_do_not_stay(memory: Memory) -> None:
    model = Says(*reads(6), text("read all"))

    run(model, reader(words=1500), memory=memory, limits=Limits(window_tokens=10_000))

    anew = [sent for sent in model.sent if BEGINNING in sent[1].content]
    assert anew
    assert len(anew[0]) == 2


class Knows(Says):
    """A model that says how long a conversation may be."""

    def window(self) -> int | None:
        return 10_000


def test_the_model_knows_its_window() -> None:
    model = Knows(*reads(12), text("read all"))

    run(model, reader())

    assert any(BEGINNING in sent[1].content for sent in model.sent)


def test_a_short_conversation_is_left_alone(memory: Memory) -> None:
    model = Knows(calls("read", arguments='{"part": 1}'), text("read"))

    run(model, reader(words=10), memory=memory)

    assert not any(BEGINNING in sent[1].content for sent in model.sent)
    assert not list(memory.milestones())


def test_what_was_said_before_the_task_is_left_behind_and_the_task_stands_once() -> None:
    agent = Agent("ann", model=Says(*reads(3), text("read some")), tools=[reader()])
    before = agent.run("Read a little.").messages
    model = Says(ContextOverflow("too long"), text("answered"))

    result = Agent("ann", model=model, tools=[reader()]).run("And now?", after=before)

    assert result.text == "answered"
    assert [(message.role, message.content.split("\n")[0]) for message in model.sent[-1][1:]] == [("user", "And now?")]


@pytest.mark.parametrize("window", [10_000, None])
def test_whoever_observes_is_told_the_window_with_each_answer(window: int | None) -> None:
    heard: list[int | None] = []

    class Hears(Told):
        def model_called(self, reply: Reply, latency_s: float) -> None:
            heard.append(reply.window)

    run(Says(*reads(1), text("read all")), reader(), limits=Limits(window_tokens=window), observer=Hears())

    assert heard == [window, window]
