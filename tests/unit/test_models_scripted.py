"""The scripted model as a model."""

import json
from pathlib import Path

import pytest

from onecontext.errors import ScriptExhausted
from teams.models.port import Conversation, Message, Model, ToolSpec
from teams.models.scripted import open_script

WHOSE = Conversation("ann", "agent")
ASKED = [Message("system", "You are ann."), Message("user", "Say it.")]


def write(path: Path, *turns: object, **more: object) -> Path:
    path.write_text(json.dumps({"version": 1, "conversations": [{"turns": turns, **more}]}))
    return path


def opened(path: Path) -> Model:
    return open_script(path)(WHOSE)


def test_turns_are_said_one_after_the_other(tmp_path: Path) -> None:
    model = opened(
        write(tmp_path / "s.yaml", {"say": "one", "call": [{"tool": "add", "args": {"a": 1}}]}, {"say": "two"})
    )

    first, second = model.reply(ASKED, []), model.reply(ASKED, [])

    assert (first.text, first.stop, first.tool_calls[0].name) == ("one", "tools", "add")
    assert json.loads(first.tool_calls[0].arguments) == {"a": 1}
    assert (second.text, second.stop, second.tool_calls) == ("two", "end", ())


def test_each_opening_starts_at_the_first_turn(tmp_path: Path) -> None:
    open_model = open_script(write(tmp_path / "s.yaml", {"say": "one"}, {"say": "two"}))

    said = [open_model(WHOSE).reply(ASKED, []).text for _ in range(2)]

    assert said == ["one", "one"]


def test_text_arrives_in_pieces_that_are_the_whole(tmp_path: Path) -> None:
    pieces: list[str] = []
    reply = opened(write(tmp_path / "s.yaml", {"say": " a b\n\n c "})).reply(ASKED, [], on_text=pieces.append)

    assert len(pieces) > 1
    assert "".join(pieces) == reply.text == " a b\n\n c "


def test_it_costs_nothing_and_counts_its_tokens(tmp_path: Path) -> None:
    model = opened(write(tmp_path / "s.yaml", {"say": "one two three"}, {"say": "x"}))
    tool = ToolSpec("add", "Add numbers.", {"type": "object"})

    first, second = model.reply(ASKED, []), model.reply(ASKED, [tool])

    assert first.usage.cost_usd == 0.0
    assert first.usage.tokens_out >= 3
    assert second.usage.tokens_in > first.usage.tokens_in > 0


def test_calls_have_ids_of_their_own(tmp_path: Path) -> None:
    calls = {"call": [{"tool": "a"}, {"tool": "a"}]}
    model = opened(write(tmp_path / "s.yaml", calls, calls))

    ids = [call.id for _ in range(2) for call in model.reply(ASKED, []).tool_calls]

    assert len(set(ids)) == 4


def test_an_expectation_that_is_not_met_says_both_sides(tmp_path: Path) -> None:
    model = opened(write(tmp_path / "s.yaml", {"expect": "FAILED"}))

    with pytest.raises(ScriptExhausted) as caught:
        model.reply(ASKED, [])

    assert "conversations.0.turns.0 expects 'FAILED'" in str(caught.value)
    assert "'Say it.'" in str(caught.value)
    assert caught.value.exit_code == 7


def test_an_expectation_looks_at_the_last_message_alone(tmp_path: Path) -> None:
    model = opened(write(tmp_path / "s.yaml", {"expect": "say it", "say": "no"}))

    with pytest.raises(ScriptExhausted):
        model.reply([Message("user", "say it"), Message("tool", "something else")], [])


def test_more_turns_than_there_are_is_an_error_that_says_where_the_script_ends(tmp_path: Path) -> None:
    model = opened(write(tmp_path / "s.yaml", {"say": "one"}))
    model.reply(ASKED, [])

    with pytest.raises(ScriptExhausted, match=r"conversations\.0 ends after 1 turns.*'ann'.*Say it"):
        model.reply(ASKED, [])


def test_a_conversation_that_fits_nobody_is_an_error_that_says_who_asked(tmp_path: Path) -> None:
    model = opened(write(tmp_path / "s.yaml", {"say": "one"}, role="worker"))

    with pytest.raises(ScriptExhausted, match="no conversation for agent 'ann', role 'agent', task None, attempt 1"):
        model.reply(ASKED, [])


def test_the_first_conversation_that_fits_is_used(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    conversations = [{"agent": "bob", "turns": [{"say": "b"}]}, {"agent": "a*", "turns": [{"say": "a"}]}]
    path.write_text(json.dumps({"version": 1, "conversations": [*conversations, {"turns": [{"say": "any"}]}]}))

    assert opened(path).reply(ASKED, []).text == "a"


def test_it_answers_no_sooner_than_it_is_told(tmp_path: Path) -> None:
    waited: list[float] = []
    path = write(tmp_path / "s.yaml", {"say": "one", "wait_s": 0.2}, {"say": "two"})
    model = open_script(path, sleep=waited.append)(WHOSE)

    model.reply(ASKED, [])
    model.reply(ASKED, [])

    assert waited == [0.2]
