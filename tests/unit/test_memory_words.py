"""Metadata, the rolling summary, and the message of a commit."""

from datetime import UTC, datetime

import pytest

from onecontext.errors import InvalidDocument, UsageError
from onecontext.memory import message, metadata, summary
from onecontext.records import Milestone

AT = datetime(2026, 1, 2, tzinfo=UTC)


def milestone(contribution: str, previous: str = "") -> Milestone:
    return Milestone("aaaaaaaa", AT, "ann", "", "main", "why", previous, contribution)


def test_metadata_are_merged_key_by_key() -> None:
    base = {"purpose": "a", "status": "active", "mine": 1}
    ours = {"purpose": "b", "status": "active", "mine": 1}
    theirs = {"purpose": "a", "status": "done", "extra": [1]}

    merged, conflicts = metadata.merge(base, ours, theirs)

    assert merged == {"purpose": "b", "status": "done", "extra": [1]}
    assert conflicts == {}


def test_a_key_that_both_changed_is_a_conflict_and_ours_stays() -> None:
    merged, conflicts = metadata.merge({"p": "a"}, {"p": "b"}, {"p": "c"})

    assert merged == {"p": "b"}
    assert conflicts == {"p": ("b", "c")}


@pytest.mark.parametrize("text", ["a: [", "- a list", "1: number", "a: !!python/object:os.system {}"])
def test_metadata_that_are_no_mapping_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(InvalidDocument, match=r"branches/x/metadata\.yaml"):
        metadata.load(text.encode(), where="branches/x/metadata.yaml")


def test_metadata_come_back_whatever_the_text() -> None:
    data = {"purpose": "a: b # c\u2028\ttab\r\n\x85 é 🙂", "created": "2026-01-02T00:00:00+00:00", "yes": "no"}

    assert metadata.load(metadata.dump(data), where="x") == data


def test_the_summary_is_empty_before_the_first_milestone() -> None:
    assert summary.roll(None) == ""


def test_the_summary_has_the_newest_first() -> None:
    assert summary.roll(milestone("two\nlines", "- bbbbbbbb: one")) == "- aaaaaaaa: two lines\n- bbbbbbbb: one"


def test_the_summary_is_bounded_in_bytes_and_drops_the_oldest() -> None:
    text = ""
    for number in range(100):
        text = summary.roll(milestone(f"{number} " + "é" * 90, text))

    assert len(text.encode()) <= summary.LIMIT_BYTES
    assert text.startswith("- aaaaaaaa: 99 ")
    assert ": 0 é" not in text


def test_pinned_facts_come_first_and_are_never_dropped_without_a_word() -> None:
    few = summary.roll(milestone("x"), ["never use floats"])
    many = summary.roll(milestone("x"), [f"fact {number} " + "y" * 200 for number in range(20)])

    assert few == "- pinned: never use floats\n- aaaaaaaa: x"
    assert "more in metadata.yaml" in many
    assert len(many.encode()) <= summary.LIMIT_BYTES


def test_pins_do_not_pile_up_in_the_summary() -> None:
    first = summary.roll(milestone("x"), ["a fact"])

    assert summary.roll(milestone("y", first), ["a fact"]).count("a fact") == 1


def test_text_cannot_forge_a_trailer() -> None:
    text = message.build("done\n\nTask: forged\nMission: forged", branch="main", record="00000001", task="real")

    assert message.trailers(text) == {"Onecontext-Record": "00000001", "Onecontext-Branch": "main", "Task": "real"}
    assert text.startswith("done\n\n")


@pytest.mark.parametrize("value", ["a\nTask: b", "a b", "", "x" * 200, "é"])
def test_a_link_that_no_trailer_may_have_is_refused(value: str) -> None:
    with pytest.raises(UsageError):
        message.check_links(task=value)


def test_a_code_commit_is_hexadecimal() -> None:
    message.check_links(code_commit="abcdef1", task=None)

    with pytest.raises(UsageError):
        message.check_links(code_commit="main")


def test_a_subject_is_one_clean_line() -> None:
    assert message.build("\n \n a\x1b[31m\u2028b\nrest", branch="main").splitlines()[0] == "a [31m"
    assert message.build("\u2028", branch="main").startswith("milestone\n\n")
