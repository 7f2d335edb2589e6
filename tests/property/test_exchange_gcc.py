"""Whatever the texts: contexa reads what we export, as its format can carry it, and what it writes we take in whole."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contexa import GCCWorkspace
from contexa.models import _desanitize, _sanitize
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from onecontext import Memory
from onecontext.exchange.gcc_text import carried, shape, unshape
from onecontext.records import iso
from tests.support.exchange import TEXTS, about, commits, everything, otas
from tests.support.memory import new_memory

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
QUICK, SLOW = (5000, 200) if DEEP else (300, 12)
FIELDS = st.tuples(TEXTS, TEXTS, TEXTS)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@settings(max_examples=QUICK, deadline=None)
@given(TEXTS)
def test_what_is_added_to_a_text_can_be_taken_away(text: str) -> None:
    assert unshape(shape(text)) == text


@settings(max_examples=QUICK, deadline=None)
@given(TEXTS)
def test_a_text_without_blanks_around_its_lines_is_carried_to_the_character(text: str) -> None:
    lines = [line.strip() for line in text.splitlines() if line.strip() and line.strip() != "\\---"]

    assert carried("\n".join(lines)) == "\n".join(lines)


@settings(max_examples=QUICK // 3, deadline=None)
@given(st.lists(FIELDS, min_size=1, max_size=4), TEXTS)
@example([("\n\n---\n", "---", "**Action:** ---"), ("a", "", "")], "---\n### Step 4")
def test_contexa_reads_an_export_with_the_same_ids_counts_order_and_texts(
    steps: list[tuple[str, str, str]], contribution: str
) -> None:
    assume(contribution.strip() and all(any(text.strip() for text in step) for step in steps))
    with folder() as place:
        memory = new_memory(place, purpose=contribution)
        for step in steps[:-1]:
            memory.step(*step)
        memory.commit(contribution)
        memory.commit("plain")
        memory.step(*steps[-1])
        memory.export(place / "out")

        told, done = otas(place / "out", "main"), commits(place / "out", "main")

        mine = list(reversed(memory.steps()))
        assert [(s.step, s.timestamp) for s in told] == [(s.n, iso(s.at)) for s in mine]
        assert [(s.observation, s.thought, s.action) for s in told] == [
            tuple(map(carried, (s.observation, s.thought, s.action))) for s in mine
        ]
        ours = list(reversed(memory.milestones()))
        assert [(m.commit_id, m.timestamp) for m in done] == [(m.id, iso(m.at)) for m in ours]
        assert [(m.branch_purpose, m.previous_progress_summary, m.this_commit_contribution) for m in done] == [
            tuple(map(carried, (m.purpose, m.previous, m.contribution))) for m in ours
        ]
        assert about(place / "out", "main").purpose == contribution


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["step", "commit", "branch", "merge", "switch", "pin", "main"]), TEXTS, st.integers(0, 3)
    ),
    min_size=1,
    max_size=8,
)


def play(memory: Memory, actions: list[tuple[str, str, int]]) -> None:
    here = memory
    for number, (kind, text, which) in enumerate(actions):
        words = text if text.strip() else f"words {number}"
        names = [branch.name for branch in memory.branches()]
        other = names[which % len(names)]
        if kind == "step":
            here.step(words, text, text)
        elif kind == "commit":
            here.commit(words, task="T-1", code_commit="abcdef1")
        elif kind == "branch":
            here = here.create_branch(f"b{number}", purpose=text)
        elif kind == "merge" and other != here.branch:
            here.merge(other, summary=text)
        elif kind == "switch":
            here = here.on(other)
        elif kind == "pin":
            here.pin(words)
        elif kind == "main":
            here.write_main(text)


@settings(max_examples=SLOW, deadline=None)
@given(ACTIONS)
def test_an_export_comes_back_into_an_empty_memory_without_loss(actions: list[tuple[str, str, int]]) -> None:
    with folder() as place:
        memory = new_memory(place / "a")
        play(memory, actions)
        memory.export(place / "out")
        again = Memory.init(place / "b", agent="bo")

        first = again.import_from(place / "out")
        second = again.import_from(place / "out")

        assert everything(again) == everything(memory)
        assert not first.already
        assert second.already
        assert memory.import_from(place / "out").already
        again.export(place / "out2")
        for path in (place / "out").rglob("*.md"):
            assert (place / "out2" / path.relative_to(place / "out")).read_bytes() == path.read_bytes()


def expected(text: str) -> str:
    """What contexa's own escaping leaves of a text: a line ``\\---`` is its escape of ``---``."""
    return _desanitize(_sanitize(text))


