"""What other agents print of themselves, read from transcripts of real runs (tests/data/workers)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.mission.workers.claude_code import ClaudeCode
from teams.mission.workers.codex import Codex
from teams.mission.workers.transcript import LINE_BYTES, Dialect, Heard, Lines
from teams.models.port import ToolCall, Usage

DATA = Path(__file__).parents[1] / "data" / "workers"


class Kept:
    """Keeps what it hears, a tuple each."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def said(self, text: str) -> None:
        self.heard.append(("said", text))

    def began(self, call: ToolCall) -> None:
        self.heard.append(("began", call.name, json.loads(call.arguments)))

    def ended(self, call: str, *, ok: bool, output: str, command: str = "", exit_code: int | None = None) -> None:
        self.heard.append(("ended", ok, output, command, exit_code))

    def failed(self, why: str) -> None:
        self.heard.append(("failed", why))


def read(name: str, make: Callable[[Heard], Dialect]) -> tuple[list[tuple[Any, ...]], Dialect]:
    kept = Kept()
    dialect = make(kept)
    lines = Lines(dialect.line)
    lines.feed((DATA / name).read_bytes())
    lines.close()
    return kept.heard, dialect


def test_claude_says_what_it_ran_with_exit_codes_and_what_it_took() -> None:
    heard, dialect = read("claude.jsonl", ClaudeCode)

    assert [one[1] for one in heard if one[0] == "began"] == ["Bash", "Bash", "Write"]
    ran = [(one[3], one[4]) for one in heard if one[0] == "ended" and one[3]]
    assert ran == [("echo yes > a.txt; cat a.txt; false", 1), ("cat a.txt", 0)]
    assert heard[-1] == ("said", "noted")
    (taken,) = dialect.taken()
    assert (taken.model, taken.calls) == ("claude-opus-4-7", 2)
    assert taken.usage == Usage(1100, 800, 40, 0.0030250000000000003)
    assert taken.seconds > 0


def test_a_command_that_claude_was_not_permitted_is_none_that_ran() -> None:
    heard, _ = read("claude-denied.jsonl", ClaudeCode)

    assert [one[3] for one in heard if one[0] == "ended"] == ["", "", ""]
    assert [one[1] for one in heard if one[0] == "ended"] == [False, False, True]


def test_claude_cut_short_says_what_it_had_taken_by_then_at_an_unknown_price() -> None:
    kept = Kept()
    dialect = ClaudeCode(kept)
    lines = Lines(dialect.line)
    whole = (DATA / "claude.jsonl").read_bytes()
    lines.feed(whole[: whole.index(b'"type": "result"')])
    lines.close()

    (taken,) = dialect.taken()
    assert (taken.calls, taken.usage) == (2, Usage(1100, 800, 40, None))


def test_claude_that_gives_up_says_why() -> None:
    kept = Kept()

    ClaudeCode(kept).line({"type": "result", "subtype": "error_max_turns", "is_error": True, "num_turns": 3})

    assert kept.heard == [("failed", "error_max_turns: it did not say why")]


def test_what_the_provider_refused_is_a_failure_though_claude_calls_it_a_success() -> None:
    kept = Kept()

    ClaudeCode(kept).line({"type": "result", "subtype": "success", "is_error": True, "result": "API Error: 401"})

    assert kept.heard == [("said", "API Error: 401"), ("failed", "API Error: 401")]


def test_codex_says_what_it_ran_and_took_and_names_no_price() -> None:
    heard, dialect = read("codex.jsonl", Codex)

    command = "/bin/bash -lc 'echo yes > a.txt; cat a.txt; false'"
    assert heard == [
        ("began", "run", {"command": command}),
        ("ended", False, "yes\n", command, 1),
        ("said", "a says yes now."),
    ]
    (taken,) = dialect.taken()
    assert (taken.model, taken.calls, taken.usage) == ("codex", 1, Usage(2500, 1000, 60, None))


def test_codex_that_fails_says_why_once_and_nothing_of_what_it_tried_again() -> None:
    heard, dialect = read("codex-failed.jsonl", Codex)

    assert [one[0] for one in heard] == ["failed"]
    assert "Incorrect API key provided" in heard[0][1]
    assert dialect.taken() == []


@given(st.lists(st.integers(1, 4000), max_size=60))
def test_however_the_bytes_come_the_lines_are_the_same(sizes: list[int]) -> None:
    whole, found = (DATA / "claude.jsonl").read_bytes(), []
    lines = Lines(found.append)

    at = 0
    for size in [*sizes, len(whole)]:
        lines.feed(whole[at : at + size])
        at += size
    lines.close()

    assert found == [json.loads(line) for line in whole.splitlines()]


def test_what_is_no_object_and_what_is_too_long_is_passed_over_and_its_neighbours_are_not() -> None:
    found: list[Any] = []
    lines = Lines(found.append)

    lines.feed(b'warning: x\n[1]\n{"a": 1\n"{}"\n' + b'{"a": "' + b"x" * LINE_BYTES + b'"}\n' + b'{"b": 2}\n')
    lines.feed(b'{"n": ' + b"[" * 100_000 + b'\n{"c": 3}')
    lines.close()

    assert found == [{"b": 2}, {"c": 3}]


KEYS = st.sampled_from(["type", "message", "content", "usage", "item", "id", "text", "modelUsage"])
KINDS = st.sampled_from(["assistant", "user", "result", "item.started", "item.completed", "turn.completed"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)


@pytest.mark.parametrize("make", [ClaudeCode, Codex])
@given(document=ANYTHING, kind=KINDS)
def test_whatever_a_line_holds_it_is_taken_or_passed_over(
    make: Callable[[Heard], Dialect], document: Any, kind: str
) -> None:
    dialect = make(Kept())
    whole = document if isinstance(document, dict) else {"message": document, "item": document}

    dialect.line({**whole, "type": kind})

    assert all(one.usage.tokens_in >= 0 for one in dialect.taken())
