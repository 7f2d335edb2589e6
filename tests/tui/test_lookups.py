"""What a picture does not hold: milestones, differences and changes, looked up in a real memory and repository."""

import subprocess
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.api import Memory
from tests.tui.screen import assert_screen, play, shown, still, text_of
from tests.tui.till import middle
from tui.lookups.changes import changes
from tui.lookups.memory import difference, milestone
from tui.rows.diffs import MOST_LINES, files_of, painted
from tui.rows.paragraphs import rows_of
from tui.rows.spans import plain
from tui.snapshot import Change, Snapshot
from tui.sources.graph import MemoryGraph
from tui.views.view import Places

WIDE, SMALL = (140, 36), (80, 24)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    made = Memory.init(tmp_path, agent="worker-1", purpose="Let the till add up")
    made.step(observation="0.1 + 0.2", thought="floats", action="read money.py")
    made.commit("Prices are Decimal everywhere")
    made.commit("Offers are applied before tax")
    made.flush()
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    git("config", "user.name", "ann")
    git("config", "user.email", "ann@example.org")
    for text in ("price = 0.1\n", "price = Decimal('0.1')\n"):
        (tmp_path / "money.py").write_text(text, encoding="utf-8")
        git("add", "money.py")
        git("commit", "-q", "-m", "work")
    return tmp_path


def commits(project: Path) -> list[str]:
    done = subprocess.run(["git", "rev-list", "HEAD"], cwd=project, check=True, capture_output=True, text=True)
    return done.stdout.split()


def with_graph(memory: Memory) -> Snapshot:
    graph = MemoryGraph(memory.path)
    assert graph.refresh()
    snapshot = shown(middle().events)
    return replace(snapshot, graph=graph.lines)


def test_a_milestone_is_told_in_its_three_blocks(memory: Memory) -> None:
    newest = memory.milestones(limit=1)[0]

    told = [text for _, text, *_ in milestone(memory.path, memory.show(newest.id).commit or "", UTC)]

    place = told.index("This Commit's Contribution")
    assert told[place + 1] == "Offers are applied before tax"
    assert "Prices are Decimal everywhere" in told[told.index("Previous Progress Summary") + 1]
    assert told[told.index("Branch Purpose") + 1] == "Let the till add up"


def test_looking_up_writes_nothing(memory: Memory) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(memory.path.rglob("*"))}
    graph = MemoryGraph(memory.path)
    graph.refresh()
    ids = [line.id for line in graph.lines if line.id]

    milestone(memory.path, ids[0], UTC)
    difference(memory.path, memory.path.parent, ids[-1], ids[0])

    assert {path: path.stat().st_mtime_ns for path in sorted(memory.path.rglob("*"))} == before


@pytest.mark.parametrize("commit", ["", "f" * 40, "no such thing", "--all"])
def test_what_is_not_there_is_a_sentence(memory: Memory, commit: str) -> None:
    for told in (milestone(memory.path, commit, UTC), difference(memory.path, None, commit, commit)):
        assert len(told) == 1
        assert told[0].tone == "warn"
    assert milestone(None, "a", UTC)[0].tone == "warn"
    assert difference(memory.path / "elsewhere", None, "a", "b")[0].tone == "warn"


DIFF = """diff --git a/a.py b/a.py
index 1..2 100644
--- a/a.py
+++ b/a.py
@@ -1,3 +1,3 @@ here
 same
--- looks like a frame
+++ so does this
 same
diff --git a/old b/new
similarity index 90%
rename from old
rename to new
diff --git a/b.bin b/b.bin
new file mode 100644
Binary files /dev/null and b/b.bin differ
"""


def test_a_diff_has_a_head_for_each_file_and_a_sign_and_a_tone_for_each_line() -> None:
    assert [(text, tone) for _, text, tone, _ in painted(DIFF)] == [
        ("▾ a.py  +1  -1", "file"),
        ("@@ -1,3 +1,3 @@ here", "hunk"),
        (" same", "plain"),
        ("--- looks like a frame", "bad"),
        ("+++ so does this", "good"),
        (" same", "plain"),
        ("▾ new  rename from old, rename to new", "file"),
        ("▾ b.bin  new file, /dev/null and b/b.bin differ", "file"),
    ]
    assert [file.path for file in files_of(DIFF)] == ["a.py", "new", "b.bin"]


