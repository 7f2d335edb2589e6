"""Counting a conversation before it is sent."""

from teams.models.counting import Counting
from teams.models.port import Message, ToolSpec

SAID = [Message("user", "one two three")]


def tool(description: str) -> ToolSpec:
    return ToolSpec("add", description, {"type": "object", "properties": {}})


def test_other_tools_are_counted_anew() -> None:
    counting = Counting()
    short, long = [tool("Add.")], [tool("Add numbers that stand in a list, one after another.")]

    found = [counting.tokens_in(SAID, tools) for tools in ([], short, long, short)]

    assert found == [Counting().tokens_in(SAID, tools) for tools in ([], short, long, short)]
    assert found[0] < found[1] < found[2]
