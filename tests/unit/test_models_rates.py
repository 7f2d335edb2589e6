"""A model is asked no more often than it may be, by threads and processes together, and when it says so."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.errors import BudgetExhausted, ModelRefused, ModelUnavailable
from teams.engine.locks import file_lock
from teams.mission.spending.budget import Budget
from teams.mission.spending.metered import metered
from teams.mission.spending.purse import Allowance
from teams.models import rates as module
from teams.models.around import Answering, Request
from teams.models.patient import Patient, Waiting
from teams.models.port import Conversation, Message, Price, Reply, Usage
from teams.models.rates import Limiter, Rate

WHO = Conversation("ann", "worker", "till")
ASK = [Message("user", "how many?")]


class Clock:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Voice(Answering):
    """A model that answers, or raises what stands first in ``faults``; it keeps when it was asked."""

    name = "voice"
    scripted = False

    def __init__(self, clock: Clock, *faults: Exception, tokens: int = 10) -> None:
        self._clock, self.faults, self._tokens = clock, list(faults), tokens
        self.asked: list[float] = []

    def window(self) -> None:
        return None

    _price: Price | None = None

    def price(self) -> Price | None:
        return self._price

    def answer(self, request: Request) -> Reply:
        self.asked.append(self._clock.now)
        if self.faults:
            raise self.faults.pop(0)
        cost = self._price.of(self._tokens, 0) if self._price else None
        return Reply("one", (), Usage(self._tokens, 0, 0, cost), self.name, "end")


class Asking:
    """A patient conversation on a clock of its own."""

    def __init__(self, folder: Path, rate: Rate, *faults: Exception, tokens: int = 10, retries: int = 3) -> None:
        self.clock = Clock()
        self.stop, self.pause = threading.Event(), threading.Event()
        self.told: list[tuple[str, float]] = []
        self.voice = Voice(self.clock, *faults, tokens=tokens)
        self.signs = 0
        waiting = Waiting(self._limited, self.stop, self.pause, self.clock.sleep)
        self.limiter = Limiter("voice", rate, folder, clock=self.clock)
        self.model = Patient(self.voice, WHO, self.limiter, retries, waiting)

    def _limited(self, whose: Conversation, model: str, reason: str, wait_s: float) -> None:
        self.told.append((reason, wait_s))

    def _sign(self, piece: str) -> None:
        self.signs += piece == ""

    def ask(self) -> Reply:
        return self.model.reply(ASK, [], on_text=self._sign)

    @property
    def at(self) -> list[float]:
        return [round(when - 1_000_000.0, 1) for when in self.voice.asked]


def test_a_minutes_requests_may_come_at_once_and_then_one_after_the_other(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(requests_per_minute=6))
    for _ in range(9):
        asking.ask()

    assert asking.at[:6] == [0.0] * 6
    assert asking.at[6:] == pytest.approx([10, 20, 30], abs=0.5)
    assert [reason for reason, _ in asking.told] == ["6 requests per minute"] * 3
    assert asking.told[0][1] == pytest.approx(10)
    # Who waits is alive.
    assert asking.signs > 100


def test_tokens_are_counted_as_the_provider_says_and_what_is_too_much_is_owed(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(tokens_per_minute=600), tokens=900)
    for _ in range(3):
        asking.ask()

    # 900 of 600 were taken: 300 are owed, and the few that are sent must be there.
    first, second, third = asking.at
    assert first == 0.0
    assert second == pytest.approx(30, abs=2)
    assert third - second == pytest.approx(90, abs=2)


def test_a_call_that_is_larger_than_the_bucket_waits_for_a_full_one_and_is_made(tmp_path: Path) -> None:
    limiter = Limiter("voice", Rate(tokens_per_minute=100), tmp_path, clock=Clock())

    assert limiter.take(1000) is None
    wait = limiter.take(1000)
    assert wait is not None
    assert wait.seconds == pytest.approx(600)


@settings(max_examples=15, deadline=None)
@given(gaps=st.lists(st.floats(0, 30), max_size=15), allowed=st.integers(1, 5))
def test_in_no_stretch_of_time_more_is_asked_than_a_bucket_and_what_flows_into_it(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[float], allowed: int
) -> None:
    asking = Asking(tmp_path_factory.mktemp("rates"), Rate(requests_per_minute=allowed))
    for gap in gaps:
        asking.clock.sleep(gap)
        asking.ask()

    for n, begin in enumerate(asking.voice.asked):
        for m, end in enumerate(asking.voice.asked[n:], 1):
            assert m <= allowed + (end - begin) * allowed / 60 + 1e-3


def test_retry_after_holds_everybody_who_asks_this_model(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(), ModelUnavailable("429", retry_after_s=20.0), retries=0)

    with pytest.raises(ModelUnavailable):
        asking.ask()
    asking.ask()

    assert asking.at == pytest.approx([0, 20], abs=0.5)
    assert asking.told == [("the server said when to come back", pytest.approx(20.0))]


def test_what_may_go_better_is_tried_again_and_each_try_is_a_request(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(requests_per_minute=3), *[ModelUnavailable("503")] * 3)

    assert asking.ask().text == "one"
    # Doubling waits, and then the fourth try has no request left.
    assert asking.at[:3] == pytest.approx([0, 0.5, 1.5], abs=0.2)
    assert asking.at[3] == pytest.approx(20, abs=1)
    assert asking.told[0] == ("ModelUnavailable: 503", 1.0)


def test_a_wrong_request_is_not_tried_again(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(), ModelRefused("400"))

    with pytest.raises(ModelRefused):
        asking.ask()
    assert len(asking.voice.asked) == 1


def test_who_waits_ends_when_it_is_stopped_and_is_held_by_a_pause(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(requests_per_minute=1))
    asking.ask()
    asking.pause.set()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        asking.clock.sleep(seconds)
        if asking.clock.now > 1_000_000 + 3600:
            asking.stop.set()

    held = Patient(asking.voice, WHO, asking.limiter, 0, Waiting(asking._limited, asking.stop, asking.pause, sleep))
    with pytest.raises(BudgetExhausted, match="stopped") as stopped:
        held.reply(ASK, [])

    assert stopped.value.name == ""
    assert len(asking.voice.asked) == 1


def test_several_limiters_of_one_folder_share_what_is_left(tmp_path: Path) -> None:
    clock = Clock()
    rate = Rate(requests_per_minute=5)
    limiters = [Limiter("voice", rate, tmp_path, clock=clock) for _ in range(5)]
    got: list[bool] = []

    def take(limiter: Limiter) -> None:
        got.extend(limiter.take(0) is None for _ in range(4))

    threads = [threading.Thread(target=take, args=(limiter,)) for limiter in limiters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (got.count(True), got.count(False)) == (5, 15)
    assert Limiter("another", rate, tmp_path, clock=clock).take(0) is None
    assert all(path.stat().st_mode & 0o022 == 0 for path in tmp_path.iterdir())


@pytest.mark.parametrize("garbage", ["", "[]", "{", '{"at": "x"}', '{"at": 1e999, "requests": null}', "[" * 3000])
def test_a_garbled_file_is_as_if_nobody_had_asked(tmp_path: Path, garbage: str) -> None:
    limiter = Limiter("voice", Rate(requests_per_minute=1), tmp_path)
    assert limiter.take(0) is None
    (path,) = tmp_path.glob("*.json")
    path.write_text(garbage)

    assert limiter.take(0) is None
    assert limiter.take(0) is not None


def test_a_clock_that_was_set_back_neither_fills_nor_locks_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    limiter = Limiter("voice", Rate(requests_per_minute=1), tmp_path, clock=clock)
    limiter.take(0)
    limiter.hold(60)
    clock.now -= 1_000_000

    wait = limiter.take(0)
    assert wait is not None
    assert wait.seconds <= 60
    clock.now += 121
    assert limiter.take(0) is None


HOLDER = """
import sys, time
from contextlib import ExitStack
from pathlib import Path
from teams.models.rates import Limiter, Rate
with ExitStack() as stack:
    print(Limiter("voice", Rate(concurrent=1), Path(sys.argv[1])).place(stack), flush=True)
    time.sleep(60)
