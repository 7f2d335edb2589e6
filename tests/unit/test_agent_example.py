"""What the documentation shows first, as it is written there."""

from pathlib import Path

import pytest

from onecontext.errors import NoCredentials


def test_five_lines_are_an_agent(tmp_path: Path) -> None:
    from teams import Agent

    script = tmp_path / "script.yaml"
    script.write_text(
        "version: 1\n"
        "conversations:\n"
        "  - turns:\n"
        "      - call: [{tool: add, args: {a: 2, b: 3}}]\n"
        "      - {say: It is 5., expect: '5'}\n"
    )

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    assert Agent("ann", model=f"scripted:{script}", tools=[add]).run("What is 2 + 3?").text == "It is 5."


def test_a_missing_key_is_said_when_the_agent_is_made() -> None:
    from teams import Agent

    with pytest.raises(NoCredentials, match="ANTHROPIC_API_KEY"):
        Agent("ann", model="anthropic/claude-sonnet-4-5", env={})
