"""The drawing of history: every way from a commit to its parents can be followed, as compactly as git draws it."""

import random
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onecontext.recall.graph import GraphCommit, GraphRow, lay_out
from onecontext.recall.newest import newest
from onecontext.store.commits import CommitInfo

AT = datetime(2026, 1, 1, tzinfo=UTC)


def _commits(history: str) -> list[GraphCommit]:
    words = [line.split() for line in history.strip().splitlines()]
    return [GraphCommit(word, tuple(parents), (), f"did {word}", AT, "ann") for word, *parents in words]


def _drawn(rows: Sequence[GraphRow]) -> str:
    return "".join(f"{row.lanes} {row.commit.id if row.commit else ''}".rstrip() + "\n" for row in rows)


DRAWINGS = [
    ("c b\nb a\na", "* c\n* b\n* a\n"),
    ("c a\nb a\na", "* c\n| * b\n|/\n* a\n"),
    ("m a b\nb r\na r\nr", "*   m\n|\\\n| * b\n* | a\n|/\n* r\n"),
    ("x r\nm a b\nb r\na r\nr", "* x\n| *   m\n| |\\\n| | * b\n| |/\n|/|\n| * a\n|/\n* r\n"),
    ("o a b c\nc r\nb r\na r\nr", "*-.   o\n|\\ \\\n| | * c\n| * | b\n| |/\n* | a\n|/\n* r\n"),
    ("a1 a\nb1 b\nc1 c\nd1 a\na r\nb r\nc r\nr", "* a1\n| * b1\n| | * c1\n| | | * d1\n| |_|/\n|/| |\n* | | a\n"),
    ("k m\ny b\nm a b\nb r\na r\nr", "* k\n| * y\n* | m\n|\\|\n| * b\n* | a\n|/\n* r\n"),
    ("p\nq s\nr\ns", "* p\n* q\n| * r\n* s\n"),
    ("m gone b\nb gone", "*   m\n|\\\n| * b\n|/\n"),
]


@pytest.mark.parametrize(("history", "drawing"), DRAWINGS)
def test_a_history_is_drawn_like_this(history: str, drawing: str) -> None:
    assert _drawn(lay_out(_commits(history))).startswith(drawing)


def test_nothing_draws_nothing_and_each_commit_stands_on_one_row() -> None:
    assert lay_out([]) == []
    commits = _commits("m a b\nb r\na r\nr")

    assert [row.commit for row in lay_out(commits) if row.commit] == commits


def test_a_commit_after_its_parent_is_refused() -> None:
    with pytest.raises(ValueError, match="commit b comes after one of its parents"):
        lay_out(_commits("a\nb a"))


# --- following the drawing --------------------------------------------------------------------------------------------


def _below(drawing: Sequence[str], row: int, place: int) -> set[tuple[int, int]]:
    """Return the characters that the one at (row, place) leads on to."""

    def sign(at_row: int, at_place: int) -> str:
        line = drawing[at_row] if at_row < len(drawing) else ""
        return line[at_place] if 0 <= at_place < len(line) else " "

    here = sign(row, place)
    on: set[tuple[int, int]] = set()
    if here == "*" and sign(row, place + 1) == "-":
        on.add((row, place + 1))
    if here == "-":
        on.add((row, place + 1))
    if here in "/_" and sign(row, place - 2) == "_":
        return {(row, place - 2)}
    lane = place + {"/": -1, "_": -1, "\\": 1}.get(here, 0)
    ways = {(lane, "|*"), (lane - 1, "/"), (lane + 1, "\\")}
    if here == "_":
        ways = {(lane - 1, "/")}
    if here in "-.":
        ways = {(place + 1, "\\")}
    return on | {(row + 1, to) for to, signs in ways if sign(row + 1, to) in signs and sign(row + 1, to) != " "}


def _faults(rows: Sequence[GraphRow]) -> list[str]:
    """Follow every line of the drawing; return what is wrong with it."""
    drawing = [row.lanes for row in rows]
    commits = {row.commit.id: row.commit for row in rows if row.commit}
    faults, led_to = [], set()
    for number, row in enumerate(rows):
        for place, sign in enumerate(row.lanes):
            if sign == " ":
                continue
            on = _below(drawing, number, place)
            led_to |= on
            if sign not in "*-" and not on and number + 1 < len(rows):
                faults.append(f"{sign} at {number}:{place} ends")
            if sign not in "*" and (number, place) not in led_to and sign not in "_/":
                faults.append(f"{sign} at {number}:{place} comes from nowhere")
        if row.commit:
            reached = _reached(rows, drawing, number)
            missing = {parent for parent in row.commit.parents if parent in commits} - reached
            faults += [f"{row.commit.id} does not lead to {parent}" for parent in missing]
    return faults


def _reached(rows: Sequence[GraphRow], drawing: Sequence[str], number: int) -> set[str]:
    reached: set[str] = set()
    places = [(number, drawing[number].index("*"))]
    seen = set(places)
    while places:
        for at_row, place in _below(drawing, *places.pop()) - seen:
            seen.add((at_row, place))
            commit = rows[at_row].commit
            if commit and drawing[at_row][place] == "*":
                reached.add(commit.id)
            else:
                places.append((at_row, place))
    return reached


@st.composite
def histories(draw: st.DrawFn) -> list[GraphCommit]:
    size = draw(st.integers(min_value=1, max_value=24))
    commits = []
    for number in range(size):
        older = st.integers(min_value=number + 1, max_value=min(number + 9, size))  # the last one is not in the drawing
        parents = draw(st.lists(older, max_size=draw(st.sampled_from([1, 1, 1, 2, 2, 5])), unique=True))
        commits.append(GraphCommit(str(number), tuple(map(str, parents)), (), "", AT, ""))
    return commits


