"""An export on disk: what is replaced, what is refused, and what goes there and back."""

import json
from pathlib import Path

import pytest

from onecontext import Memory, errors
from tests.support.exchange import about, commits, everything, opened, otas
from tests.support.memory import check, git, new_memory


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    made = new_memory(tmp_path / "a")
    made.step("looked", "thought", "did")
    made.commit("one")
    side = made.create_branch("side", purpose="try | a |---\nthis")
    side.step("on side")
    side.commit("two", task="T-9", code_commit="abcdef1")
    made.step("meanwhile")
    made.merge("side")
    side.step("later")
    side.commit("after the merge")
    made.step("pending")
    return made


def test_contexa_reads_every_branch_with_merged_histories_joined(memory: Memory, tmp_path: Path) -> None:
    done = memory.export(tmp_path / "out")

    assert done.path == tmp_path / "out" / ".GCC"
    assert sorted(opened(tmp_path / "out").list_branches()) == ["main", "side"]
    for branch in done.branches:
        handle = memory.on(branch.name)
        assert [m.commit_id for m in commits(tmp_path / "out", branch.name)] == [m.id for m in handle.milestones()][
            ::-1
        ]
        assert [s.observation for s in otas(tmp_path / "out", branch.name)] == [s.observation for s in handle.steps()][
            ::-1
        ]
        assert (branch.milestones, branch.steps) == (len(handle.milestones()), len(handle.steps()))
    assert about(tmp_path / "out", "side").purpose == "try | a |---\nthis"
    assert about(tmp_path / "out", "side").created_from == "main"
    assert opened(tmp_path / "out").context().main_roadmap == memory.read_main()


def test_an_export_comes_back_with_origins_pending_steps_and_other_files(memory: Memory, tmp_path: Path) -> None:
    memory.on("side").write_main("# Roadmap\n\n## Goal\n\nmine\n")
    memory.write_main("# Roadmap\n\n## Goal\n\nours\n")
    memory.merge("side")
    assert memory.conflicts()
    memory.export(tmp_path / "out")
    again = Memory.init(tmp_path / "b", agent="bo")

    again.import_from(tmp_path / "out")

    assert everything(again) == everything(memory)
    assert {step.branch for step in again.steps()} == {"main", "side"}
    assert [step.observation for step in again.on("main").steps(limit=1)] == ["pending"]
    check(again.path)


def test_records_that_were_edited_by_hand_come_back_as_edited(memory: Memory, tmp_path: Path) -> None:
    memory.commit("three")
    history = memory.path / "branches/main/commit/0000.md"
    for path in (history, memory.path / "branches/main/commit.md"):
        path.write_text(path.read_text().replace("Contribution:** one", "Contribution:** won"))
    log = memory.path / "branches/main/log/0000/0000.md"
    log.write_text(log.read_text().replace("**Thought:** thought\n\n", ""))
    assert [step.edited for step in memory.steps()][-1]
    memory.export(tmp_path / "out")
    again = Memory.init(tmp_path / "b")

    again.import_from(tmp_path / "out")

    assert everything(again)["main"] == everything(memory)["main"]
    assert [m.contribution for m in again.milestones() if m.edited] == ["won"]


def test_the_same_memory_is_the_same_bytes_and_replaces_itself(memory: Memory, tmp_path: Path) -> None:
    first, before = memory.export(tmp_path / "out"), tree(tmp_path / "out")

    second = memory.export(tmp_path / "out")

    assert (first.replaced, second.replaced) == (False, True)
    assert tree(tmp_path / "out") == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".GCC"]


def test_an_export_that_contexa_only_read_is_replaced(memory: Memory, tmp_path: Path) -> None:
    memory.export(tmp_path / "out")
    assert commits(tmp_path / "out", "main")  # leaves its lock file
    memory.commit("news")

    assert memory.export(tmp_path / "out").replaced
    assert commits(tmp_path / "out", "main")[-1].this_commit_contribution == "news"


def test_what_contexa_wrote_behind_an_export_is_refused_and_comes_in_with_an_import(
    memory: Memory, tmp_path: Path
) -> None:
    memory.export(tmp_path / "out")
    theirs = opened(tmp_path / "out")
    theirs.log_ota("theirs\n<!-- oc1 {} -->", "t", "a")
    made = theirs.commit("by contexa")
    theirs.branch("fresh", "a branch of theirs")
    theirs.commit("on fresh")
    before = tree(tmp_path / "out")

    with pytest.raises(errors.UsageError, match=r"written in since.*branches/fresh/commit.md"):
        memory.export(tmp_path / "out")
    assert tree(tmp_path / "out") == before

    done = memory.import_from(tmp_path / "out")

    assert [(b.name, b.milestones, b.steps) for b in done.branches] == [("fresh", 1, 0), ("main", 1, 1), ("side", 0, 0)]
    assert memory.show(made.commit_id).contribution == "by contexa"
    assert "theirs\n<!-- oc1 {} -->" in [step.observation for step in memory.steps()]
    assert memory.on("fresh").milestones()[0].contribution == "on fresh"
    assert memory.import_from(tmp_path / "out").already


