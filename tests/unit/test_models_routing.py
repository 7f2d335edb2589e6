"""Another model answers where one cannot, and only there; each role has its own."""

from collections.abc import Sequence

import pytest

from onecontext.errors import ContextOverflow, GarbledReply, ModelError, ModelRefused, ModelStalled, ModelUnavailable
from teams.models.port import Conversation, Message, OnText, OpenPriced, Price, PricedModel, Reply, ToolSpec, Usage
from teams.models.routing import Resting, by_role, cascade

WHO = Conversation("ann", "worker", "till")
ASK = [Message("user", "how many?")]


class Voice:
    """A model that answers with its name, or raises what stands first in ``faults``."""

    scripted = False

    def __init__(self, name: str, *faults: ModelError, price: Price | None = None) -> None:
        self.name, self.faults, self._price, self.asked = name, list(faults), price, 0

    def price(self) -> Price | None:
        return self._price

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        on_text: OnText | None = None,
        most_tokens: int | None = None,
    ) -> Reply:
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

    assert [said(model), said(model)] == ["two", "one"]


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


def test_each_role_has_its_model_and_the_others_the_default() -> None:
    door = by_role(opens(Voice("all"))[1], {"validator": opens(Voice("judge"))[1]})

    assert said(door(Conversation("v", "validator"))) == "judge"
    assert said(door(WHO)) == "all"