def test_a_line_that_came_or_went_says_so_in_each_row_that_it_takes() -> None:
    diff = (
        "diff --git a/a b/a\n@@ -1,2 +1,2 @@\n the rest of it stays as it is here\n"
        "-    the price of bread was a float\n+  the price of " + "米" * 9 + " is a Decimal now\n"
    )

    rows = [plain(row) for row in rows_of(painted(diff), 20)]

    assert rows[2:] == [
        " the rest of it",
        " stays as it is here",
        "-    the price of",
        "-… bread was a float",
        "+  the price of",
        "+… " + "米" * 8,
        "+… 米 is a Decimal",
        "+… now",
    ]
    assert all(len(row) <= 8 for row in map(plain, rows_of(painted(diff), 8)))


def test_a_very_long_diff_is_cut_which_is_said_and_what_is_no_diff_differs_in_nothing() -> None:
    head = f"diff --git a/a b/a\n@@ -0,0 +1,{MOST_LINES + 5} @@\n"

    cut = painted(head + "+\n" * (MOST_LINES + 5))

    assert len(cut) == MOST_LINES + 1
    assert "7 more lines" in cut[-1].text
    assert painted("")[0].text == painted("no diff")[0].text == "nothing differs"


def test_what_differs_between_two_milestones_is_told_of_main_md_first_and_of_the_code_they_are_of_last(
    project: Path,
) -> None:
    memory = Memory.init(project, agent="ann")
    marks = []
    for text in ("price = 1\n", "price = 2\n"):
        (project / "money.py").write_text(text, encoding="utf-8")
        subprocess.run(["git", "commit", "-aqm", text], cwd=project, check=True)
        memory.write_main(f"# Plan\n\n{text}")
        memory.commit(text.strip(), code_commit=commits(project)[0])
        memory.flush()
        marks.append(memory.show(memory.milestones(limit=1)[0].id).commit or "")

    told = [text for _, text, *_ in difference(memory.path, project, *marks)]

    heads = [text.split("  ")[0] for text in told if text.startswith("▾")]
    assert heads[0] == "▾ main.md"
    assert heads[-1] == "▾ money.py"
    assert {"-price = 1", "+price = 2"} <= set(told[told.index(next(x for x in told if "your repository" in x)) :])
    assert not any("your repository" in text for _, text, *_ in difference(memory.path, None, *marks))


def test_a_change_is_against_what_it_was_merged_into_or_its_first_parent_or_nothing(project: Path) -> None:
    new, old = commits(project)
    at = shown(middle().events).last_event_at
    assert at is not None
    change = Change(at, "1", 1, "merged", "worker-1", new, old)

    for one in (change, replace(change, parent=None)):
        lines = [text for _, text, *_ in changes(project, one)]
        assert {"-price = 0.1", "+price = Decimal('0.1')"} <= set(lines)
    first = [text for _, text, *_ in changes(project, replace(change, commit=old, parent=None))]
    assert "+price = 0.1" in first
    assert changes(project, replace(change, commit="e" * 40, parent=None))[0].tone == "warn"
    assert changes(None, change)[0].tone == "warn"


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["wide", "small"])
def test_the_memory_view_tells_the_milestone_under_the_cursor_and_after_a_mark_what_changed(
    memory: Memory, size: tuple[int, int]
) -> None:
    app = still(with_graph(memory), places=Places(memory=memory.path))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        async def rest() -> None:
            await pilot.pause(0.3)
            await app.workers.wait_for_complete()
            await pilot.pause()
            seen.append(text_of(app))

        await pilot.press("4", "4")
        await rest()
        await pilot.press("m", "down")
        await rest()
        await pilot.press("up", "m")
        await rest()

    play(app, size, act)

    assert "Offers are applied before tax" in seen[0].split("This Commit's")[1]
    assert "(marked) to" in seen[1]
    assert "-" in seen[1]
    assert "marked" not in seen[2].replace("m mark, for a diff", "")


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["wide", "small"])
def test_the_diff_view_shows_what_a_task_changed(project: Path, size: tuple[int, int]) -> None:
    new, old = commits(project)
    snapshot = shown(middle().events)
    mended = tuple(
        replace(change, commit=new, parent=old if change.what == "merged" else None) for change in snapshot.changes
    )
    app = still(replace(snapshot, changes=mended), places=Places(project=project))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("6")
        await pilot.pause(0.3)
        await app.workers.wait_for_complete()
        await pilot.pause()
        seen.append(text_of(app).replace(new[:10], "n" * 10).replace(new[:7], "n" * 7).replace(old[:7], "o" * 7))

    play(app, size, act)

    assert_screen(f"diff-{size[0]}x{size[1]}", seen[0])
    assert "+price = Decimal('0.1')" in seen[0]
