"""Another model answers where one cannot, and only there; each role has its own."""

from collections.abc import Sequence
from typing import Any

import pytest

from onecontext.errors import ContextOverflow, GarbledReply, ModelError, ModelRefused, ModelStalled, ModelUnavailable
from teams.models.around import Answering, Request
from teams.models.port import Conversation, Message, OpenPriced, Price, PricedModel, Reply, Usage
from teams.models.routing import Resting, by_name, cascade, model_for

WHO = Conversation("ann", "worker", "till")
ASK = [Message("user", "how many?")]


class Voice(Answering):
    """A model that answers with its name, or raises what stands first in ``faults``."""

    scripted = False

    def __init__(self, name: str, *faults: ModelError, price: Price | None = None) -> None:
        self.name, self.faults, self._price, self.asked = name, list(faults), price, 0

    def price(self) -> Price | None:
        return self._price

    def answer(self, request: Request) -> Reply:
        self.asked += 1
        if self.faults:
            raise self.faults.pop(0)
        return Reply(self.name, (), Usage(1, 0, 1, None), self.name, "end")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opens(voice: Voice) -> tuple[str, OpenPriced]:
    return voice.name, lambda whose: voice


def line(*voices: Voice, clock: Clock | None = None, rest_s: float = 60.0) -> tuple[PricedModel, list[str]]:
    told: list[str] = []
    resting = Resting(clock or Clock())
    model = cascade(
        [opens(voice) for voice in voices],
        resting=resting,
        rest_s=rest_s,
        fell_back=lambda whose, left, taken, error: told.append(f"{whose.agent}: {left} → {taken}: {error.message}"),
    )(WHO)
    return model, told


def said(model: PricedModel) -> str:
    return model.reply(ASK, []).text


@pytest.mark.parametrize(
    "fault",
    [ModelUnavailable("503"), ModelStalled("silence"), GarbledReply("no JSON"), ContextOverflow("too long")],
    ids=lambda fault: type(fault).__name__,
)
def test_the_next_one_answers_where_the_first_cannot(fault: ModelError) -> None:
    model, told = line(Voice("one", fault), Voice("two"))

    assert said(model) == "two"
    assert told == [f"ann: one → two: {fault.message}"]


def test_a_wrong_request_is_wrong_everywhere() -> None:
    second = Voice("two")
    model, told = line(Voice("one", ModelRefused("401")), second)

    with pytest.raises(ModelRefused, match="401"):
        said(model)
    assert (second.asked, told) == (0, [])


def test_what_the_last_one_raises_is_raised() -> None:
    model, told = line(Voice("one", ModelUnavailable("503")), Voice("two", ModelUnavailable("504")))

    with pytest.raises(ModelUnavailable, match="504"):
        said(model)
    assert len(told) == 1


def test_a_model_that_could_not_be_reached_rests_and_is_asked_first_again() -> None:
    clock, first = Clock(), Voice("one", ModelUnavailable("503"))
    model, told = line(first, Voice("two"), clock=clock)

    assert [said(model), said(model)] == ["two", "two"]
    assert first.asked == 1
    clock.now += 61
    assert said(model) == "one"
    assert len(told) == 1


def test_it_rests_as_long_as_it_says_itself_where_that_is_longer() -> None:
    clock, first = Clock(), Voice("one", ModelUnavailable("429", retry_after_s=300.0))
    model, _ = line(first, Voice("two"), clock=clock)
    said(model)

    clock.now += 200
    assert said(model) == "two"
    clock.now += 101
    assert said(model) == "one"


def test_a_window_that_is_too_small_for_one_conversation_is_no_reason_to_rest() -> None:
    first = Voice("one", ContextOverflow("too long"))
    model, _ = line(first, Voice("two"))

    assert [said(model), asked(model, 5)] == ["two", "one"]


def test_when_all_rest_they_are_asked_all_the_same_in_their_order() -> None:
    model, _ = line(Voice("one", ModelUnavailable("503")), Voice("two", ModelUnavailable("503")))
    with pytest.raises(ModelUnavailable):
        said(model)

    assert said(model) == "one"


def test_money_is_set_aside_for_the_dearest_and_not_where_a_price_is_unknown() -> None:
    known, _ = line(Voice("one", price=Price(1.0, 2.0)), Voice("two", price=Price(0.5, 3.0)))
    unknown, _ = line(Voice("one", price=Price(1.0, 2.0)), Voice("two"))

    assert known.price() == Price(1.0, 3.0)
    assert unknown.price() is None


