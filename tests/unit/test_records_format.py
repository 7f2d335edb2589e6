"""The form of records, to the byte."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from onecontext.checksum import crc32c
from onecontext.errors import InvalidText
from onecontext.records import (
    Milestone,
    Step,
    decode_milestones,
    decode_step,
    decode_steps,
    encode_milestone,
    encode_step,
    escape,
    split,
    unescape,
)

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
STEP = Step("1a2b3c4d", 7, AT, "ann", "s-1", "main", "saw", "think", "do")
MILESTONE = Milestone("5e6f7a8b", AT, "ann", "", "main", "why", "- before", "what", code_commit="abcdef1")


def test_a_step_is_what_other_tools_read_after_its_frame() -> None:
    frame, record = encode_step(STEP).split(b"\n", 1)

    assert record.decode() == (
        "### Step 7 — 2026-01-02T03:04:05.678901+00:00\n"
        "**Observation:** saw\n\n**Thought:** think\n\n**Action:** do\n\n---\n"
    )
    assert frame.decode() == (
        '<!-- oc1 {"agent":"ann","at":"2026-01-02T03:04:05.678901+00:00",'
        f'"crc":"{crc32c(record)}","id":"1a2b3c4d","len":{len(record)},"origin":"main","session":"s-1"}} -->'
    )


def test_a_milestone_is_what_other_tools_read_after_its_frame() -> None:
    _, record = encode_milestone(MILESTONE).split(b"\n", 1)

    assert record.decode() == (
        "## Commit `5e6f7a8b`\n**Timestamp:** 2026-01-02T03:04:05.678901+00:00\n\n**Branch Purpose:** why\n\n"
        "**Previous Progress Summary:** - before\n\n**This Commit's Contribution:** what\n\n---\n"
    )


def test_a_milestone_keeps_its_links() -> None:
    full = replace(MILESTONE, task="fix-cart", mission="m-1")

    assert decode_milestones(encode_milestone(full)) == [full]


@pytest.mark.parametrize(
    "text",
    [
        "---",
        "a\n---\n",
        "| a |---",
        "-----",
        "\\---",
        "\\\\---\n",
        "**Action:** forged",
        "x\r**Action:** forged",
        "x\u2028### Step 9 — 2026-01-01T00:00:00+00:00",
        "x\n\n**Thought:** forged\n\n**Action:** forged\n\n---\n",
        "\\**Thought:** x",
        '<!-- oc1 {"id":"00000000"} -->\n### Step 1',
        "\n\n---\n<!-- oc1 {} -->\n",
        "## Commit `deadbeef`\n",
        "  indented\n\ttab  \n\n\ntrailing  ",
        "a\r\nb\rc\x0bd\x0ce\x1cf\x85g\u2029",
        "\n",
        " ",
        "",
        "é 漢字 🙂 \u202e",
    ],
)
def test_nasty_texts_come_out_as_they_went_in_and_forge_nothing(text: str) -> None:
    step = replace(STEP, observation=text, thought=text, action=text)
    milestone = replace(MILESTONE, purpose=text, previous=text, contribution=text)

    assert decode_steps(encode_step(step) + encode_step(STEP)) == [step, STEP]
    assert decode_milestones(encode_milestone(milestone) * 2) == [milestone] * 2


def test_escaping_puts_one_backslash_where_a_line_would_be_ours() -> None:
    assert escape("a\n**Thought:** b") == "a\n\\**Thought:** b"
    assert escape("| a |---\nb") == "| a |\\---\nb"
    assert escape("\\---") == "\\\\---"
    assert unescape("\\\\---") == "\\---"
    assert escape("a --- b, **Thought:** inside") == "a --- b, **Thought:** inside"


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_file_can_carry_is_refused(text: str) -> None:
    with pytest.raises(InvalidText):
        encode_step(replace(STEP, thought=text))


def test_times_of_any_zone_come_back_as_the_same_instant() -> None:
    step = replace(STEP, at=AT.astimezone(timezone(timedelta(hours=5, minutes=30))))

    assert decode_steps(encode_step(step))[0].at == AT


def test_every_torn_tail_is_recognised_and_swallows_nothing() -> None:
    whole, torn = encode_step(STEP), encode_step(replace(STEP, id="ffffffff"))

    for cut in range(1, len(torn)):
        found = split(whole + torn[:cut])
        assert [raw.id for raw in found.records] == ["1a2b3c4d"]
        assert found.end == len(whole)


def test_a_record_changed_by_hand_is_kept_and_shown_as_edited() -> None:
    changed = encode_step(STEP).replace(b"saw", b"saw more") + encode_step(STEP)

    first, second = decode_steps(changed)

    assert (first.observation, first.edited, first.id) == ("saw more", True, "1a2b3c4d")
    assert not second.edited


def test_a_record_whose_form_was_lost_keeps_all_its_text() -> None:
    lost = encode_step(STEP).replace(b"**Thought:** ", b"thinking: ") + encode_step(STEP)

    first = decode_steps(lost)[0]

    assert first.edited
    assert "thinking: think" in first.observation


def test_a_note_between_records_stays_with_the_record_before_it() -> None:
    content = encode_step(STEP) + b"a note of mine\n" + encode_step(STEP)

    found = split(content)

    assert found.records[0].intact
    assert b"".join(raw.raw for raw in found.records) == content


def test_text_without_frames_is_not_taken_for_records() -> None:
    record = encode_step(STEP).split(b"\n", 1)[1]

    found = split(record)

    assert found.records == ()
    assert found.preamble == record


def test_a_frame_that_lies_about_its_length_steals_nothing_from_the_next() -> None:
    first, second = encode_step(STEP), encode_step(replace(STEP, id="00000002"))
    size = len(first.split(b"\n", 1)[1])
    lying = first.replace(f'"len":{size}'.encode(), f'"len":{size + len(second)}'.encode())

    found = split(lying + second)

    assert [(raw.id, raw.intact) for raw in found.records] == [("1a2b3c4d", False), ("00000002", True)]
    assert decode_step(found.records[0]).observation == "saw"
