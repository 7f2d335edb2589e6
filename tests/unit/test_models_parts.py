"""The parts of the door to real models, without the real ones: retries, the watch, pieces, faults."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest

from onecontext.errors import GarbledReply, ModelError, ModelRefused, ModelStalled, ModelUnavailable
from teams.models.assemble import Assembly
from teams.models.faults import tells, translated
from teams.models.litellm_stream import estimated
from teams.models.prices import cost_usd
from teams.models.retry import with_retries
from teams.models.watch import Silence, watched


class Calls:
    """A call that raises these errors in turn and then returns ``"ok"``."""

    def __init__(self, *errors: ModelError) -> None:
        self.errors = list(errors)
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return "ok"


def test_waits_double_and_what_the_server_says_comes_first() -> None:
    waits: list[float] = []
    call = Calls(ModelUnavailable("a"), GarbledReply("b"), ModelUnavailable("c", retry_after_s=7), ModelStalled("d"))

    assert with_retries(call, retries=4, sleep=waits.append) == "ok"

    assert waits == [0.5, 1.0, 7, 4.0]


def test_no_wait_is_longer_than_a_minute() -> None:
    waits: list[float] = []

    with_retries(Calls(ModelUnavailable("a", retry_after_s=3600)), retries=1, sleep=waits.append)

    assert waits == [60]


def test_what_cannot_go_better_is_not_tried_again() -> None:
    call = Calls(ModelRefused("no"))

    with pytest.raises(ModelRefused):
        with_retries(call, retries=5, sleep=lambda _: None)

    assert call.count == 1


def test_after_the_last_retry_the_last_error_is_raised() -> None:
    call = Calls(*(ModelUnavailable(str(n)) for n in range(9)))

    with pytest.raises(ModelUnavailable, match="2"):
        with_retries(call, retries=2, sleep=lambda _: None)

    assert call.count == 3


def test_no_retries_is_one_call() -> None:
    call = Calls(ModelUnavailable("a"))

    with pytest.raises(ModelUnavailable):
        with_retries(call, retries=0, sleep=lambda _: None)

    assert call.count == 1


def nothing(*, ended: bool) -> None:
    """There is nothing to be given back."""


def test_watched_items_come_as_they_are() -> None:
    assert list(watched(lambda: iter([1, 2, 3]), stall_s=5, close=lambda: None, let_go=nothing)) == [1, 2, 3]


def test_silence_is_given_up_in_time_and_closed() -> None:
    release, closed = threading.Event(), threading.Event()

    def silent() -> Iterator[int]:
        yield 1
        release.wait(10)

    items = watched(silent, stall_s=0.2, close=closed.set, let_go=nothing)
    started = time.monotonic()
    assert next(items) == 1
    with pytest.raises(Silence):
        next(items)

    assert time.monotonic() - started < 8
    assert closed.is_set()
    release.set()


def test_a_call_that_never_begins_is_given_up_too() -> None:
    release = threading.Event()

    def hangs() -> Iterator[int]:
        release.wait(10)
        return iter(())

    with pytest.raises(Silence):
        next(watched(hangs, stall_s=0.2, close=lambda: None, let_go=nothing))
    release.set()


def test_what_the_stream_raises_reaches_the_caller() -> None:
    def fails() -> Iterator[int]:
        yield 1
        raise ValueError("inside")

    items = watched(fails, stall_s=5, close=lambda: None, let_go=nothing)
    assert next(items) == 1
    with pytest.raises(ValueError, match="inside"):
        next(items)


@pytest.mark.parametrize(("items", "ended"), [([1, 2], True), ([1, None], False)], ids=["to the end", "an error"])
def test_who_reads_gives_back_what_it_read_from_and_says_how_far(items: list[int | None], ended: bool) -> None:
    said: queue.Queue[tuple[bool, str]] = queue.Queue()

    def start() -> Iterator[int]:
        for item in items:
            if item is None:
                raise ValueError("inside")
            yield item

    def let_go(*, ended: bool) -> None:
        said.put((ended, threading.current_thread().name))

    with suppress(ValueError):
        list(watched(start, stall_s=5, close=lambda: None, let_go=let_go))

    assert said.get(timeout=5) == (ended, "model-stream")


def test_a_connection_that_cannot_be_closed_does_not_hide_why_it_was() -> None:
    release = threading.Event()

    def silent() -> Iterator[int]:
        release.wait(20)
        yield 1

    def close() -> None:
        raise RuntimeError("half closed")

    with pytest.raises(Silence) as raised:
        next(watched(silent, stall_s=0.2, close=close, let_go=nothing))
    release.set()

    assert raised.value.__notes__ == ["the connection could not be closed: RuntimeError"]


def _raises(*_: Any, **__: Any) -> Any:
    raise RuntimeError("nobody knows")


def test_a_price_that_cannot_be_worked_out_is_unknown_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    listed = SimpleNamespace(model_cost={"made/up-1": {"input_cost_per_token": 1.0}}, cost_per_token=_raises)

    assert [cost_usd(listed, "made/up-1", object()) for _ in range(3)] == [None] * 3

    assert caplog.messages == ["the price list could not say what an answer of made/up-1 costs (RuntimeError)"]


def test_an_answer_that_cannot_be_counted_stays_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    counter = SimpleNamespace(token_counter=_raises)

    assert estimated(counter, "made/up-2", {"messages": []}, Assembly(None)) is None

    assert caplog.messages == ["what an answer of made/up-2 took could not be estimated (RuntimeError)"]


def test_who_stops_listening_closes_the_stream() -> None:
    closed = threading.Event()
    items = watched(lambda: iter(range(9)), stall_s=5, close=closed.set, let_go=nothing)
    next(items)
    items.close()

    assert closed.is_set()


def piece(text: str | None = None, *, calls: list[Any] | None = None, finish: str | None = None) -> Any:
    delta = SimpleNamespace(content=text, tool_calls=calls)
    return SimpleNamespace(model="m", usage=None, choices=[SimpleNamespace(delta=delta, finish_reason=finish)])


def part(index: int | None, id: str | None, name: str | None, arguments: str | None) -> Any:  # noqa: A002
    return SimpleNamespace(index=index, id=id, function=SimpleNamespace(name=name, arguments=arguments))


def test_calls_are_put_together_by_their_index_and_keep_their_text() -> None:
    assembly = Assembly(None)
    for calls in (
        [part(1, "b", "two", '{"x')],
        [part(0, "a", "one", None), part(1, None, None, '": ')],
        [part(0, None, None, "{not json"), part(1, None, "two", "1}")],
    ):
        assembly.add(piece(calls=calls))

    one, two = assembly.calls

    assert (one.id, one.name, one.arguments) == ("a", "one", "{not json")
    assert (two.id, two.name, two.arguments) == ("b", "two", '{"x": 1}')
    assert assembly.stop("tool_calls") == "tools"


def test_servers_that_number_nothing_are_understood_by_their_ids() -> None:
    assembly = Assembly(None)
    for calls in ([part(None, "a", "one", "{")], [part(None, None, None, "}")], [part(None, "b", "two", "{}")]):
        assembly.add(piece(calls=calls))

    assert [(call.id, call.arguments) for call in assembly.calls] == [("a", "{}"), ("b", "{}")]


def test_a_call_without_an_id_gets_one() -> None:
    assembly = Assembly(None, new_id=lambda: "made-up")
    assembly.add(piece(calls=[part(0, None, "one", "{}")]))

    assert assembly.calls[0].id == "made-up"


def test_a_stream_without_an_end_is_no_answer() -> None:
    empty, begun = Assembly(None), Assembly(None)
    begun.add(piece("half a"))

    with pytest.raises(GarbledReply, match="empty stream"):
        empty.stop(None)
    with pytest.raises(ModelUnavailable, match="cut before"):
        begun.stop(None)


@pytest.mark.parametrize(("said", "stop"), [("stop", "end"), ("length", "length"), ("max_tokens", "length")])
def test_why_it_ended(said: str, stop: str) -> None:
    assembly = Assembly(None)
    assembly.add(piece("x"))

    assert assembly.stop(said) == stop


def test_a_reply_that_a_filter_ended_is_refused() -> None:
    with pytest.raises(ModelRefused, match="filter"):
        Assembly(None).stop("content_filter")


def test_a_tool_without_a_name_is_junk() -> None:
    assembly = Assembly(None)
    assembly.add(piece(calls=[part(0, "a", None, "{}")]))

    with pytest.raises(GarbledReply, match="without a name"):
        assembly.stop("tool_calls")


class Refusal(Exception):
    def __init__(self, status: int, message: str = "no", **headers: str) -> None:
        super().__init__(message)
        self.status_code = status
        self.response = SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_wrong_request_is_a_refusal(status: int) -> None:
    assert type(translated(Refusal(status), model="m", key=None)) is ModelRefused


@pytest.mark.parametrize("status", [408, 429, 500, 529])
def test_a_busy_server_may_be_asked_again(status: int) -> None:
    assert type(translated(Refusal(status), model="m", key=None)) is ModelUnavailable


def test_of_a_body_that_is_quoted_whole_the_message_is_enough() -> None:
    fault = translated(
        Refusal(400, """litellm.X: b'{"error": {"message": "too many cooks", "code": 1}}'"""), model="m", key=None
    )

    assert fault.message == "m: too many cooks (status 400)"


def test_an_account_without_credit_is_not_asked_again() -> None:
    fault = translated(Refusal(429, "insufficient_quota: check your plan"), model="m", key=None)

    assert isinstance(fault, ModelRefused)


def test_waiting_times_are_seconds_or_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    said = [translated(Refusal(429, retry_after=text), model="m", key=None) for text in ("7", "0.5", date, "soon")]

    waits = [fault.retry_after_s for fault in said if isinstance(fault, ModelUnavailable)]

    assert waits[:2] == [7, 0.5]
    assert waits[2] == pytest.approx(30, abs=3)
    assert waits[3] is None


def test_a_key_is_scrubbed_wherever_it_stands_and_its_traceback_withheld() -> None:
    inner = ValueError("sent sk-secret")
    outer = Refusal(401, "wrong key: sk-secret")
    outer.__cause__ = inner

    assert "sk-secret" not in str(translated(outer, model="m", key="sk-secret"))
    assert tells(outer, "sk-secret")
    assert not tells(Refusal(401, "wrong key"), "sk-secret")
    assert not tells(Refusal(401, "wrong key"), None)
