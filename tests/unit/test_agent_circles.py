"""Going round in circles is noticed in every form, and waiting is not taken for it."""

import tracemalloc

import pytest

from teams.agent.limits import Limits
from teams.agent.repeats import LONGEST, STRETCH, Repeats
from teams.agent.tools import tool_from
from teams.models.port import ToolCall
from tests.support.agents import Says, calls, run, text


def call(name: str, arguments: str = "{}") -> ToolCall:
    return ToolCall("c", name, arguments)


def told(repeats: Repeats, *rows: tuple[str, str], polls: bool = False) -> list[str]:
    """Note these calls (tool, result) and return what each brought: "" nothing, "warned", "loop"."""
    verdicts = (repeats.note(call(name), result, polls=polls) for name, result in rows)
    return ["loop" if verdict.loop else "warned" if verdict.warning else "" for verdict in verdicts]


@pytest.mark.parametrize("length", range(1, LONGEST + 1))
def test_a_row_of_any_length_that_comes_again_and_again_is_a_circle(length: int) -> None:
    row = [(f"look{n}", "same") for n in range(length)]

    came = told(Repeats(3), *row * 3, row[0])

    assert came == [""] * (3 * length - 1) + ["warned", "loop"]


def test_what_is_repeated_is_said_to_the_model_and_then_in_the_reason() -> None:
    def look(at: str) -> str:
        return f"nothing at {at}"

    a, b = calls("look", arguments='{"at": "a"}'), calls("look", arguments='{"at": "b"}')

    result = run(Says(*[a, b] * 8), look, limits=Limits(repeats=3))

    assert result.ending == "loop"
    what = 'the same 2 calls with the same results, 3 times in a row: look {"at": "b"}; look {"at": "a"}'
    assert result.reason == what
    assert result.ended == f"loop: {what}"
    (warned,) = [m.content for m in result.messages if m.role == "tool" and "round in circles" in m.content]
    assert 'look {"at": "a"}; look {"at": "b"}' in warned


def test_a_circle_without_an_order_is_noticed_by_its_share_of_old_calls() -> None:
    # Four calls in an order that never comes again: 24, a quarter and a bit of them each.
    order = "abcdbadcacbdbcadcabddcbaadbc" * 3
    repeats = Repeats(4)

    came = told(repeats, *((name, "same") for name in order))

    assert came.index("warned") == 4 * STRETCH - 1
    assert "loop" in came[4 * STRETCH :]


def test_work_that_goes_on_is_no_circle_however_long_it_is() -> None:
    def work(n: int) -> list[tuple[str, str]]:
        # Look, change, run the tests, look again: the same tests, another outcome each time.
        return [("read", f"version {n}"), ("edit", f"edited {n}"), ("test", f"{n} passed"), ("list", "a.py\nb.py")]

    assert set(told(Repeats(5), *(row for n in range(100) for row in work(n)))) == {""}


def test_a_warning_that_was_heeded_is_forgotten_after_a_while() -> None:
    repeats, same = Repeats(3), ("look", "same")
    fresh = [(f"other{n}", "new") for n in range(3 * STRETCH + 1)]

    assert told(repeats, *[same] * 3, *fresh, *[same] * 3)[-1] == "warned"
    assert told(repeats, *fresh[:4], *[same] * 3)[-1] == "loop"


def test_times_in_a_result_are_no_change() -> None:
    came = told(Repeats(3), *((("run", f"1 failed in {n}.0{n}s (took {n} ms)")) for n in range(4)))

    assert came == ["", "", "warned", "loop"]


def test_numbers_that_are_no_times_are_a_change() -> None:
    assert set(told(Repeats(3), *((("run", f"{n} files, {n}so")) for n in range(10)))) == {""}


def test_arguments_in_another_order_are_the_same_call() -> None:
    repeats = Repeats(2)
    repeats.note(call("look", '{"a": 1, "b": "é"}'), "same")

    assert repeats.note(call("look", '{"b":"\\u00e9","a":1}'), "same").warning


def test_what_is_made_for_waiting_may_repeat_more_often_and_not_for_ever() -> None:
    came = told(Repeats(3, polls_allowed=50), *[("status", "pending")] * 51, polls=True)

    assert came == [""] * 49 + ["warned", "loop"]


def test_a_tool_says_itself_which_of_its_calls_wait() -> None:
    def ask(what: str) -> str:
        return "pending"

    waits = tool_from(ask, polls=lambda given: given["what"] == "status")
    limits = Limits(repeats=3, polls=10)

    polled = run(Says(*[calls("ask", arguments='{"what": "status"}')] * 9, text("done")), waits, limits=limits)
    looked = run(Says(*[calls("ask", arguments='{"what": "time"}')] * 9, text("done")), waits, limits=limits)
    broken = run(Says(*[calls("ask", arguments="{}")] * 9, text("done")), waits, limits=limits)

    assert [polled.ending, looked.ending, broken.ending] == ["finished", "loop", "loop"]


def test_a_tool_that_cannot_say_whether_it_waits_does_not_and_says_why() -> None:
    def ask(what: str = "time") -> str:
        return "pending"

    unsure = tool_from(ask, polls=lambda given: given["what"] == "status")
    model = Says(*[calls("ask")] * 9, text("done"))

    result = run(model, unsure, limits=Limits(repeats=3, polls=10))

    assert result.ending == "loop"
    assert "pending\n[whether ask waits here could not be said: KeyError: 'what']" in model.sent[1][-1].content


def test_a_wait_with_something_in_between_is_still_a_wait() -> None:
    repeats = Repeats(3, polls_allowed=20)

    came = [repeats.note(call(name), "same", polls=name == "status") for _ in range(19) for name in ("pause", "status")]

    assert not any(verdict.warning or verdict.loop for verdict in came)


def test_no_result_is_kept_however_long_it_is() -> None:
    repeats = Repeats(5)
    tracemalloc.start()
    for n in range(60):
        repeats.note(call("read", f'{{"part": {n}, "text": "{"x" * 100_000}"}}'), f"{n}" + "y" * 1_000_000)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 200_000


def test_what_cannot_be_written_is_told_all_the_same() -> None:
    repeats = Repeats(2)
    repeats.note(call("\ud800", "[" * 100_000), "\udfff")

    warning = repeats.note(call("\ud800", "[" * 100_000), "\udfff").warning

    assert warning.encode("utf-8")
    assert len(warning) < 400
