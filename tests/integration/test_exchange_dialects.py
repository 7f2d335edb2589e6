"""The other dialects of ``.GCC``: one metadata for all, numbered entries with summaries, and one timeline."""

from pathlib import Path

import pytest
from contexa import GCCWorkspace

from onecontext import Memory, errors
from tests.support.memory import check

COMMITS = """# Commits

## [C001] Start the server
- **Date**: 2026-01-15T10:30:00Z
- **Branch**: main
- **Branch Purpose**: Serve
- **Previous Progress**: None
- **This Commit's Contribution**: Express server.

Second paragraph.
- **Files touched**: server.js

## [C002] Retry
- **Date**: 2026-01-16T10:30:00+02:00
- **Branch**: Feature/Retry
- **This Commit's Contribution**: Retries.
"""
LOG = """# OTA Log

---
**[OTA-041]** 2026-01-15T10:15:00Z | Branch: main
- **Observation**: 503 errors
- **Thought**: back off
  and more
- **Action**: write it

---
**[OTA-042]** 2026-01-15T10:28:00Z | Branch: Feature/Retry
- **Observation**: passing
- **Thought**: ready
- **Action**: COMMIT
"""
METADATA = """version: 1
created: "2026-01-10T08:00:00Z"
branches:
  - name: main
    status: active
    created: "2026-01-10T08:00:00Z"
  - name: Feature/Retry
    status: abandoned
    created: "2026-01-15T09:00:00Z"
    parent: main
    reason: too heavy   # a comment
dependencies: [requests>=2.28]
"""
SUMMARY = """# Branch: cache

## Purpose
Cache what is slow.

## Status: active
"""
INDEX = """version: 2
mode: git
current_branch: main
timeline:
  - id: INIT
    hash: a1b2c3d
    intent: "gcc initialized"
    branch: main
    date: "2026-01-10T08:00:00Z"
  - id: C001
    hash: e4f5a6b
    intent: "retry: for API calls"
    branch: feature-resilience
    date: 2026-01-15T10:30:00Z
  - id: C002
    hash: null   # decision only
    intent: "evaluated caching"
    note: "no Redis: too heavy"
    date: 2026-01-16
decisions: []
"""


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory.init(tmp_path / "mine", agent="ann")


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / ".GCC" / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def found_in(memory: Memory, text: str) -> bool:
    top = memory.path / "branches"
    return any(text in path.read_text(errors="replace") for path in top.rglob("*.*") if path.is_file())


def test_entries_at_the_top_go_to_the_branches_they_name(memory: Memory, tmp_path: Path) -> None:
    folder = written(tmp_path, commit_md=COMMITS, log_md=LOG, metadata_yaml=METADATA, main_md="# Project\n")

    done = memory.import_from(folder)

    assert {branch.source: branch.name for branch in done.branches} == {
        "Feature/Retry": "feature-retry",
        "main": "main",
    }
    first = memory.milestones()[0]
    assert (first.purpose, first.previous) == ("Serve", "None")
    assert first.contribution == (
        "[C001] Start the server\n\nExpress server.\n\nSecond paragraph.\n\n- **Files touched**: server.js"
    )
    assert f"{first.at:%Y-%m-%dT%H:%M}" == "2026-01-15T10:30"
    step = memory.steps()[0]
    assert (step.n, step.observation, step.thought, step.action) == (
        41,
        "503 errors",
        "back off\n  and more",
        "write it",
    )
    side = memory.on("feature-retry")
    assert f"{side.milestones()[0].at:%H:%M}" == "08:30"
    assert [step.n for step in side.steps()] == [42]
    about = next(branch for branch in memory.branches() if branch.name == "feature-retry")
    assert (about.status, about.parent) == ("abandoned", "main")
    for name, text in (("commit.md", COMMITS), ("log.md", LOG), ("metadata.yaml", METADATA)):
        assert (memory.path / "branches/main/imported/folder" / name).read_text() == text
    assert memory.read_main() == side.read_main() == "# Project\n"
    assert memory.import_from(folder).already
    check(memory.path)


