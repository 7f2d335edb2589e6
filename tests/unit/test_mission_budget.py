"""Nobody spends what is not there: not one after the other, not ten at once, not after a resume."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onecontext.errors import BudgetExhausted, ModelUnavailable, SetupError
from teams.agent.patience import Stuck
from teams.engine.event import Event
from teams.engine.journal import Journal
from teams.mission.recorder import Recorder
from teams.mission.spending.budget import Budget, spent_before
from teams.mission.spending.ledger import Spent
from teams.mission.spending.metered import metered
from teams.mission.spending.purse import LEAST_OUT, Allowance, Purse, Reservation
from teams.models.around import Answering, Request
from teams.models.port import Conversation, Message, Price, PricedModel, Reply, Usage

NOTHING = Allowance()
NEVER = threading.Event()
ASK = [Message("user", "how many tills are there?")]


class Takes(Answering):
    """A model whose replies take so much, and that says how many were at it at once."""

    name = "takes"
    scripted = False

    def __init__(self, usage: Usage, *, price: Price | None = None, s: float = 0.0, fails: bool = False) -> None:
        self.usage, self._price, self._s, self._fails = usage, price, s, fails
        self.most: list[int | None] = []

    def price(self) -> Price | None:
        return self._price

    def answer(self, request: Request) -> Reply:
        self.most.append(request.most_tokens)
        time.sleep(self._s)
        if self._fails:
            raise ModelUnavailable("503")
        return Reply("one", (), self.usage, self.name, "end")


def budget(mission: Allowance = NOTHING, task: Allowance = NOTHING, agent: Allowance = NOTHING, **more: Any) -> Budget:
    return Budget("m", mission, task, agent, **more)


def paid(
    model: PricedModel, from_: Budget, *, agent: str = "ann", task: str | None = None, answer: int = 1000
) -> PricedModel:
    stop = threading.Event()
    return metered(lambda whose: model, from_, answer_tokens=answer, stop=stop, pause=NEVER)(
        Conversation(agent, "worker", task)
    )


def test_calls_are_counted_and_the_one_too_many_is_not_made() -> None:
    model = Takes(Usage(10, 0, 5, 0.0))
    asked = paid(model, budget(Allowance(calls=2)))
    for _ in range(2):
        asked.reply(ASK, [])

    with pytest.raises(
        BudgetExhausted, match="the budget of m has no room for another call: 2 of 2 calls are spent"
    ) as refused:
        asked.reply(ASK, [])

    assert (refused.value.kind, refused.value.name, refused.value.exit_code) == ("mission", "m", 10)
    assert len(model.most) == 2


def test_an_answer_may_be_as_long_as_there_is_room_for() -> None:
    model = Takes(Usage(100, 0, 600, 0.0))
    asked = paid(model, budget(Allowance(tokens=2300)))
    for _ in range(3):
        asked.reply(ASK, [])

    first, second, third = model.most
    assert first == second == 1000
    assert third is not None
    assert third < 1000
    with pytest.raises(BudgetExhausted, match="2,100 of 2,300 tokens"):
        asked.reply(ASK, [])


def test_dollars_are_set_aside_at_the_price_of_the_model() -> None:
    model = Takes(Usage(100, 0, 400, 0.45), price=Price(0.0001, 0.001))
    asked = paid(model, budget(Allowance(usd=1.0)), answer=500)
    asked.reply(ASK, [])
    asked.reply(ASK, [])

    with pytest.raises(BudgetExhausted, match=r"\$0\.9000 of \$1\.0000"):
        asked.reply(ASK, [])


def test_a_price_that_nobody_knows_keeps_no_budget_in_dollars() -> None:
    model = Takes(Usage(1, 0, 1, None))

    with pytest.raises(SetupError, match="nobody knows the price of takes"):
        paid(model, budget(agent=Allowance(usd=1.0))).reply(ASK, [])

    assert model.most == []
    assert paid(model, budget(Allowance(tokens=5000))).reply(ASK, []).text == "one"


def test_a_call_that_fails_gives_back_what_was_set_aside() -> None:
    purses = budget(Allowance(calls=1, tokens=2000))
    with pytest.raises(ModelUnavailable):
        paid(Takes(Usage(1, 0, 1, 0.0), fails=True), purses).reply(ASK, [])

    assert paid(Takes(Usage(1, 0, 1, 0.0)), purses).reply(ASK, []).text == "one"


def test_a_task_and_an_agent_have_purses_of_their_own() -> None:
    purses = budget(Allowance(calls=10), task=Allowance(calls=1), agent=Allowance(calls=2))
    model = Takes(Usage(1, 0, 1, 0.0))
    paid(model, purses, agent="ann", task="till").reply(ASK, [])

    with pytest.raises(BudgetExhausted) as of_task:
        paid(model, purses, agent="bob", task="till").reply(ASK, [])
    paid(model, purses, agent="ann", task="door").reply(ASK, [])
    with pytest.raises(BudgetExhausted) as of_agent:
        paid(model, purses, agent="ann").reply(ASK, [])

    assert (of_task.value.kind, of_task.value.name) == ("task", "till")
    assert (of_agent.value.kind, of_agent.value.name) == ("agent", "ann")


def test_ten_at_once_never_spend_more_than_there_is_and_as_much_as_there_is() -> None:
    # Set aside are some 1,030 tokens a call; each takes 110, so nearly all of the budget can be used by waiting.
    purses = budget(Allowance(tokens=3000))
    model = Takes(Usage(10, 0, 100, 0.0), s=0.01)
    ended: list[str] = []

    def spend(number: int) -> int:
        asked = paid(model, purses, agent=f"w{number}")
        for count in range(100):
            try:
                asked.reply(ASK, [])
            except BudgetExhausted as error:
                ended.append(error.message)
                return count
        raise AssertionError("there was no end to it")

    with ThreadPoolExecutor(10) as pool:
        calls = sum(pool.map(spend, range(10)))

    assert 20 <= calls <= 3000 // 110
    assert len(ended) == 10


def test_who_waits_for_room_is_let_go_when_the_mission_stops() -> None:
    purses = budget(Allowance(tokens=1200))
    stop = threading.Event()
    slow = metered(lambda whose: Takes(Usage(1, 0, 1, 0.0), s=1.0), purses, answer_tokens=1000, stop=stop, pause=NEVER)
    quick = metered(lambda whose: Takes(Usage(1, 0, 1, 0.0)), purses, answer_tokens=1000, stop=stop, pause=NEVER)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow(Conversation("ann", "worker")).reply, ASK, [])
        time.sleep(0.2)
        second = pool.submit(quick(Conversation("bob", "worker")).reply, ASK, [])
        time.sleep(0.2)
        assert not second.done()
        stop.set()

        assert isinstance(second.exception(timeout=5), BudgetExhausted)
        assert first.result(timeout=5).text == "one"


def test_who_waits_for_others_gives_signs_of_life_and_ends_when_it_is_given_up() -> None:
    purses = budget(Allowance(calls=1))
    slow, waiting = paid(Takes(Usage(1, 0, 1, 0.0), s=1.0), purses), paid(Takes(Usage(1, 0, 1, 0.0)), purses)
    signs: list[str] = []

    def sign(piece: str) -> None:
        signs.append(piece)
        if len(signs) > 2:
            raise Stuck("was given up")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow.reply, ASK, [])
        time.sleep(0.2)
        with pytest.raises(Stuck):
            waiting.reply(ASK, [], on_text=sign)
        assert first.result(timeout=10).text == "one"
    assert signs == ["", "", ""]


def test_what_was_spent_before_a_resume_is_spent() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    task = {
        "id": "1",
        "subject": "s",
        "description": "",
        "status": "pending",
        "blocks": [],
        "blockedBy": [],
        "metadata": {"onecontext": {"v": 1, "key": "till", "state": "ready"}},
    }
    call = {"model": "m", "tokens_in": 700, "tokens_cached": 0, "tokens_out": 300, "cost_usd": 0.25}
    events = [
        Event(1, "a", at, "task.created", "t", {"task": task}, "m", "1"),
        Event(2, "b", at, "model.called", "t", call, "m", "1", agent="ann"),
        Event(3, "c", at, "model.called", "t", call, "another", "1", agent="ann"),
    ]

    before = spent_before(events, "m")
    purses = budget(Allowance(tokens=1000 + LEAST_OUT), spent=lambda: before)

    assert {key: some.calls for key, some in before.items()} == {
        ("mission", "m"): 1,
        ("task", "till"): 1,
        ("agent", "ann"): 1,
    }
    with pytest.raises(BudgetExhausted, match="1,000 of 1,256 tokens"):
        paid(Takes(Usage(1, 0, 1, 0.0)), purses).reply(ASK, [])


def test_what_was_set_aside_for_a_call_that_says_nothing_is_spent_after_a_resume_too(tmp_path: Path) -> None:
    journal = Journal(tmp_path, team="t")
    silent = Takes(Usage(0, 0, 0, None), price=Price(0.001, 0.001))
    asked = paid(silent, budget(Allowance(usd=100.0, tokens=5000)))
    reply = asked.reply(ASK, [])
    Recorder(journal, mission="m", agent="ann", scripted=False).model_called(reply, 0.1)

    purses = budget(Allowance(tokens=1300), spent=lambda: spent_before(journal.read(), "m"))

    assert reply.counted is not None
    assert reply.counted.tokens > 1000
    before = spent_before(journal.read(), "m")["mission", "m"]
    assert (before.counted_tokens, before.counted_usd) == (reply.counted.tokens, reply.counted.usd)
    assert (before.tokens_in + before.tokens_out, before.cost_usd) == (0, None)
    with pytest.raises(BudgetExhausted, match=f"{reply.counted.tokens:,} of 1,300 tokens"):
        paid(Takes(Usage(1, 0, 1, 0.0)), purses).reply(ASK, [])


@pytest.mark.parametrize("usage", [Usage(10, 0, 5, 0.0), Usage(10, 0, 5, None)], ids=["known", "no price"])
def test_nothing_is_said_of_what_is_counted_where_the_call_says_it(usage: Usage) -> None:
    assert paid(Takes(usage), budget(Allowance(tokens=5000))).reply(ASK, []).counted is None


@given(
    limit=st.integers(1, 5_000),
    answer=st.integers(LEAST_OUT, 3_000),
    takes=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12),
)
def test_a_model_that_keeps_to_the_longest_answer_never_overspends(limit: int, answer: int, takes: list[float]) -> None:
    purses = budget(Allowance(tokens=limit))
    spent = 0
    for share in takes:
        try:
            with purses.reserved(
                agent="a", task=None, tokens_in=50, wanted_out=answer, price=None, stop=NEVER, pause=NEVER
            ) as reservation:
                took = 50 + int(share * reservation.tokens_out)
                reservation.settle(tokens=took, usd=None)
                spent += took
        except BudgetExhausted:
            break

    assert spent <= limit


@pytest.mark.parametrize(
    "usage",
    [Usage(0, 0, 0, None), Usage(-5000, 0, 0, -9.0), Usage(0, 0, 0, float("nan")), Usage(0, 0, 0, float("inf"))],
)
def test_what_a_provider_does_not_say_is_counted_as_all_that_was_set_aside(usage: Usage) -> None:
    model = Takes(usage, price=Price(0.0001, 0.001))
    asked = paid(model, budget(Allowance(usd=2.5)))

    for _ in range(2):
        asked.reply(ASK, [])
    # Each answer may have been as long as it was allowed to be.
    third = asked.reply(ASK, [])
    assert third.text == "one"
    assert (model.most[2] or 0) < 500
    with pytest.raises(BudgetExhausted):
        asked.reply(ASK, [])


def test_tokens_that_are_known_are_paid_in_full_when_their_price_is_not_told() -> None:
    asked = paid(Takes(Usage(100, 0, 900, None), price=Price(0.0001, 0.001)), budget(Allowance(usd=1.05)))
    asked.reply(ASK, [])

    with pytest.raises(BudgetExhausted):
        asked.reply(ASK, [])


def test_who_waits_for_room_gets_none_while_the_mission_is_paused() -> None:
    purses, stop, pause = budget(Allowance(tokens=1200)), threading.Event(), threading.Event()

    def conversation(model: Takes, agent: str) -> PricedModel:
        return metered(lambda whose: model, purses, answer_tokens=1000, stop=stop, pause=pause)(
            Conversation(agent, "worker")
        )

    slow, quick = Takes(Usage(1, 0, 1, 0.0), s=0.6), Takes(Usage(1, 0, 1, 0.0))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(conversation(slow, "ann").reply, ASK, [])
        time.sleep(0.2)
        second = pool.submit(conversation(quick, "bob").reply, ASK, [])
        time.sleep(0.2)
        pause.set()
        assert first.result(timeout=5).text == "one"
        time.sleep(0.6)
        held = list(quick.most)
        pause.clear()

        assert held == []
        assert second.result(timeout=5).text == "one"


def test_what_was_spent_is_read_with_the_first_call() -> None:
    before = {("mission", "m"): Spent(calls=0)}
    purses = budget(Allowance(calls=2), spent=lambda: before)
    # As a run that had the mission until this one has.
    before["mission", "m"] = Spent(calls=2)

    with pytest.raises(BudgetExhausted, match="2 of 2 calls"):
        paid(Takes(Usage(1, 0, 1, 0.0)), purses).reply(ASK, [])


@given(amounts=st.lists(st.floats(1e-9, 10.0), min_size=1, max_size=30))
def test_nothing_is_left_set_aside_when_nobody_calls(amounts: list[float]) -> None:
    purse = Purse("mission", "m", Allowance(usd=1e6))
    reservations = [Reservation(1, 1, Price(amount, amount / 3)) for amount in amounts]
    for reservation in reservations:
        reservation.set_aside(purse)
    for reservation in reservations:
        reservation.give_back(purse)

    assert (purse.held_usd, purse.held_tokens, purse.held_calls) == (0.0, 0, 0)