"""


def test_places_are_shared_by_processes_and_those_of_the_killed_are_free(tmp_path: Path) -> None:
    limiter = Limiter("voice", Rate(concurrent=1), tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "None\n"
        with ExitStack() as stack:
            wait = limiter.place(stack)
            assert wait is not None
            assert wait.reason == "1 calls at once"
        holder.send_signal(signal.SIGKILL)
        holder.wait(30)

    with ExitStack() as stack:
        assert limiter.place(stack) is None


def test_who_is_stopped_with_the_file_in_hand_is_waited_for_and_nothing_that_was_paid_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_WAIT_S", 0.05)
    limiter = Limiter("voice", Rate(requests_per_minute=5, tokens_per_minute=5), tmp_path)
    assert limiter.take(1) is None
    (lock,) = tmp_path.glob("*.lock")

    with file_lock(lock, wait_s=0):
        limiter.settle(1, 500)
        limiter.hold(60)
        wait = limiter.take(1)

    assert wait is not None
    assert wait.reason == "another process holds what is left of its limits"
    assert limiter.take(1) is None


def test_a_place_is_given_back_when_the_call_fails(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(concurrent=1), ModelUnavailable("503"), ModelRefused("400"))

    with pytest.raises(ModelRefused):
        asking.ask()
    assert asking.ask().text == "one"


class Breaks(Voice):
    """A model whose answers break off after a few words, as often as it has ``faults``."""

    def answer(self, request: Request) -> Reply:
        assert request.on_text is not None
        if self.faults:
            request.on_text("half an answer of nine or ten words or so")
        return super().answer(request)


def test_what_broke_off_in_the_middle_of_an_answer_is_counted_by_who_pays(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(), ModelUnavailable("cut"), ModelUnavailable("cut"))
    voice = Breaks(asking.clock, *asking.voice.faults, tokens=100)
    voice._price = Price(0.5, 1.0)
    waiting = Waiting(asking._limited, asking.stop, asking.pause, asking.clock.sleep)
    model = Patient(voice, WHO, asking.limiter, 3, waiting)
    purses = Budget("m", Allowance(usd=10_000.0, tokens=10_000), Allowance(), Allowance())

    paid = metered(lambda _: model, purses, answer_tokens=1000, stop=asking.stop, pause=asking.pause)(WHO)
    reply = paid.reply(ASK, [], on_text=lambda piece: None)

    assert reply.lost is not None
    assert reply.counted is not None
    assert (reply.lost.tokens_in, reply.lost.tokens_out) == (2 * 3, 2 * 10)
    assert reply.counted.tokens == 100 + 26
    assert reply.counted.usd == pytest.approx(100 * 0.5 + 6 * 0.5 + 20 * 1.0)


def test_a_try_that_was_refused_before_a_word_costs_nothing(tmp_path: Path) -> None:
    asking = Asking(tmp_path, Rate(), ModelUnavailable("503"))

    assert asking.ask().lost is None