@settings(deadline=None, max_examples=300)
@given(histories())
def test_every_parent_can_be_reached_along_the_lines(commits: list[GraphCommit]) -> None:
    rows = lay_out(commits)

    assert [row.commit for row in rows if row.commit] == commits
    assert _faults(rows) == []
    assert all(row.lanes.rstrip() == row.lanes for row in rows if row.commit is None)


@pytest.mark.parametrize("sign", ["/", "\\", "|"])
def test_a_drawing_with_a_line_missing_would_be_noticed(sign: str) -> None:
    rows = lay_out(_commits("x r\nm a b\nb r\na r\nr"))
    at = next(n for n, row in enumerate(rows) if sign in row.lanes and n > 1)

    rows[at] = GraphRow(rows[at].lanes.replace(sign, " "), rows[at].commit)

    assert _faults(rows)


# --- beside git -------------------------------------------------------------------------------------------------------


def _git(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    ran = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, text=True, check=True)
    return ran.stdout


def _random_repository(folder: Path, seed: int, size: int = 16, *, apart_s: int = 1) -> None:
    choose = random.Random(seed)
    heads: list[int] = []
    stream = ""
    for mark in range(1, size + 1):
        wanted = choose.choices([0, 1, 2, 3, 4], [4, 70, 20, 4, 2])[0]
        parents = choose.sample(heads[-6:], min(wanted, len(heads[-6:])))
        at_s = 1_700_000_000 + mark * apart_s
        stream += f"commit refs/heads/b{mark}\nmark :{mark}\ncommitter a <a@b> {at_s} +0000\ndata 1\nc\n"
        stream += "".join(f"{'merge' if n else 'from'} :{parent}\n" for n, parent in enumerate(parents)) + "\n"
        heads = [head for head in heads if head not in parents or choose.random() < 0.4] + [mark]
    _git(folder, "init", "-q")
    _git(folder, "fast-import", "--quiet", stdin=stream)


@pytest.mark.parametrize("seeds", [range(8), range(8, 16), range(16, 24)], ids=str)
def test_histories_of_git_are_drawn_in_its_order_and_no_longer_than_it_does(tmp_path: Path, seeds: range) -> None:
    lines_of_git = lines_of_ours = 0
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        _random_repository(folder, seed)
        theirs = _git(folder, "log", "--graph", "--all", "--topo-order", "--format=%h").splitlines()
        commits = _commits(_git(folder, "log", "--all", "--topo-order", "--format=%h %p"))

        rows = lay_out(commits)

        ids = [line.split()[-1] for line in theirs if "*" in line]
        assert [row.commit.id for row in rows if row.commit] == ids
        assert _faults(rows) == []
        lines_of_git += len(theirs)
        lines_of_ours += len(rows)
    assert lines_of_ours <= lines_of_git


def _standing(line: str) -> str:
    """Beside a commit git sometimes leans a lane towards its next line (``* /``); we let it stand."""
    return line.replace("/", "|").replace("\\", "|") if "*" in line else line


def test_a_plain_history_of_merged_branches_is_drawn_to_the_character_as_by_git(tmp_path: Path) -> None:
    stream = ""
    edges: dict[int, list[int]] = {
        1: [],
        2: [1],
        3: [1],
        4: [2, 3],
        5: [4],
        6: [4],
        7: [4],
        8: [5, 6],
        9: [8, 7],
        10: [9],
    }
    for mark, parents in edges.items():
        stream += (
            f"commit refs/heads/b{mark}\nmark :{mark}\ncommitter a <a@b> {1_700_000_000 + mark} +0000\ndata 1\nc\n"
        )
        stream += "".join(f"{'merge' if n else 'from'} :{parent}\n" for n, parent in enumerate(parents)) + "\n"
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "fast-import", "--quiet", stdin=stream)
    theirs = _git(tmp_path, "log", "--graph", "--all", "--topo-order", "--format=%h")

    ours = _drawn(lay_out(_commits(_git(tmp_path, "log", "--all", "--topo-order", "--format=%h %p"))))

    assert ours.splitlines() == [_standing(line.rstrip()) for line in theirs.splitlines()]


@pytest.mark.parametrize("seeds", [range(8), range(8, 16)], ids=str)
@pytest.mark.parametrize("apart_s", [1, 0], ids=["a second apart", "all in one second"])
def test_the_newest_are_those_of_git_and_no_more_than_them_are_read(tmp_path: Path, seeds: range, apart_s: int) -> None:
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        _random_repository(folder, seed, size=900, apart_s=apart_s)
        lines = _git(folder, "log", "--all", "--date-order", "--format=%H %ct %P").splitlines()
        known = {line.split()[0]: line.split()[1:] for line in lines}
        tips = known.keys() - {parent for _, *parents in known.values() for parent in parents}
        asked: list[str] = []

        def info(commit: str, known: dict[str, list[str]] = known, asked: list[str] = asked) -> CommitInfo:
            asked.append(commit)
            at_s, *parents = known[commit]
            return CommitInfo(commit, tuple(parents), "", "", "", int(at_s))

        found = [commit.id for commit in newest(info, sorted(tips), 40)]

        assert len(found) == 40
        if apart_s:
            assert found == [line.split()[0] for line in lines][:40]
        for place, commit in enumerate(found):
            assert not set(found[:place]).intersection(known[commit][1:])
        assert len(asked) == len(set(asked)) < len(tips) + 3 * 140