def test_an_entry_that_is_at_the_top_and_in_its_branch_comes_in_once(memory: Memory, tmp_path: Path) -> None:
    own = COMMITS[: COMMITS.index("## [C002]")]
    folder = written(tmp_path, commit_md=COMMITS, branches__main__commit_md=own)

    memory.import_from(folder)

    assert len(memory.milestones()) == 1


def test_a_summary_gives_the_purpose_and_is_kept(memory: Memory, tmp_path: Path) -> None:
    folder = written(tmp_path, branches__cache__summary_md=SUMMARY, branches__cache__commit_md="", main_md="# P\n")

    memory.import_from(folder)

    assert next(branch for branch in memory.branches() if branch.name == "cache").purpose == "Cache what is slow."
    kept = memory.layout.place("cache").folder / "branches/cache/imported/branch/summary.md"
    assert kept.read_text() == SUMMARY


def test_records_of_the_reference_form_at_the_top_belong_to_the_current_branch(memory: Memory, tmp_path: Path) -> None:
    record = (
        "## Commit `0badcafe`\n**Timestamp:** 2026-01-01T00:00:00+00:00\n\n**Branch Purpose:** p\n\n"
        "**Previous Progress Summary:** s\n\n**This Commit's Contribution:** c\n\n---\n"
    )
    folder = written(tmp_path, commit_md=record, metadata_yaml="current_branch: trunk\n")

    memory.import_from(folder)

    assert [(m.id, m.contribution) for m in memory.on("trunk").milestones()] == [("0badcafe", "c")]
    assert memory.show("0badcafe").previous == "s"


def test_a_timeline_becomes_milestones_with_their_code_commits(memory: Memory, tmp_path: Path) -> None:
    folder = written(tmp_path, index_yaml=INDEX)

    done = memory.import_from(folder)

    assert done.layout == "timeline"
    assert [(m.contribution, m.code_commit, f"{m.at:%m-%d %H:%M}") for m in memory.milestones()] == [
        ("[C002] evaluated caching\n\nno Redis: too heavy", None, "01-16 00:00"),
        ("[INIT] gcc initialized", "a1b2c3d", "01-10 08:00"),
    ]
    assert [m.contribution for m in memory.on("feature-resilience").milestones()] == ["[C001] retry: for API calls"]
    assert (memory.path / "branches/main/imported/folder/index.yaml").read_text() == INDEX
    assert memory.import_from(folder).already


def test_a_layout_that_was_named_is_taken_at_its_word(memory: Memory, tmp_path: Path) -> None:
    folder = written(tmp_path, index_yaml=INDEX, main_md="# P\n")

    memory.import_from(folder, layout="gcc")

    assert memory.milestones() == []
    assert (memory.path / "branches/main/imported/folder/index.yaml").read_text() == INDEX
    (folder / ".GCC/index.yaml").unlink()
    with pytest.raises(errors.UsageError, match=r"has no index\.yaml"):
        memory.import_from(folder, layout="timeline")
    with pytest.raises(errors.UsageError, match="no layout"):
        memory.import_from(folder, layout="svn")


def test_windows_line_ends_change_no_record_and_are_kept(memory: Memory, tmp_path: Path) -> None:
    record = (
        "# OTA Log — branch `main`\n\n### Step 1 — 2026-01-01T00:00:00+00:00\n**Observation:** a\n\n"
        "**Thought:** b\n\n**Action:** c\n\n---\n"
    ).replace("\n", "\r\n")
    folder = written(tmp_path, main_md="x")
    (folder / ".GCC/branches/main").mkdir(parents=True)
    (folder / ".GCC/branches/main/log.md").write_bytes(record.encode())

    memory.import_from(folder)

    assert [(s.observation, s.thought, s.action) for s in memory.steps()] == [("a", "b", "c")]
    assert (memory.path / "branches/main/imported/branch/log.md").read_bytes() == record.encode()


def test_a_text_that_quotes_an_entry_makes_no_file_of_entries(memory: Memory, tmp_path: Path) -> None:
    theirs = GCCWorkspace(str(tmp_path))
    theirs.init("goal")
    theirs.log_ota(LOG, "t", "a")
    theirs.commit(COMMITS)

    memory.import_from(tmp_path)

    assert [milestone.contribution for milestone in memory.milestones()] == [COMMITS]
    assert [(step.observation, step.thought) for step in memory.steps()] == [(LOG, "t")]
