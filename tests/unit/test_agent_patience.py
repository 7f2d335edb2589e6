"""A call that gives no sign of life is given up; one that is alive is waited for."""

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from teams.agent.agent import Agent
from teams.agent.limits import Limits
from teams.agent.patience import Patience, Stuck
from teams.models.port import Message, OnText, Reply, ToolSpec
from tests.support.agents import Says, Told, calls, run, text

SHORT_S = 0.3


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """What hangs waits for this, so that no thread outlives its test."""
    event = threading.Event()
    yield event
    event.set()


class Hangs(Says):
    """A model that says a piece every so often, and then answers or hangs."""

    def __init__(self, let_go: threading.Event, *, pieces: Sequence[str] = (), every_s: float = 0.0) -> None:
        super().__init__(text("done"))
        self._let_go, self._pieces, self._every_s = let_go, pieces, every_s
        self.ended = threading.Event()

    def reply(self, messages: Sequence[Message], tools: Sequence[ToolSpec], *, on_text: OnText | None = None) -> Reply:
        assert on_text is not None
        try:
            for piece in self._pieces:
                time.sleep(self._every_s)
                on_text(piece)
            if not self._pieces:
                self._let_go.wait(20)
                on_text("too late")
        finally:
            self.ended.set()
        return text("done")


def agent_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "agent-call"]


def test_a_model_that_says_nothing_is_given_up_and_ends_at_its_next_word(let_go: threading.Event) -> None:
    model, told = Hangs(let_go), Told()

    result = run(model, limits=Limits(silence_s=SHORT_S), observer=told)

    assert (result.ending, result.turns) == ("stalled", 0)
    assert result.reason == f"says gave no sign of life for {SHORT_S} s and was given up"
    assert told.lines[-1] == "idle stalled"
    let_go.set()
    assert model.ended.wait(10)
    for thread in agent_threads():
        thread.join(10)
    assert agent_threads() == []


@pytest.mark.parametrize("pieces", [["a", "b"] * 12, [""] * 24], ids=["words", "signs"])
def test_one_that_drips_is_alive(let_go: threading.Event, pieces: list[str]) -> None:
    model = Hangs(let_go, pieces=pieces, every_s=SHORT_S / 4)

    result = run(model, limits=Limits(silence_s=SHORT_S * 5))

    assert result.ending == "finished"


def test_only_words_reach_who_listens(let_go: threading.Event) -> None:
    heard: list[str] = []

    Agent("ann", model=Hangs(let_go, pieces=["a", "", "b"])).run("Do it.", on_text=heard.append)

    assert heard == ["a", "b"]


def test_a_tool_that_hangs_is_given_up_without_a_result_and_every_call_is_answered(let_go: threading.Event) -> None:
    def hang() -> str:
        let_go.wait(20)
        return "late"

    told = Told()

    result = run(Says(calls("hang", "hang")), hang, limits=Limits(silence_s=SHORT_S), observer=told)

    assert result.ending == "stalled"
    assert result.reason.startswith("the tool hang gave no sign of life for")
    answers = [message.content for message in result.messages if message.role == "tool"]
    assert answers[0].endswith("nobody knows whether it took effect")
    assert answers[1] == "error: not run, the work is over (stalled)"
    assert [line for line in told.lines if "hang" in line] == ["intent hang True", "tool hang"]


def test_what_a_call_raises_is_raised_where_it_was_made() -> None:
    with Patience(5) as patience, pytest.raises(KeyError, match="none"):
        patience.call(lambda: {}["none"])


def test_calls_run_in_one_thread_that_ends_with_the_run() -> None:
    with Patience(5) as patience:
        names = {patience.call(lambda: threading.current_thread().ident) for _ in range(5)}

    assert len(names) == 1
    assert threading.get_ident() not in names
    for thread in agent_threads():
        thread.join(10)
    assert agent_threads() == []


def test_after_one_was_given_up_the_next_is_made(let_go: threading.Event) -> None:
    with Patience(SHORT_S) as patience:
        with pytest.raises(Stuck):
            patience.call(lambda: let_go.wait(20))
        assert patience.call(lambda: "next") == "next"


def test_without_a_limit_all_runs_in_the_callers_thread() -> None:
    with Patience(None) as patience:
        assert patience.call(threading.get_ident) == threading.get_ident()
        patience.sign()
