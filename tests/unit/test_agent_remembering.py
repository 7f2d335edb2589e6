"""An agent can look things up in its memory, beyond what its prompt says of it."""

import json
from pathlib import Path

import pytest

from onecontext import Memory
from onecontext.text.tokens import default_counter
from teams.agent.agent import Agent
from teams.agent.remembering import FOUND_TOKENS, recall_tool
from tests.support.agents import Says, calls, run, text


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    memory = Memory.init(tmp_path, agent="ann")
    memory.step(thought="the gateway drops whoever comes back within 30 seconds")
    memory.commit("The sync waits 37 seconds")
    for number in range(30):
        memory.commit(f"Chapter {number} is written, and nobody is in a hurry")
    return memory


def asked(query: str) -> str:
    return json.dumps({"query": query})


def test_what_is_not_in_the_prompt_any_more_is_found(memory: Memory) -> None:
    model = Says(calls("recall", arguments=asked("why does it wait for the gateway")), text("because"))

    result = run(model, memory=memory)

    assert result.text == "because"
    assert "within 30 seconds" not in model.sent[0][1].content
    assert "within 30 seconds" in model.sent[1][-1].content
    assert "</memory-" in model.sent[1][-1].content


def test_the_first_prompt_has_what_matters_for_the_task_however_long_ago_it_was(memory: Memory) -> None:
    model, another = Says(text("done")), Says(text("done"))

    Agent("ann", model=model, memory=memory).run("Let the sync wait less for the gateway.")
    Agent("ann", model=another, memory=memory).run("Write chapter 29.")

    assert "within 30 seconds" in model.sent[0][1].content
    assert "within 30 seconds" not in another.sent[0][1].content
    # What providers keep of a prompt's beginning holds for both.
    assert model.sent[0][0] == another.sent[0][0]


def test_the_same_memory_and_task_make_the_same_prompt(memory: Memory) -> None:
    prompts = []
    for _ in range(2):
        model = Says(text("done"))
        Agent("ann", model=model, memory=memory).run("What did we write about the gateway yesterday?")
        prompts.append(model.sent[0])

    assert prompts[0] == prompts[1]


@pytest.mark.parametrize("task", ["Do it.", "?!", "汉字", "\ud800 lone", "word " * 30_000])
def test_any_text_is_a_task(memory: Memory, task: str) -> None:
    model = Says(text("done"))

    Agent("ann", model=model, memory=memory).run(task)

    assert model.sent[0][1].content.startswith(task)
    assert "Branch main" in model.sent[0][1].content


def test_a_milestone_is_read_in_full_with_the_steps_that_led_to_it(memory: Memory) -> None:
    first = memory.milestones()[-1]
    model = Says(calls("recall", arguments=json.dumps({"id": first.id[:6]})), text("because"))

    run(model, memory=memory)

    read = model.sent[1][-1].content
    assert "The sync waits 37 seconds" in read
    assert "within 30 seconds" in read
    assert "Chapter" not in read


def test_what_is_found_is_bounded(memory: Memory) -> None:
    for number in range(10):
        memory.commit(f"zebra {number} " + "stripes " * 500)

    found = str(recall_tool(memory).call({"query": "zebra"}))

    assert "zebra" in found
    assert default_counter().count(found) <= FOUND_TOKENS


def test_nothing_found_is_said_and_no_words_are_told_to_the_model(memory: Memory) -> None:
    assert "nothing" in str(recall_tool(memory).call({"query": "xylophone"}))
    model = Says(calls("recall", arguments=asked("  ")), text("oh"))

    run(model, memory=memory)

    assert model.sent[1][-1].content.startswith("error:")


def test_a_tool_of_that_name_is_the_users(memory: Memory) -> None:
    def recall(query: str) -> str:
        """Mine."""
        return f"mine: {query}"

    model = Says(calls("recall", arguments=asked("x")), text("done"))

    run(model, recall, memory=memory)

    assert model.sent[1][-1].content == "mine: x"
    assert [spec.description for spec in model.tools if spec.name == "recall"] == ["Mine."]


def test_a_notebook_that_cannot_be_searched_brings_no_tool() -> None:
    class Plain:
        def step(self, observation: str = "", thought: str = "", action: str = "") -> None: ...

        def context(self, *, budget: int | None = None) -> str:
            return ""

        def commit(self, contribution: str) -> None: ...

    model = Says(text("done"))
    run(model, memory=Plain())

    assert [spec.name for spec in model.tools] == []
