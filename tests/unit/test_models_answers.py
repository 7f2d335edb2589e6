"""The same question is not paid for twice where the answer can have no side effect, and only there."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import ModelUnavailable
from teams.models import answers as module
from teams.models.answers import FREE, Answers, answered
from teams.models.around import Answering, Request
from teams.models.port import Conversation, Message, Price, PricedModel, Reply, ToolCall, ToolSpec, Usage

JUDGE = Conversation("validator-1", "validator", "till", 1)
ASK = [Message("system", "You judge."), Message("user", "Is it right?")]
LOOK, ACT = (ToolSpec(name, "", {"type": "object"}) for name in ("look", "act"))
KEY = "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 3


class Voice(Answering):
    """A model that gives these replies in turn, the last one for ever, and counts."""

    scripted = False

    def __init__(self, *replies: Reply | Exception, name: str = "voice") -> None:
        self.name, self._replies, self.asked = name, list(replies), 0

    def window(self) -> int:
        return 1000

    def price(self) -> Price:
        return Price(1.0, 2.0)

    def answer(self, request: Request) -> Reply:
        self.asked += 1
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def says(words: str = "yes", *calls: str, stop: Any = None, arguments: str = "{}") -> Reply:
    asked = tuple(ToolCall(os.urandom(4).hex(), name, arguments) for name in calls)
    stop = stop or ("tools" if calls else "end")
    return Reply(words, asked, Usage(10, 0, 5, 0.5), "voice-1", stop, "server")


def opened(folder: Path, voice: Voice, whose: Conversation = JUDGE, address: str = "") -> PricedModel:
    """A conversation of a run of its own: of what was asked before, only the folder knows."""
    return answered(lambda _: voice, Answers(folder), harmless=lambda role: frozenset({"look"}), address=address)(whose)


def asked_twice(folder: Path, first: Reply, *, messages: Sequence[Message] = ASK, tools: Any = (LOOK, ACT)) -> int:
    """Ask the same in two runs; return how often the model was asked."""
    voice = Voice(first, says("another", "look"))
    for _ in range(2):
        opened(folder, voice).reply(messages, tools)
    return voice.asked


def test_the_same_question_is_answered_for_nothing(tmp_path: Path) -> None:
    voice, heard = Voice(says("I look.", "look", "look", arguments='{"at": "é"}')), []
    first = opened(tmp_path, voice).reply(ASK, [LOOK])

    again = opened(tmp_path, voice).reply(ASK, [LOOK], on_text=heard.append)

    assert voice.asked == 1
    assert (again.text, again.usage, again.cached, again.model, again.provider) == (
        "I look.",
        FREE,
        True,
        "voice-1",
        "server",
    )
    assert [(c.name, c.arguments) for c in again.tool_calls] == [(c.name, c.arguments) for c in first.tool_calls]
    assert len({call.id for call in again.tool_calls}) == 2
    assert heard == ["I look."]
    (kept,) = tmp_path.iterdir()
    assert (kept.stat().st_mode & 0o777, len(kept.name)) == (0o600, 64)


@pytest.mark.parametrize(
    ("reply", "tools", "times"),
    [
        (says("", "look"), (LOOK, ACT), 1),
        (says("", "look", "act"), (LOOK, ACT), 2),
        (says("", "act"), (LOOK, ACT), 2),
        (says("I give up."), (LOOK, ACT), 2),
        (says("half", stop="length"), (LOOK, ACT), 2),
        (says("half", stop="length"), (), 2),
        (says("the second is better"), (), 1),
        (says("x" * module.LIMIT_BYTES, "look"), (LOOK, ACT), 2),
        (says(f"the key is {KEY}", "look"), (LOOK, ACT), 2),
        (says("", "look", arguments=f'{{"key": "{KEY}"}}'), (LOOK, ACT), 2),
    ],
    ids=["look", "look and act", "act", "broken off", "cut", "cut text", "text", "long", "secret", "secret argument"],
)
def test_only_what_can_have_no_side_effect_is_kept(tmp_path: Path, reply: Reply, tools: Any, times: int) -> None:
    assert asked_twice(tmp_path, reply, tools=tools) == times
    assert not any(KEY in path.read_text() for path in tmp_path.iterdir())


def test_what_was_asked_with_a_secret_or_after_an_error_is_not_kept(tmp_path: Path) -> None:
    secret = [*ASK, Message("user", f"use {KEY}")]
    failed = [*ASK, Message("assistant", "", (ToolCall("c", "look", "{}"),)), Message("tool", "error: no", (), "c")]

    assert asked_twice(tmp_path, says("", "look"), messages=secret) == 2
    assert asked_twice(tmp_path, says("", "look"), messages=failed) == 2


def test_an_error_is_not_kept(tmp_path: Path) -> None:
    voice = Voice(ModelUnavailable("503"), says("", "look"))
    with pytest.raises(ModelUnavailable):
        opened(tmp_path, voice).reply(ASK, [LOOK])

    assert opened(tmp_path, voice).reply(ASK, [LOOK]).cached is False
    assert voice.asked == 2


@pytest.mark.parametrize(
    "other",
    [
        {"whose": Conversation("validator-2", "validator", "till", 1)},
        {"whose": Conversation("validator-1", "validator", "till", 2)},
        {"voice": "another"},
        {"address": "http://127.0.0.1:1/v1"},
        {"messages": [ASK[0], Message("user", "Is it right? ")]},
        {"tools": [LOOK, ACT]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_question_is_another_question(tmp_path: Path, other: dict[str, Any]) -> None:
    opened(tmp_path, Voice(says("one", "look"))).reply(ASK, [LOOK])
    voice = Voice(says("two", "look"), name=other.get("voice", "voice"))

    reply = opened(tmp_path, voice, other.get("whose", JUDGE), other.get("address", "")).reply(
        other.get("messages", ASK), other.get("tools", [LOOK])
    )

    assert reply.text == "two"


def test_ids_of_calls_make_no_other_question_and_their_order_does(tmp_path: Path) -> None:
    def after(first: str, second: str, *answers: str) -> list[Message]:
        calls = (ToolCall(first, "look", "{}"), ToolCall(second, "look", "{}"))
        return [*ASK, Message("assistant", "", calls), *(Message("tool", "seen", (), one) for one in answers)]

    voice = Voice(says("one", "look"), says("two", "look"))
    opened(tmp_path, voice).reply(after("a", "b", "a", "b"), [LOOK])

    assert opened(tmp_path, voice).reply(after("x", "y", "x", "y"), [LOOK]).cached
    assert not opened(tmp_path, voice).reply(after("x", "y", "y", "x"), [LOOK]).cached


def test_one_run_is_given_the_same_answer_once(tmp_path: Path) -> None:
    voice = Voice(says("one", "look"), says("two", "look"), says("three", "look"))
    opened(tmp_path, voice).reply(ASK, [LOOK])
    run = opened(tmp_path, voice)

    assert [run.reply(ASK, [LOOK]).text for _ in range(3)] == ["one", "two", "three"]
    assert opened(tmp_path, voice).reply(ASK, [LOOK]).text == "three"


@pytest.mark.parametrize("garbage", [b"", b"\xff", b"{}", b'{"v":1,"model":"m","provider":"","text":"a","calls":3}'])
def test_a_garbled_answer_is_none_and_is_replaced(tmp_path: Path, garbage: bytes) -> None:
    opened(tmp_path, Voice(says("one", "look"))).reply(ASK, [LOOK])
    (path,) = tmp_path.iterdir()
    path.write_bytes(garbage)

    assert opened(tmp_path, Voice(says("two", "look"))).reply(ASK, [LOOK]).text == "two"
    assert opened(tmp_path, Voice(says("three", "look"))).reply(ASK, [LOOK]).text == "two"


def test_what_was_planted_cannot_ask_for_more_than_is_harmless(tmp_path: Path) -> None:
    opened(tmp_path, Voice(says("one", "look"))).reply(ASK, [LOOK, ACT])
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text().replace('"look"', '"act"'))

    assert opened(tmp_path, Voice(says("two", "look"))).reply(ASK, [LOOK, ACT]).text == "two"


def test_a_link_is_not_followed_and_a_pipe_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    opened(folder, Voice(says("one", "look"))).reply(ASK, [LOOK])
    (path,) = folder.iterdir()
    path.unlink()
    os.mkfifo(path)

    assert opened(folder, Voice(says("two", "look"))).reply(ASK, [LOOK]).text == "two"


def test_no_more_are_kept_than_agreed_and_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT_FILES", 10)
    monkeypatch.setattr(module, "_PRUNED_EVERY", 2)
    for number in range(40):
        opened(tmp_path, Voice(says(str(number), "look"))).reply([*ASK, Message("user", str(number))], [LOOK])

    assert len(list(tmp_path.iterdir())) == 10
    newest = opened(tmp_path, Voice(says("anew", "look"))).reply([*ASK, Message("user", "39")], [LOOK])
    assert newest.text == "39"


def test_a_folder_that_cannot_be_written_ends_no_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    assert opened(tmp_path / "file" / "kept", Voice(says("one", "look"))).reply(ASK, [LOOK]).text == "one"


def test_a_script_is_always_asked(tmp_path: Path) -> None:
    voice = Voice(says("one", "look"))
    voice.scripted = True

    assert opened(tmp_path, voice) is voice
