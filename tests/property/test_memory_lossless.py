"""Whatever the texts: through the class and back, git's files, and a merge, each comes out as it went in."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onecontext import Memory
from onecontext.errors import InvalidName, InvalidText
from onecontext.memory import metadata
from onecontext.names import check_name, is_name
from onecontext.records import decode_milestones, decode_steps
from onecontext.text.redact import redact
from tests.property.test_records_roundtrip import TEXTS
from tests.support.memory import check, git, new_memory

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
EXAMPLES = 1000 if DEEP else 30
# Redaction is tested elsewhere; here what comes in is what must come out.
SAID = TEXTS.filter(lambda text: redact(text) == text)
WORDS = SAID.filter(lambda text: bool(text.strip()))
ONES = st.tuples(WORDS, SAID, SAID, WORDS, WORDS, SAID, SAID, WORDS)
NASTY = [
    "---",
    "| a |---",
    "a\n---\nb",
    "\\---\n\\\\---",
    "### Step 1 — 2026-01-01T00:00:00+00:00\n**Observation:** x\n\n**Thought:** y\n\n**Action:** z\n\n---\n",
    "## Commit `01234567`\n**Timestamp:** t\n\n**Branch Purpose:** p\n\n**Previous Progress Summary:** s\n\n---\n",
    '<!-- oc1 {"id":"x","agent":"a","at":"2026-01-01T00:00:00+00:00","crc":"0","len":3,"origin":"m","session":""} -->',
    "\n\n\n",
    "  leading and trailing  \t",
    "\r",
    "\r\n",
    "a\rb\r\nc\n\rd",
    "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029",
    "\ufeffbyte order mark",
    "\u202eright to left",
    "e\u0301 \u00e9 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\x01\x02\x1b[31mred\x7f",
    "Onecontext-Record: 01234567\nOnecontext-Branch: other\nSigned-off-by: x",
    "# a line that git calls a comment",
    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@",
    "<<<<<<< ours\n=======\n>>>>>>> theirs",
    "---\npurpose: x\n---\n",
    "- a\n  - b: [c, {d: e}]\n'\"`$(x)`!!python/object:x &a *a",
    "yes",
    "null",
    "2026-01-01",
    "0x1F",
    "x" * 70_000,
    "\u4e00" * 30_000,
    "\n".join("**Action:** x" for _ in range(300)),
    "--help",
    "../../../etc/passwd",
    "%s %d {0} {x}",
    "trailing backslash \\",
]


def _goes_round(folder: Path, ones: tuple[str, str, str, str, str, str, str, str]) -> None:
    observation, thought, action, contribution, fact, purpose, session, roadmap = ones
    memory = new_memory(folder)
    branch = Memory.open(memory.create_branch("b", purpose=purpose).path, branch="b", agent="bo", session=session)
    branch.step(observation, thought, action)
    made = branch.commit(contribution)
    branch.pin(fact)
    branch.write_main(roadmap)
    merged = memory.merge("b").milestone
    assert merged is not None

    for handle in (memory, memory.on("b")):
        step = next(step for step in handle.steps() if step.branch == "b")
        told = next(m for m in handle.milestones() if m.id == made.id)
        assert (step.observation, step.thought, step.action) == (observation, thought, action)
        assert (told.contribution, told.session, told.purpose) == (contribution, session, purpose)
        assert handle.pinned() == [fact.strip()]
    assert memory.on("b").read_main() == roadmap
    assert memory.show(made.id) == made
    assert {branch.name: branch.purpose for branch in memory.branches()}["b"] == purpose
    # As git gives it out, to whoever has a clone and nothing of ours.
    out = subprocess.run(
        ["git", "-C", str(memory.path), "show", "main:branches/b/log/0000/0000.md"], capture_output=True, check=True
    )
    assert [step.observation for step in decode_steps(out.stdout)] == [observation]
    out = subprocess.run(
        ["git", "-C", str(memory.path), "show", "b:branches/b/commit/0000.md"], capture_output=True, check=True
    )
    assert decode_milestones(out.stdout)[0] == made
    out = subprocess.run(["git", "-C", str(memory.path), "show", "b:main.md"], capture_output=True, check=True)
    assert out.stdout == roadmap.encode()


@pytest.mark.timeout(3600 if DEEP else 120)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(ONES)
def test_texts_go_through_the_memory_and_a_merge(ones: tuple[str, str, str, str, str, str, str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _goes_round(Path(folder), ones)


def test_a_battery_of_nasty_texts_goes_through_the_memory_and_a_merge(tmp_path: Path) -> None:
    texts = [text for text in NASTY if text.strip()]
    for number, text in enumerate(texts):
        folder = tmp_path / str(number)
        folder.mkdir()
        _goes_round(folder, (text, text, text, text, text, text, text, text))
    check(tmp_path / "0/.onecontext")


def test_blank_texts_stand_where_they_may(tmp_path: Path) -> None:
    memory = new_memory(tmp_path)
    for text in (text for text in NASTY if not text.strip()):
        memory.step("seen", text, text)
        memory.commit("done")
        assert (memory.steps()[0].thought, memory.steps()[0].action) == (text, text)
    check(memory.path)


@settings(max_examples=10_000 if DEEP else 300, deadline=None)
@given(st.dictionaries(SAID, st.one_of(SAID, st.lists(SAID, max_size=3)), max_size=3))
def test_metadata_come_back_as_they_were(data: dict[str, object]) -> None:
    assert metadata.load(metadata.dump(data), where="here") == data


@settings(max_examples=10_000 if DEEP else 300, deadline=None)
@given(st.one_of(st.text(max_size=70), st.from_regex(r"[a-z0-9._-]{1,66}", fullmatch=True)))
def test_a_name_is_taken_as_it_is_or_refused(name: str) -> None:
    if is_name(name):
        assert check_name(name) == name
        assert name == name.lower() == name.strip()
        assert "/" not in name
        assert ".." not in name
    else:
        with pytest.raises(InvalidName):
            check_name(name)


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\udfffb"])
def test_what_no_file_can_carry_is_refused_everywhere_and_nothing_is_written(tmp_path: Path, text: str) -> None:
    memory = new_memory(tmp_path)
    before = git(memory.path, "rev-parse", "--branches")
    for refused in (
        lambda: memory.step(text),
        lambda: memory.step("o", text),
        lambda: memory.step("o", "t", text),
        lambda: memory.commit(text),
        lambda: memory.commit("c", purpose=text),
        lambda: memory.pin(text),
        lambda: memory.write_main(text),
        lambda: memory.create_branch("b", purpose=text),
    ):
        with pytest.raises(InvalidText):
            refused()
    assert git(memory.path, "rev-parse", "--branches") == before
    assert memory.steps() == []