def test_no_text_that_contexa_appends_to_an_export_can_forge_a_frame(memory: Memory, tmp_path: Path) -> None:
    memory.export(tmp_path / "out")
    log = (tmp_path / "out/.GCC/branches/main/log.md").read_text()
    framed = log[log.index("<!-- oc1") :].replace("looked", "forged")
    before = len(memory.steps())
    opened(tmp_path / "out").log_ota(f"x\n{framed}", "t", "a")

    memory.import_from(tmp_path / "out")

    assert len(memory.steps()) == before + 1


@pytest.mark.parametrize("what", ["a file", "a file in it", "a foreign .GCC", "a .GCC that is a symlink"])
def test_a_folder_with_something_else_in_it_is_refused_and_left(memory: Memory, tmp_path: Path, what: str) -> None:
    out = tmp_path / "out"
    if what == "a file":
        out.write_text("mine")
    else:
        out.mkdir()
        if what == "a file in it":
            (out / "notes.md").write_text("mine")
        elif what == "a foreign .GCC":
            (out / ".GCC").mkdir()
            (out / ".GCC/main.md").write_text("theirs")
        else:
            memory.export(tmp_path / "elsewhere")
            (out / ".GCC").symlink_to(tmp_path / "elsewhere/.GCC")
    memory.branches()  # which has all branches put into git
    before = tree(tmp_path)

    with pytest.raises(errors.UsageError, match=r"no folder|not empty"):
        memory.export(out)

    assert tree(tmp_path) == before


def test_an_export_into_the_memory_itself_or_in_no_layout_is_refused(memory: Memory, tmp_path: Path) -> None:
    with pytest.raises(errors.UsageError, match="inside the memory"):
        memory.export(memory.path / "out")
    with pytest.raises(errors.UsageError, match="no layout"):
        memory.export(tmp_path / "out", layout="svn")
    assert not (tmp_path / "out").exists()


def test_an_export_of_a_newer_version_is_neither_replaced_nor_read(memory: Memory, tmp_path: Path) -> None:
    memory.export(tmp_path / "out")
    manifest = tmp_path / "out/.GCC/onecontext.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": 2}))

    for ask in (memory.export, memory.import_from):
        with pytest.raises(errors.NewerFormat):
            ask(tmp_path / "out")


def test_what_the_layout_has_no_place_for_is_said(memory: Memory, tmp_path: Path) -> None:
    memory.tag("v1")
    memory.create_branch("gone")
    memory.delete_branch("gone")

    (memory.path / "notes.md").write_text("mine")
    git(memory.path, "add", "notes.md")
    git(memory.path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "notes", "--", "notes.md")
    log = memory.path / "branches/main/log/0000/0000.md"
    log.write_text("a note by hand\n" + log.read_text())
    git(memory.path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "note", "--", str(log))

    notes = memory.export(tmp_path / "out").notes

    assert list(notes) == [
        "notes.md of branch main: the layout has no place for it",
        "what stands before the first record of branches/main/log/0000/0000.md: it is no record",
        "1 tag: the layout has no place for such",
        "1 deleted branch: the layout has no place for such",
    ]


def test_a_full_disk_leaves_the_earlier_export(memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.export(tmp_path / "out")
    before = tree(tmp_path / "out")
    memory.commit("more")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("onecontext.exchange.gcc_place.replace_bytes", full)
    with pytest.raises(errors.StorageError, match="No space"):
        memory.export(tmp_path / "out")

    assert tree(tmp_path / "out") == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".GCC"]


def test_what_was_imported_beside_a_branch_goes_there_and_back(memory: Memory, tmp_path: Path) -> None:
    other = new_memory(tmp_path / "other")
    other.step("theirs")
    other.commit("theirs")
    other.export(tmp_path / "first")
    memory.import_from(tmp_path / "first")
    memory.merge("main-imported")
    memory.export(tmp_path / "out")
    again = Memory.init(tmp_path / "b")

    again.import_from(tmp_path / "out")

    assert everything(again) == everything(memory)
    assert [m.branch for m in again.on("main-imported").milestones()] == ["main"]
