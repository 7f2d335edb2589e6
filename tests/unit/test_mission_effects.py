"""What the journal has of an attempt that goes on, and what may be done again of it."""

from pathlib import Path
from typing import Any

import pytest

from teams.agent.tools import Tool, digest_of, digest_of_text, tool_from
from teams.engine.journal import Journal
from teams.mission.attempt.effects import AGAIN, Effects, FailedBefore, key_of, settle
from teams.mission.attempt.past import DOUBT, Past
from teams.protocol.board.task import Task

ARGUMENTS = '{"to": "ann", "text": "hello"}'


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, team="t")


def task(attempt: int = 1, epoch: int = 1) -> Task:
    ours = {"key": "a", "state": "running", "attempt": attempt, "epoch": epoch, "mission": "m"}
    document = {"id": "1", "subject": "a", "description": "", "status": "in_progress", "blocks": [], "blockedBy": []}
    return Task.parse({**document, "metadata": {"onecontext": ours}}, source="here")


def claim(journal: Journal, *, attempt: int = 1, epoch: int = 1) -> None:
    document = task(attempt, epoch).to_document()
    journal.append("task.claimed", {"task": document}, task="1", attempt=attempt, epoch=epoch, agent="bob")


def intend(journal: Journal, *, epoch: int = 1, call: str = "c1", arguments: str = ARGUMENTS, **more: Any) -> None:
    data = {"call": call, "tool": "post", "arguments": arguments, "digest": digest_of_text(arguments)}
    data |= {"idempotent": False, "effect": "outlives", **more}
    journal.append("tool.intent", data, task="1", attempt=1, epoch=epoch, agent="bob")


def come(journal: Journal, *, epoch: int = 1, call: str = "c1", ok: bool = True, output: str = "sent") -> None:
    data = {"call": call, "tool": "post", "ok": ok, "output": output, "duration_s": 0.1}
    journal.append("tool.result", data, task="1", attempt=1, epoch=epoch, agent="bob")


def counting(**how: Any) -> tuple[Tool, list[str]]:
    """Return a tool and the list of what it did."""
    did: list[str] = []

    def post(to: str, text: str) -> str:
        did.append(f"{to}: {text}")
        return "sent now"

    return tool_from(post, **how), did


def test_arguments_are_the_same_however_they_are_written() -> None:
    assert digest_of_text('{"text":"hello",  "to":"ann"}') == digest_of({"to": "ann", "text": "hello"})
    assert digest_of_text("") == digest_of({})
    assert digest_of_text('{"text":"hello"}') != digest_of_text('{"text":"Hello"}')
    assert digest_of_text("no json") != digest_of_text("no json!")


def test_a_call_with_a_result_on_record_is_given_back_once_for_each_time_it_was_made(journal: Journal) -> None:
    claim(journal)
    intend(journal)
    come(journal)
    claim(journal, epoch=2)
    tool, did = counting()
    guarded = Effects(Past(journal), "m", task(epoch=2)).guarded(tool)

    first = guarded.call({"text": "hello", "to": "ann"})
    second = guarded.call({"to": "ann", "text": "hello"})

    assert first == f"{AGAIN}\nsent"
    assert second == "sent now"
    assert did == ["ann: hello"]


def test_a_failure_on_record_is_a_failure_again(journal: Journal) -> None:
    claim(journal)
    intend(journal)
    come(journal, ok=False, output="error: nobody there")
    tool, did = counting()

    with pytest.raises(FailedBefore, match="nobody there"):
        Effects(Past(journal), "m", task()).guarded(tool).call({"to": "ann", "text": "hello"})
    assert did == []


def test_what_dies_with_the_copy_is_done_again(journal: Journal) -> None:
    claim(journal)
    intend(journal, effect="confined")
    come(journal)
    tool, did = counting(effect="confined")

    Effects(Past(journal), "m", task()).guarded(tool).call({"to": "ann", "text": "hello"})

    assert did == ["ann: hello"]


