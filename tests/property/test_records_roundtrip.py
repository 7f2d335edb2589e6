"""Whatever the text: it comes back, and it forges nothing."""

import os
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.records import (
    Milestone,
    Step,
    decode_milestones,
    decode_steps,
    encode_milestone,
    encode_step,
    escape,
    split,
    unescape,
)

pytestmark = pytest.mark.timeout(1200)
EXAMPLES = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 150
LABELS = ["**Observation:**", "**Thought:** ", "**Action:** ", "**Timestamp:**", "**Branch Purpose:** "]
HEADINGS = ["### Step 1 — ", "## Commit `", "**This Commit's Contribution:** ", "**Previous Progress Summary:** "]
FRAMES = ["<!-- oc1 {}", " -->\n", '<!-- oc1 {"id":"x"} -->\n', "<!-- oc"]
ENDS = ["---", "--", "-", "\\", "\\\\", "\n\n---\n"]
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\n\n"]
PIECES = st.sampled_from([*LABELS, *HEADINGS, *FRAMES, *ENDS, *BREAKS, " ", "a", "é", "🙂"])
FREE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TEXTS = st.one_of(st.lists(PIECES, max_size=14).map("".join), FREE)
TIMES = st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1))
WHO = st.tuples(st.from_regex(r"[0-9a-f]{8}", fullmatch=True), TIMES, st.sampled_from(["ann", "bo"]), TEXTS)
STEPS = st.builds(
    lambda who, n, o, t, a: Step(who[0], n, who[1], who[2], who[3], "main", o, t, a),
    WHO,
    st.integers(0, 10**9),
    TEXTS,
    TEXTS,
    TEXTS,
)
MILESTONES = st.builds(
    lambda who, p, s, c: Milestone(who[0], who[1], who[2], who[3], "main", p, s, c), WHO, TEXTS, TEXTS, TEXTS
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(TEXTS)
def test_unescape_undoes_escape(text: str) -> None:
    assert unescape(escape(text)) == text


@settings(max_examples=EXAMPLES, deadline=None)
@given(TEXTS)
def test_no_line_of_an_escaped_text_can_be_taken_for_ours(text: str) -> None:
    for line in escape(text).splitlines():
        assert not line.startswith((*LABELS, *HEADINGS, "<!-- oc1"))
        assert line == "" or not line.endswith("---") or line.endswith("\\---")


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(STEPS, max_size=4))
def test_steps_come_back_as_they_were(steps: list[Step]) -> None:
    content = b"".join(map(encode_step, steps))

    assert decode_steps(content) == steps
    assert split(content).end == len(content)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(MILESTONES, max_size=4))
def test_milestones_come_back_as_they_were(milestones: list[Milestone]) -> None:
    assert decode_milestones(b"".join(map(encode_milestone, milestones))) == milestones


@settings(max_examples=EXAMPLES, deadline=None)
@given(STEPS, STEPS, st.data())
def test_a_record_cut_anywhere_is_a_torn_tail(first: Step, second: Step, data: st.DataObject) -> None:
    whole, torn = encode_step(first), encode_step(second)
    cut = data.draw(st.integers(1, len(torn) - 1))

    found = split(whole + torn[:cut])

    assert len(found.records) == 1
    assert found.end == len(whole)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=200), STEPS)
def test_junk_between_records_loses_no_byte(junk: bytes, step: Step) -> None:
    content = junk + b"\n" + encode_step(step)

    found = split(content)

    assert found.preamble + b"".join(raw.raw for raw in found.records) + content[found.end :] == content
    assert decode_steps(content)[-1] == step
