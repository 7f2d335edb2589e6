"""The memory's view over a real memory: the graph far back, searching, a context in a budget, and what differs."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.api import Memory
from tests.tui.screen import assert_screen, play, shown, still, text_of
from tests.tui.till import middle
from tui.app import MonitorApp
from tui.lookups.graph import LongGraph
from tui.lookups.recall import SCANNED, THEN, given, search
from tui.rows.lanes import lane_spans
from tui.rows.memory import graph_row
from tui.rows.recall import Given, given_rows, snippet
from tui.rows.spans import plain, spans_width
from tui.snapshot import Snapshot
from tui.sources.graph import LIMIT, MemoryGraph
from tui.views.view import Places

SMALL, MIDDLE, LARGE = (80, 24), (120, 36), (200, 50)
SIZES = pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE], ids=["80x24", "120x36", "200x50"])
State = dict[str, tuple[int, int, bytes]]


def clock() -> Callable[[], datetime]:
    """Return a clock that goes on by a minute at each look, until the story of the till is at its middle."""
    times = (datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(minutes=n) for n in count())
    return lambda: next(times)


def ids() -> Callable[[], str]:
    """Return a source of ids that are always the same."""
    numbers = count(1)
    return lambda: f"{next(numbers):08x}"


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """A memory with a merged branch, and one that is still at work."""
    now, new_id = clock(), ids()
    made = Memory.init(
        tmp_path / "shop", agent="orchestrator", purpose="Let the till add up", clock=now, new_id=new_id, session="s"
    )
    made.commit("Two bugs, one feature: the plan")
    for name, agent, texts in (
        ("fix-prices", "worker-1", ("Prices are Decimal everywhere", "Rounding is half even, as the law says")),
        ("fix-offers", "worker-2", ("Offers are applied before tax, in the order of the receipt",)),
    ):
        made.create_branch(name, purpose=f"Do {name}")
        worker = Memory.open(made.path, branch=name, agent=agent, session="s", clock=now, new_id=new_id)
        for text in texts:
            worker.step(observation="0.1 + 0.2 is not 0.3", thought="floats lose cents", action="read money.py")
            worker.commit(text)
        worker.flush()
    made.merge("fix-prices", summary="Prices are right to the cent")
    made.write_main(made.read_main() + "\n## Next\n\n- print the receipt\n")
    made.flush()
    return made


def state(folder: Path) -> State:
    """Return all that is in a folder: kinds, times and bytes."""
    seen = ((path, path.lstat()) for path in sorted([folder, *folder.rglob("*")]))
    return {
        str(path): (status.st_mode, status.st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path, status in seen
    }


def pictured(memory: Memory) -> Snapshot:
    graph = MemoryGraph(memory.path)
    assert graph.refresh()
    return replace(shown(middle().events), graph=graph.lines)


def steps(memory: Memory, size: tuple[int, int], *groups: list[str], app: MonitorApp | None = None) -> list[str]:
    """Return the screen after each group of keys, once what was asked for is there; without what differs by chance."""
    app = app or still(pictured(memory), places=Places(memory=memory.path, project=memory.path.parent))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("4", "4")
        for keys in groups:
            await pilot.press(*keys)
            await pilot.pause(0.2)
            await app.workers.wait_for_complete()
            await pilot.pause(0.1)
            seen.append(steady(text_of(app)))

    play(app, size, act)
    return seen


def steady(text: str) -> str:
    return re.sub(
        r"in \d+\.\d s",
        "in 0.0 s",
        re.sub(r"(?<=memory-|## ....)\b\d{6}\b|(?<=## )\d{6}|(?<=memory-)\d{6}", "123456", text),
    )


@SIZES
def test_the_graph_and_the_milestone_under_the_cursor(memory: Memory, size: tuple[int, int]) -> None:
    (text,) = steps(memory, size, ["down"])

    assert_screen(f"memory-graph-{size[0]}x{size[1]}", text)
    assert "├─╮" in text
    assert "(fix-prices)" in text
    assert max(map(len, text.splitlines())) <= size[0]


@SIZES
def test_a_search_shows_hits_in_their_order_and_the_record_and_escape_goes_back(
    memory: Memory, size: tuple[int, int]
) -> None:
    found, whole, back, home = steps(
        memory, size, ["s", *"decimal", "space", *"prices", "enter"], ["enter"], ["escape", "escape"], ["escape"]
    )

    assert_screen(f"memory-search-{size[0]}x{size[1]}", found)
    assert re.search(r"│ +1 ● Merged fix-p", found)
    assert SCANNED in found
    assert "This Commit's Contribution" in whole
    assert "├─╮" in back
    assert "1 board" in home


@SIZES
def test_a_context_is_what_the_memory_gives_in_a_budget_and_says_what_was_left_out(
    memory: Memory, size: tuple[int, int]
) -> None:
    usual, smaller, other = steps(memory, size, ["c"], ["minus", "minus", "minus", "minus"], ["b"])

    assert_screen(f"memory-context-{size[0]}x{size[1]}", usual)
    told = memory.context(budget=2_000)
    assert f"{told.tokens:,} of 2,000 tokens" in usual
    assert re.search(r"\d+ of 500 tokens", smaller)
    assert "branch main" in usual
    assert "branch fix-offers" in other


def test_who_counted_the_tokens_is_said_where_there_is_room_for_the_whole_name() -> None:
    given = Given(branch="main", budget=2_000, tokens=1_773, counter="o200k_base")
    narrow, wide = (plain(given_rows(given, cells)[1]) for cells in (78, 118))

    assert wide.endswith("by o200k_base")
    assert narrow.rstrip().endswith("× 0 left out")


def test_a_context_for_a_task_is_for_that_task(memory: Memory) -> None:
    _, asked = steps(memory, LARGE, ["c"], ["f", *"rounding", "enter"])

    assert "for rounding" in asked
    wanted = memory.context(budget=2_000, for_="rounding")
    assert f"{wanted.tokens:,} of 2,000 tokens" in asked


@SIZES
def test_after_a_mark_the_other_milestone_tells_what_differs_main_md_first(
    memory: Memory, size: tuple[int, int]
) -> None:
    _, differs, next_ = steps(memory, size, ["m"], ["down"], ["n", "n"])

    assert_screen(f"memory-diff-{size[0]}x{size[1]}", differs)
    beside = differs[differs.index("(marked) to") :]
    assert "▾ main.md" in beside
    assert "@@ " in beside
    assert "▾ branches/main/commit.md" in next_


def test_the_graph_and_hits_are_narrowed_by_who_and_what(memory: Memory) -> None:
    graph, hits = steps(
        memory,
        LARGE,
        ["slash", *"author:worker-1", "enter"],
        ["s", *"prices", "enter", "slash", *"kind:step", "enter"],
    )

    drawn = "\n".join(line.split("││")[0] for line in graph.splitlines())
    assert "Rounding is half even" in drawn
    assert "the plan" not in drawn
    rows = [line for line in hits.splitlines() if re.match(r"│ +\d+ [●·≡=]", line)]
    assert rows
    assert all("· " in row for row in rows)


def test_no_key_of_the_view_changes_a_byte_of_the_memory(memory: Memory, tmp_path: Path) -> None:
    shutil.copytree(memory.path, tmp_path / "copy" / ".onecontext", symlinks=True)
    copy = Memory.open(tmp_path / "copy")
    before = state(tmp_path / "copy")

    searched, *_ = steps(
        copy,
        MIDDLE,
        ["s", *"prices", "enter"],
        ["escape", "c"],
        ["plus", "b", "f", *"tax", "enter"],
        ["escape", "m", "down"],
        ["n", "slash", *"tax", "enter"],
    )

    assert "found in" in searched
    assert state(tmp_path / "copy") == before


def test_a_fresh_index_is_used_as_it_is_and_written_by_nobody(memory: Memory) -> None:
    memory.search("prices")
    before = state(memory.path)

    fresh = search(memory.path, "prices")
    memory.commit("The index is behind from here on")
    memory.flush()
    behind = search(memory.path, "behind")

    assert "from the memory's index" in fresh.source
    assert SCANNED in behind.source
    assert behind.hits[0].text.startswith("The index is behind")
    assert [path for path in before if path.endswith(".db")]
    assert {path: what for path, what in state(memory.path).items() if "search" in path} == {
        path: what for path, what in before.items() if "search" in path
    }


def test_hits_are_those_of_the_command_in_its_order(memory: Memory) -> None:
    answer = search(memory.path, "money cents rounding")

    wanted = memory.search("money cents rounding", k=50).hits
    assert [(hit.kind, hit.id, hit.score) for hit in answer.hits] == [(hit.kind, hit.id, hit.score) for hit in wanted]
    assert [hit.place for hit in answer.hits] == list(range(1, len(wanted) + 1))


def test_of_a_recording_it_is_searched_and_told_what_was_remembered_then(memory: Memory) -> None:
    then = next(one.at for one in memory.milestones() if one.contribution.startswith("Rounding"))

    found = search(memory.path, "merged roadmap rounding", then)
    told = given(memory.path, "main", 2_000, "", then)

    assert THEN in found.source
    texts = " ".join(hit.text for hit in found.hits)
    assert "Rounding is half even" in texts
    assert "Merged" not in texts + told.text
    assert "the plan" in told.text
    assert "Merged" in given(memory.path, "main", 2_000, "").text


def test_what_is_wrong_is_a_sentence_on_the_screen(memory: Memory, tmp_path: Path) -> None:
    nowhere = Places(memory=tmp_path / "nowhere")
    app = still(pictured(memory), places=nowhere)
    found, told = steps(memory, MIDDLE, ["s", *"prices", "enter"], ["escape", "c"], app=app)

    assert "no memory" in found
    assert "no memory" in told
    assert search(None, "prices").trouble
    assert search(memory.path, "…").trouble
    assert given(None, "", 500, "").trouble
    assert (
        "no such" in given(memory.path, "not-there", 500, "").trouble
        or given(memory.path, "not-there", 500, "").trouble
    )


def test_a_long_memory_is_drawn_further_back_than_a_picture_holds(tmp_path: Path) -> None:
    made = Memory.init(tmp_path, agent="ann", durability="none")
    for number in range(LIMIT + 40):
        made.commit(f"milestone {number}")
    made.flush()
    snapshot = pictured(made)
    assert sum(bool(line.id) for line in snapshot.graph) == LIMIT

    first, last = steps(made, MIDDLE, [], ["end"], app=still(snapshot, places=Places(memory=made.path)))

    assert f"{LIMIT + 41} commits" in first
    assert "onecontext init" in last or "○" in last


def test_a_graph_that_is_read_again_reads_only_what_is_new(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    from onecontext.store.objects import Objects

    long, read, info = LongGraph(), [], Objects.info
    assert long.lines(memory.path)
    memory.commit("one more")
    memory.flush()
    monkeypatch.setattr(Objects, "info", lambda self, commit: read.append(commit) or info(self, commit))

    lines = long.lines(memory.path)

    assert lines is not None
    assert lines[0].subject == "one more"
    # The tips are looked at for the names of branches; of the other commits only the new one was read.
    assert set(read) == {line.id for line in lines if line.refs}
    assert not long.rest.is_over()


@pytest.mark.parametrize(
    ("lanes", "drawn"),
    [
        ("*", "●"),
        ("|\\", "├─╮"),
        ("| * |", "│ ● │"),
        ("|/", "├─╯"),
        ("|\\ \\", "├─╮╲"),
        ("|\\ \\ \\", "├─╮╲ ╲"),
        ("|/ /", "├─╯╱"),
        ("| |/", "│ ├─╯"),
        ("*-.", "●─╮"),
        ("| |_|/", "│ ├─┼─╯"),
        ("|/|", "├─┤"),
        ("nonsense", "nonsense"),
    ],
)
def test_lanes_are_drawn_with_lines_that_join(lanes: str, drawn: str) -> None:
    assert plain(lane_spans(lanes, 40)) == drawn


def test_a_merge_and_a_begin_have_signs_of_their_own_and_lanes_tones() -> None:
    assert plain(lane_spans("| *", 9, parents=2)) == "│ ◆"
    assert plain(lane_spans("| *", 9, parents=0)) == "│ ○"
    assert [tone for sign, tone in lane_spans("| * |", 9) if sign != " "] == ["lane0", "lane1", "lane2"]


@pytest.mark.parametrize("cells", [30, 60, 120])
def test_a_row_of_the_graph_fits_and_a_snippet_shows_the_word_that_was_asked_for(memory: Memory, cells: int) -> None:
    now = datetime(2026, 3, 3, tzinfo=UTC)
    assert all(spans_width(graph_row(line, cells, now=now)) <= cells for line in pictured(memory).graph)

    spans = snippet("word " * 60 + "then the Needle stands here", "needle", cells)

    assert spans_width(spans) == cells
    assert ("Needle", "bold") in spans


def test_while_words_are_typed_the_foot_names_the_keys_that_act_there(memory: Memory) -> None:
    shots = steps(memory, (100, 30), ["s"], ["escape"], ["c", "f"], ["enter"])
    feet = [shot.splitlines()[-1].split("  ") for shot in shots]

    assert [foot[:2] for foot in feet[::2]] == [[" enter takes it", "esc leaves it"]] * 2
    assert all("0 overview" in foot[0] for foot in feet[1::2])