def test_another_attempt_begins_with_nothing_done(journal: Journal) -> None:
    claim(journal)
    intend(journal)
    come(journal)
    claim(journal, attempt=2, epoch=2)
    tool, did = counting()

    Effects(Past(journal), "m", task(attempt=2, epoch=2)).guarded(tool).call({"to": "ann", "text": "hello"})

    assert did == ["ann: hello"]


def test_an_intent_alone_is_in_doubt_unless_doing_it_again_does_no_harm(journal: Journal) -> None:
    past = Past(journal)
    claim(journal)
    intend(journal, idempotent=True)
    harmless = past.of("1", 1)
    assert harmless is not None
    assert harmless.doubt is None

    intend(journal, call="c2", arguments='{"to": "ann", "text": "bye"}')

    doubted = past.of("1", 1)
    assert doubted is not None
    assert doubted.doubt is not None
    assert "bye" in doubted.doubt.arguments


def test_a_doubt_is_asked_about_and_settled_by_what_a_person_says(journal: Journal) -> None:
    past = Past(journal)
    claim(journal)
    intend(journal)
    attempted = past.of("1", 1)
    assert attempted is not None

    def record(type_: str, data: dict[str, Any]) -> None:
        journal.append(type_, data, task="1", attempt=1, epoch=2)

    question = settle(attempted, record)
    where: dict[str, Any] = {"task": "1", "attempt": 1, "epoch": 1}
    journal.append("task.asked", {"reason": question}, agent="bob", **where)
    journal.append("task.answered", {"reason": "It happened, I saw it."}, agent="pat", **where)
    past.of("1", 1)

    assert question.startswith(DOUBT)
    assert settle(attempted, record) == ""
    tool, did = counting()
    told = Effects(past, "m", task(epoch=2)).guarded(tool).call({"to": "ann", "text": "hello"})
    assert "pat says: It happened, I saw it." in str(told)
    assert did == []


def test_an_answer_to_another_question_settles_nothing(journal: Journal) -> None:
    past = Past(journal)
    claim(journal)
    intend(journal)
    where: dict[str, Any] = {"task": "1", "attempt": 1, "epoch": 1}
    journal.append("task.asked", {"reason": "Which colour?"}, agent="bob", **where)
    journal.append("task.answered", {"reason": "yes"}, agent="pat", **where)

    attempted = past.of("1", 1)

    assert attempted is not None
    assert settle(attempted, lambda type_, data: pytest.fail("nothing is settled")).startswith(DOUBT)


def test_an_attempt_that_is_over_is_forgotten(journal: Journal) -> None:
    past = Past(journal)
    claim(journal)
    intend(journal)
    assert past.of("1", 1) is not None

    journal.append("task.completed", {"task": task().to_document()}, task="1", attempt=1, epoch=1)

    assert past.of("1", 1) is None


@pytest.mark.parametrize("data", [{}, {"effect": "outlives"}, {"effect": "outlives", "tool": 7, "digest": None}])
def test_an_event_that_lacks_what_it_should_have_harms_nobody(journal: Journal, data: dict[str, Any]) -> None:
    past = Past(journal)
    claim(journal)
    where: dict[str, Any] = {"task": "1", "attempt": 1, "epoch": 1}
    for type_ in ("tool.intent", "tool.result", "effect.settled", "verdict.given", "work.merged"):
        journal.append(type_, data, **where)

    attempted = past.of("1", 1)

    assert attempted is not None
    assert attempted.verdict is None


def test_the_same_thing_in_the_same_attempt_has_the_same_key_and_no_other() -> None:
    assert key_of("m", task(), "a", "b") == key_of("m", task(epoch=5), "a", "b")
    keys = {
        key_of("m", task(), "a"),
        key_of("m", task(attempt=2), "a"),
        key_of("n", task(), "a"),
        key_of("m", None, "a"),
    }
    assert len(keys) == 4


def test_of_what_is_done_without_a_tool_each_time_has_a_key_of_its_own(journal: Journal) -> None:
    def keys() -> list[str]:
        effects = Effects(Past(journal), "m", task())
        return [effects.key("message", to="ann", text="hello") for _ in range(2)]

    first, second = keys()

    assert first != second
    assert keys() == [first, second]