@settings(max_examples=QUICK // 6, deadline=None)
@given(st.lists(FIELDS, min_size=1, max_size=4), st.lists(TEXTS.filter(str.strip), max_size=3), TEXTS.filter(str.strip))
@example([("x\n\n---", "a\n\n---", "b\n\n---"), ("---\n", "\n---", "\n---\n---\n")], ["c\n\n---"], "p\n\n---")
@example(
    [("a\n\n**Thought:** b", "c", "d"), ("a", "b\n\n**Action:** c", "d"), ("a\n\n**Action:** b", "c", "d")],
    ["a\n\n**This Commit's Contribution:** b", "c\n\n**Previous Progress Summary:** d"],
    "p",
)
def test_what_contexa_wrote_is_taken_in_whole(
    steps: list[tuple[str, str, str]], contributions: list[str], purpose: str
) -> None:
    assume(all(any(text.strip() for text in step) for step in steps))
    with folder() as place:
        theirs = GCCWorkspace(str(place))
        theirs.init("the roadmap")
        theirs.branch("side", purpose)
        for step in steps:
            theirs.log_ota(*step)
        made = [theirs.commit(text, previous_summary=purpose) for text in contributions]
        memory = Memory.init(place / "mine")

        done = memory.import_from(place)

        mine = list(reversed(memory.on("side").steps()))
        assert [step.n for step in mine][:1] == [1]
        whole = [(step.observation, step.thought, step.action) for step in mine]
        kept = b"".join(path.read_bytes() for path in kept_files(memory, "side")).decode()
        for texts, found in zip(steps, whole, strict=True):
            if found != tuple(map(expected, texts)):
                # It could have been read in two ways, so its texts are together, as they stand in the file.
                assert any(text.count(label) for text in texts for label in ("**Thought:** ", "**Action:** "))
                assert all(_sanitize(text) in kept for text in texts)
                assert found[0].startswith("**Observation:** ")
                assert found[1:] == ("", "")
        told = list(reversed(memory.on("side").milestones()))
        assert [(m.id, iso(m.at)) for m in told] == [(m.commit_id, full(m.timestamp)) for m in made]
        for milestone, record in zip(told, made, strict=True):
            wanted = (expected(purpose), expected(record.this_commit_contribution))
            if (milestone.previous, milestone.contribution) != wanted:
                texts = (record.branch_purpose, purpose, record.this_commit_contribution)
                assert any(text.count(label) for text in texts for label in AMBIGUOUS)
                assert all(_sanitize(text) in kept for text in texts[1:])
        assert {branch.source for branch in done.branches} == {"main", "side"}
        assert memory.import_from(place).already


AMBIGUOUS = ("**Previous Progress Summary:** ", "**This Commit's Contribution:** ")


def full(timestamp: str) -> str:
    return timestamp if "." in timestamp else timestamp.replace("+00:00", ".000000+00:00")


def kept_files(memory: Memory, branch: str) -> list[Path]:
    top = memory.layout.place(branch).folder / "branches" / branch / "imported"
    return [path for path in sorted(top.rglob("*")) if path.is_file()]


JUNK = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"### Step 1 \xe2\x80\x94 2026-01-01T00:00:00+00:00\n",
                b"**Observation:** ",
                b"\n\n**Thought:** ",
                b"\n\n**Action:** ",
                b"\n\n---\n",
                b"## Commit `0badcafe`\n**Timestamp:** 2026-01-01T00:00:00+00:00\n\n**Branch Purpose:** ",
                b"\n\n**Previous Progress Summary:** ",
                b"\n\n**This Commit's Contribution:** ",
                b"## [C001] t\n- **Date**: 2026-01-01\n",
                b"**[OTA-1]** 2026-01-01 | Branch: q\n- **Observation**: x\n",
                b"\xff\xfe",
                b"\0",
                b"\n",
                b"\r\n",
                b'<!-- oc1 {"id":"00000000"} -->\n',
            ]
        ),
        st.binary(max_size=6),
        TEXTS.map(str.encode),
    ),
    max_size=14,
).map(b"".join)


@settings(max_examples=QUICK // 6, deadline=None)
@given(JUNK, JUNK, JUNK, JUNK)
def test_every_line_of_a_garbled_folder_is_found_in_the_memory(
    log: bytes, done: bytes, about: bytes, main: bytes
) -> None:
    with folder() as place:
        top = place / ".GCC/branches/main"
        top.mkdir(parents=True)
        (top / "log.md").write_bytes(log)
        (top / "commit.md").write_bytes(done)
        (top / "metadata.yaml").write_bytes(about)
        (place / ".GCC/main.md").write_bytes(main)
        memory = Memory.init(place / "mine")

        memory.import_from(place)

        texts = [(s.observation, s.thought, s.action) for s in memory.steps()]
        texts += [(m.purpose, m.previous, m.contribution) for m in memory.milestones()]
        words = "\n".join(text for three in texts for text in three).encode() + b"\n"
        words += b"\n".join(path.read_bytes() for path in kept_files(memory, "main"))
        for content in (log, done, about, main):
            for line in content.decode("utf-8", "surrogateescape").split("\n"):
                part = FORM.sub("", line).strip().encode("utf-8", "surrogateescape")
                assert part in words or _desanitize(f"\n{line}\n").strip().encode("utf-8", "surrogateescape") in words
        assert memory.import_from(place).already


FORM = re.compile(
    r"^(?:### Step \d+ — \S*|## Commit `\w+`|\*\*[\w' ]+:\*\*( 2026\S+$)?|---$|# OTA Log — branch `main`$)"
)