def test_each_conversation_is_opened_with_the_model_that_is_named_for_it() -> None:
    door = by_name(lambda whose: whose.role, dict([opens(Voice("judge")), opens(Voice("worker"))]))

    assert said(door(Conversation("v", "judge"))) == "judge"
    assert said(door(WHO)) == "worker"


@pytest.mark.parametrize(
    ("role", "difficulty", "attempt", "named"),
    [
        ("validator", None, 1, "judge"),
        ("orchestrator", None, 3, "all"),
        ("worker", "easy", 1, "small"),
        ("worker", "easy", 2, "all"),  # none is named for normal tasks
        ("worker", "easy", 3, "large"),
        ("worker", "normal", 1, "all"),
        ("worker", "normal", 2, "large"),
        ("worker", "hard", 1, "large"),
        ("worker", "hard", 9, "large"),
    ],
)
def test_a_task_goes_to_the_model_for_its_difficulty_and_one_up_with_each_rejected_attempt(
    role: str, difficulty: Any, attempt: int, named: str
) -> None:
    whose = Conversation("ann", role, "till", attempt, difficulty)

    name = model_for(whose, default="all", roles={"validator": "judge"}, difficulty={"easy": "small", "hard": "large"})
    assert name == named


def test_where_no_difficulty_has_a_model_an_attempt_changes_nothing() -> None:
    whose = Conversation("ann", "worker", "till", 3, "hard")

    assert model_for(whose, default="all", roles={"worker": "mule"}, difficulty={}) == "mule"


class Window(Voice):
    """A model that takes so many characters, and no more."""

    def __init__(self, name: str, characters: int) -> None:
        super().__init__(name)
        self._characters = characters

    def answer(self, request: Request) -> Reply:
        if sum(len(message.content) for message in request.messages) > self._characters:
            self.asked += 1
            raise ContextOverflow(f"more than {self._characters}")
        return super().answer(request)


def asked(model: PricedModel, size: int) -> str:
    return model.reply([Message("user", "x" * size)], []).text


def larger(first: Voice, *others: Voice, overflow: Sequence[Voice]) -> tuple[PricedModel, list[str]]:
    told: list[str] = []
    door = cascade(
        [opens(voice) for voice in (first, *others)],
        overflow=[opens(voice) for voice in overflow],
        resting=Resting(Clock()),
        rest_s=60,
        fell_back=lambda whose, left, taken, error: told.append(f"{left} → {taken}"),
    )
    return door(WHO), told


def test_what_is_too_long_goes_to_larger_windows_before_the_others() -> None:
    second = Voice("two")
    model, told = larger(Window("one", 10), second, overflow=[Window("wide", 20), Window("wider", 40)])

    assert [asked(model, 5), asked(model, 15), asked(model, 30)] == ["one", "wide", "wider"]
    assert told == ["one → wide", "wide → wider"]
    assert second.asked == 0


def test_it_is_not_sent_again_to_who_it_was_too_long_for_unless_it_is_shorter() -> None:
    first, wide = Window("one", 10), Window("wide", 20)
    model, told = larger(first, overflow=[wide])

    said_by = [asked(model, size) for size in (12, 13, 14, 6, 11, 12)]

    assert said_by == ["wide", "wide", "wide", "one", "wide", "wide"]
    # At 12, at 6, where it fits, and at 11, which nobody knew yet.
    assert first.asked == 3
    assert len(told) == 2


def test_who_cannot_be_reached_is_replaced_by_the_fallback_and_not_by_a_larger_window() -> None:
    wide = Window("wide", 1000)
    model, _ = larger(Voice("one", ModelUnavailable("503")), Voice("two"), overflow=[wide])

    assert asked(model, 5) == "two"
    assert wide.asked == 0


def test_what_is_too_long_for_all_is_said_to_be_so_whatever_else_went_wrong() -> None:
    model, _ = larger(Window("one", 10), Voice("two", ModelUnavailable("503")), overflow=[Window("wide", 20)])

    with pytest.raises(ContextOverflow, match="more than 20"):
        asked(model, 50)
    with pytest.raises(ContextOverflow):
        asked(larger(Window("one", 10), overflow=[])[0], 50)
