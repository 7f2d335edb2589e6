"""How a run ends when it does not end by itself: limits, circles, a stop from outside."""

import threading
from collections.abc import Callable, Sequence

import pytest

from teams.agent.limits import Limits
from teams.agent.loop import MOST_CALLS, TOO_MANY
from teams.models.port import Message, OnText, Reply, ToolCall, ToolSpec, Usage
from tests.support.agents import FREE, Says, calls, run, text


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


def test_of_one_reply_only_so_many_calls_run_and_each_is_answered() -> None:
    seen: list[int] = []

    def look(n: int) -> int:
        seen.append(n)
        return n

    many = tuple(ToolCall(f"c{n}", "look", f'{{"n": {n}}}') for n in range(MOST_CALLS + 20))

    result = run(Says(Reply("", many, FREE, "says", "tools"), text("done")), look)

    assert seen == list(range(MOST_CALLS))
    answers = [message for message in result.messages if message.role == "tool"]
    assert [answer.tool_call_id for answer in answers] == [call.id for call in many]
    assert {answer.content for answer in answers[MOST_CALLS:]} == {TOO_MANY}


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


class Drips(Says):
    """A model that says a word every ten seconds, for ever."""

    def __init__(self, clock: list[float], each: Callable[[], object] = lambda: None) -> None:
        super().__init__(text("never"))
        self._clock, self._each, self.pieces = clock, each, 0

    def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, on_text: OnText | None = None) -> Reply:
        assert on_text is not None
        while self.pieces < 1000:
            self.pieces += 1
            self._clock[0] += 10
            self._each()
            on_text("")
        return text("never")


def test_a_model_that_drips_on_and_on_is_cut_off_some_time_after_a_stop() -> None:
    now, stop = [1000.0], threading.Event()
    model = Drips(now, each=lambda: stop.set() if now[0] >= 1100 else None)

    result = run(model, stop=stop, clock=lambda: now[0])

    assert result.ending == "stopped"
    assert model.pieces == 10 + 3


def test_and_some_time_after_its_time_is_over() -> None:
    now = [1000.0]
    model = Drips(now)

    result = run(model, limits=Limits(seconds=200), clock=lambda: now[0])

    assert result.ending == "seconds"
    assert model.pieces == 20 + 3


def test_a_stop_that_was_set_before_asks_nobody() -> None:
    stop = threading.Event()
    stop.set()
    model = Says(text("never"))

    assert run(model, stop=stop).ending == "stopped"
    assert model.sent == []
