"""Folders of contexa, taken in: names, branches that are there already, growing folders, and what is no record."""

import json
import os
import re
import time
from pathlib import Path

import pytest
from contexa import GCCWorkspace

from onecontext import Memory, errors
from tests.support.exchange import about, commits, opened, otas
from tests.support.memory import check, git


def workspace(folder: Path) -> GCCWorkspace:
    made = GCCWorkspace(str(folder))
    made.init("Build a till")
    made.log_ota("looked", "think", "did")
    made.commit("one")
    made.branch("try-it", "explore")
    made.log_ota("side", "", "")
    made.commit("on side")
    return made


def branch_file(memory: Memory, branch: str, path: str) -> str:
    return (memory.layout.place(branch).folder / "branches" / branch / path).read_text()


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory.init(tmp_path / "mine", agent="ann")


def test_branches_records_metadata_and_roadmap_come_in_and_git_is_content(memory: Memory, tmp_path: Path) -> None:
    theirs = workspace(tmp_path / "theirs")
    theirs.merge("try-it")

    done = memory.import_from(tmp_path / "theirs")

    assert [(b.source, b.name, b.milestones, b.steps, b.created) for b in done.branches] == [
        ("main", "main", 2, 2, False),
        ("try-it", "try-it", 1, 1, True),
    ]
    assert (done.layout, done.already, done.notes) == ("gcc", False, ())
    assert memory.read_main() == theirs.context().main_roadmap == memory.on("try-it").read_main()
    side = next(branch for branch in memory.branches() if branch.name == "try-it")
    assert (side.purpose, side.parent, side.status) == ("explore", "main", "merged")
    assert "merged_into: main" in branch_file(memory, "try-it", "metadata.yaml")
    assert re.fullmatch(
        r"<!-- log.md, from character \d+ -->\n\n## Merged from `try-it` \(.*\)\n",
        branch_file(memory, "main", "imported/branch/log.md"),
    )
    record = memory.milestones()[0]
    assert memory.show(record.id).contribution == record.contribution
    assert memory.show(record.id[:6]).id == record.id
    assert {(step.agent, step.session) for step in memory.steps()} == {("imported", "")}
    check(memory.path)


def test_a_grown_folder_adds_only_what_is_new_in_one_commit_a_branch(memory: Memory, tmp_path: Path) -> None:
    theirs = workspace(tmp_path / "theirs")
    memory.import_from(tmp_path / "theirs")
    memory.step("mine in between")
    memory.commit("of our own")
    tips = {branch.name: branch.commit for branch in memory.branches()}
    theirs.log_ota("more", "", "")
    new = theirs.commit("news")
    theirs.update_roadmap("## Later\n\n- sleep")

    done = memory.import_from(tmp_path / "theirs")

    assert [(b.name, b.milestones, b.steps, b.already) for b in done.branches] == [
        ("main", 0, 0, False),
        ("try-it", 1, 1, False),
    ]
    assert memory.show(new.commit_id).contribution == "news"
    assert "- sleep" in memory.read_main()
    assert [m.contribution for m in memory.milestones()] == ["of our own", "one"]
    for branch in memory.branches():
        assert git(memory.path, "rev-list", "--count", f"{tips[branch.name]}..{branch.name}").strip() == "1"
    assert memory.import_from(tmp_path / "theirs").already


def test_the_second_import_writes_nothing_at_all(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    memory.import_from(tmp_path / "theirs")
    before = git(memory.path, "for-each-ref")

    done = memory.import_from(tmp_path / "theirs")

    assert done.already
    assert all(branch.already and branch.kept == () for branch in done.branches)
    assert git(memory.path, "for-each-ref") == before


def test_a_branch_with_a_history_of_its_own_stays_and_theirs_goes_beside_it(memory: Memory, tmp_path: Path) -> None:
    memory.commit("ours")
    workspace(tmp_path / "theirs")
    (tmp_path / "second").mkdir()
    workspace(tmp_path / "second")

    first = memory.import_from(tmp_path / "theirs")
    second = memory.import_from(tmp_path / "second")

    assert [branch.name for branch in first.branches] == ["main-imported", "try-it"]
    assert [branch.name for branch in second.branches] == ["main-imported-2", "try-it-imported"]
    assert [m.contribution for m in memory.milestones()] == ["ours"]
    assert any("'main' is called 'main-imported' here" in note for note in first.notes)
    memory.merge("main-imported")
    assert {m.contribution.split(":")[0] for m in memory.milestones()} == {"ours", "one", "Merged main-imported"}
    assert memory.import_from(tmp_path / "theirs").already


def test_names_that_cannot_be_ours_are_mapped_each_to_another_one(memory: Memory, tmp_path: Path) -> None:
    theirs = workspace(tmp_path / "theirs")
    names = [
        "Fix Login!",
        "fix login!",
        "fix-login",
        "Größe",
        "Gro\u0308ße",
        "con",
        "..a..b..",
        "日本",
        "x" * 90,
        "-",
        "a.lock",
    ]
    for name in names:
        theirs.branch(name, "p")
        theirs.commit(f"on {name}")

    done = memory.import_from(tmp_path / "theirs")

    called = {branch.source: branch.name for branch in done.branches}
    assert len(set(called.values())) == len(names) + 2
    assert {name: called[name] for name in ("fix-login", "Fix Login!", "fix login!", "con")} == {
        "fix-login": "fix-login",
        "Fix Login!": "fix-login-2",
        "fix login!": "fix-login-3",
        "con": "b-con",
    }
    for source, name in called.items():
        if source not in ("main", "try-it"):
            assert memory.on(name).milestones(limit=1)[0].contribution == f"on {source}"
    assert memory.import_from(tmp_path / "theirs").already
    check(memory.path)


def test_prose_garbled_records_and_strange_files_are_kept_word_for_word(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    top = tmp_path / "theirs/.GCC"
    log = top / "branches/main/log.md"
    log.write_text(
        "A note at the top.\n\n" + log.read_text() + "### Step two — yesterday\n**Observation** no colon\n\n---\n"
        "prose between\n\n### Step 3 - 2026-01-05\n**Observation:** a\n\n**Thought:** b\n\n**Action:** c\n\n---\n"
        "### Step 4 — 2026-01-05T10:00:00+02:00\n**Observation:** d\n\n**Thought:** e\n\n**Action:** f\n\n---\n"
        "### Step 5 — 2026-01-05T10:00:00+00:00\n**Observation:** \0nul\n\n**Thought:** g\n\n**Action:** h\n\n---\n"
        "torn end"
    )
    (top / "branches/main/commit.md").write_bytes(b"## Commit `zz-9`\n**Timestamp:** whenever\n\n\xff\0!\n\n---\n")
    (top / "branches/main/sub").mkdir()
    (top / "branches/main/sub/.gitattributes").write_text("* text")
    (top / "config.toml").write_text("key = 1")

    done = memory.import_from(top)

    steps = memory.steps()[::-1]
    assert [(step.n, step.observation, step.thought) for step in steps] == [
        (1, "looked", "think"),
        (0, "**Observation** no colon", ""),
        (3, "a", "b"),
        (4, "d", "e"),
        (5, "\ufffdnul", "g"),
    ]
    assert f"{steps[3].at:%H:%M}" == "08:00"
    kept = branch_file(memory, "main", "imported/branch/log.md")
    for words in (
        "A note at the top.",
        "### Step two — yesterday",
        "prose between",
        "### Step 3 - 2026-01-05",
        "10:00:00+02:00",
        "\0nul",
        "torn end",
    ):
        assert words in kept
    milestone = memory.milestones()[0]
    assert milestone.contribution == "\ufffd\ufffd!"
    place = memory.path / "branches/main/imported"
    assert b"## Commit `zz-9`\n**Timestamp:** whenever\n\n\xff\0!\n\n---\n" in (place / "branch/commit.md").read_bytes()
    assert (place / "branch/sub/%2Egitattributes").read_text() == "* text"
    assert (place / "folder/config.toml").read_text() == "key = 1"
    assert "branches/main/imported/folder/config.toml" in done.branches[0].kept
    assert memory.import_from(top).already
    check(memory.path)


def test_links_pipes_and_large_files_are_neither_followed_nor_waited_for(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    top = tmp_path / "theirs/.GCC"
    (tmp_path / "secret.md").write_text("not yours")
    (top / "branches/main/metadata.yaml").unlink()
    (top / "branches/main/metadata.yaml").symlink_to(tmp_path / "secret.md")
    (top / "branches/away").symlink_to(tmp_path)
    os.mkfifo(top / "pipe")
    with (top / "huge.bin").open("wb") as file:
        file.truncate(10 * 1024**3)
    (top / ".git").mkdir()

    began = time.monotonic()
    done = memory.import_from(tmp_path / "theirs")

    assert time.monotonic() - began < 10
    for words in ("symlink, which is not followed: branches/away", "followed: branches/main/metadata.yaml"):
        assert any(words in note for note in done.notes)
    for words in ("no regular file: pipe", "10,737,418,240 bytes: huge.bin", "a git repository: .git/"):
        assert any(words in note for note in done.notes)
    assert [branch.name for branch in done.branches] == ["main", "try-it"]
    assert "not yours" not in git(memory.path, "grep", "-h", "", "main")


def test_a_log_too_large_to_read_is_refused_before_anything_is_written(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    with (tmp_path / "theirs/.GCC/branches/try-it/log.md").open("ab") as file:
        file.truncate(65 * 1024**2)
    before = git(memory.path, "for-each-ref")

    with pytest.raises(errors.Damaged, match="more than the"):
        memory.import_from(tmp_path / "theirs")

    assert git(memory.path, "for-each-ref") == before


def test_hostile_yaml_is_kept_and_not_read(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
    )
    (tmp_path / "theirs/.GCC/branches/main/metadata.yaml").write_text(bomb)
    (tmp_path / "theirs/.GCC/branches/try-it/metadata.yaml").write_text(
        "x: !!python/object/apply:os.system [id]\n" + "[" * 9000
    )

    done = memory.import_from(tmp_path / "theirs")

    assert sum("no YAML mapping: kept, and not read" in note for note in done.notes) == 2
    assert branch_file(memory, "main", "imported/branch/metadata.yaml") == bomb


def test_secrets_stay_outside(memory: Memory, tmp_path: Path) -> None:
    key = "sk-ant-api03-" + "Zq9" * 31 + "AA"
    theirs = workspace(tmp_path / "theirs")
    theirs.log_ota(f"saw {key}", "", "")
    theirs.update_roadmap(key)
    (tmp_path / "theirs/.GCC/notes.txt").write_text(key)

    memory.import_from(tmp_path / "theirs")

    places = [path.read_bytes() for path in memory.path.rglob("*.md")] + [
        path.read_bytes() for path in memory.path.rglob("*.txt")
    ]
    assert not any(key.encode() in content for content in places)
    assert any(b"[redacted:" in content for content in places)


@pytest.mark.parametrize(
    ("where", "words"), [("nowhere", "no folder"), ("empty", "no memory"), ("mine/.onecontext", "itself")]
)
def test_a_folder_without_a_memory_is_refused(memory: Memory, tmp_path: Path, where: str, words: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(errors.UsageError, match=words):
        memory.import_from(tmp_path / where)


def test_ten_thousand_records_come_in_within_seconds_in_bounded_files(memory: Memory, tmp_path: Path) -> None:
    theirs = workspace(tmp_path / "theirs")
    record = theirs.log_ota("o" * 40, "t", "a").to_markdown()
    done = theirs.commit("c" * 40).to_markdown()
    with (tmp_path / "theirs/.GCC/branches/main/log.md").open("a") as file:
        file.writelines(record.replace("Step 2", f"Step {n}") for n in range(3, 5003))
    with (tmp_path / "theirs/.GCC/branches/main/commit.md").open("a") as file:
        file.writelines(done.replace(done[11:19], f"{n:08x}") for n in range(5000))

    began = time.monotonic()
    memory.import_from(tmp_path / "theirs")
    took_s = time.monotonic() - began

    assert (len(memory.steps()), len(memory.milestones())) == (5001, 5001)
    assert memory.steps(limit=1)[0].n == 5002
    sizes = [path.stat().st_size for path in (memory.path / "branches/main").rglob("*.md")]
    assert max(sizes) <= 32 * 1024
    assert max(len(list(path.iterdir())) for path in (memory.path / "branches/main/log").iterdir()) <= 100
    assert took_s < 30


def test_a_project_around_a_log_is_not_swallowed(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    project = tmp_path / "project"
    (tmp_path / "theirs/.GCC").rename(project)
    (project / "src").mkdir()
    (project / "src/app.py").write_text("print()")

    done = memory.import_from(project)

    assert [(branch.milestones, branch.steps) for branch in done.branches] == [(1, 1), (1, 1)]
    assert any("not taken in, 1 files outside of branches/" in note for note in done.notes)
    assert git(memory.path, "ls-files", "*app.py") == ""


def test_a_branch_whose_name_is_no_text_and_one_whose_name_is_a_tag(memory: Memory, tmp_path: Path) -> None:
    memory.tag("side")
    theirs = workspace(tmp_path / "theirs")
    theirs.branch("side", "p")
    (tmp_path / "theirs/.GCC/branches").joinpath(os.fsdecode(b"caf\xe9")).mkdir()

    done = memory.import_from(tmp_path / "theirs")

    assert [branch.name for branch in done.branches] == ["caf", "main", "side-imported", "try-it"]
    again = memory.import_from(tmp_path / "theirs")
    assert again.already
    assert [branch.name for branch in again.branches] == ["caf", "main", "side-imported", "try-it"]
    check(memory.path)


def test_an_import_that_was_cut_short_is_finished_by_the_next_one(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace(tmp_path / "theirs")
    with monkeypatch.context() as patch:
        patch.setattr("onecontext.store.objects.Objects.tidy", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            memory.import_from(tmp_path / "theirs")
    assert "try-it" in [branch.name for branch in memory.branches()]

    done = memory.import_from(tmp_path / "theirs")

    assert not done.already
    assert [m.contribution for m in memory.on("try-it").milestones()] == ["on side"]
    assert next(branch for branch in memory.branches() if branch.name == "try-it").purpose == "explore"
    assert memory.import_from(tmp_path / "theirs").already
    check(memory.path)


def test_a_record_without_its_end_waits_until_it_has_one(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    log = tmp_path / "theirs/.GCC/branches/main/log.md"
    whole = log.read_text()
    log.write_text(whole[:-8])

    torn = memory.import_from(tmp_path / "theirs")
    assert "**Action:** d\n" in branch_file(memory, "main", "imported/branch/log.md")
    log.write_text(whole)
    done = memory.import_from(tmp_path / "theirs")

    assert (torn.branches[0].steps, done.branches[0].steps) == (0, 1)
    assert [step.action for step in memory.steps()] == ["did"]
    log.write_text(whole[:-1])
    assert memory.import_from(tmp_path / "theirs").branches[0].steps == 0


def test_a_folder_without_main_leaves_ours_alone(memory: Memory, tmp_path: Path) -> None:
    theirs = workspace(tmp_path / "theirs")
    for path in sorted((tmp_path / "theirs/.GCC/branches/main").iterdir()):
        path.unlink()
    (tmp_path / "theirs/.GCC/branches/main").rmdir()
    before = memory.layout.tip("main")

    done = memory.import_from(tmp_path / "theirs")

    assert [branch.name for branch in done.branches] == ["try-it"]
    assert memory.layout.tip("main") == before
    assert memory.on("try-it").read_main() == theirs.context().main_roadmap


def test_an_export_that_lies_breaks_no_branch(memory: Memory, tmp_path: Path) -> None:
    source = Memory.init(tmp_path / "source")
    source.step("a")
    source.commit("b")
    source.export(tmp_path / "out")
    manifest = tmp_path / "out/.GCC/onecontext.json"
    about = json.loads(manifest.read_text())
    about["branches"]["main"]["metadata"] = "merged: [../../etc, x/y, main]\npurpose: 7\n"
    about["branches"]["main"]["merged"] = {"../up": "a: b", "con": "x"}
    about["branches"]["../../evil"] = {"metadata": "", "merged": {}}
    manifest.write_text(json.dumps(about))
    extra = tmp_path / "out/.GCC/branches/main/onecontext/files"
    (extra / "log/0000").mkdir(parents=True)
    (extra / "log/0000/0000.md").write_text("not a log")
    (extra / "metadata.yaml").write_text("not: ours")

    memory.import_from(tmp_path / "out")

    assert [milestone.contribution for milestone in memory.milestones()] == ["b"]
    assert [step.observation for step in memory.steps()] == ["a"]
    assert [branch.name for branch in memory.branches()] == ["main"]
    assert branch_file(memory, "main", "imported/export/log/0000/0000.md") == "not a log"
    check(memory.path)


def test_contexa_reads_its_own_folder_again_after_an_import_and_an_export(memory: Memory, tmp_path: Path) -> None:
    theirs = workspace(tmp_path / "theirs")
    theirs.log_ota("a\nb", "| x |---|", "did")
    theirs.merge("try-it")
    theirs.log_ota("after", "the", "merge")

    memory.import_from(tmp_path / "theirs")
    memory.export(tmp_path / "out")

    for branch in ("main", "try-it"):
        assert otas(tmp_path / "out", branch) == otas(tmp_path / "theirs", branch)
        assert commits(tmp_path / "out", branch) == commits(tmp_path / "theirs", branch)
        assert about(tmp_path / "out", branch) == about(tmp_path / "theirs", branch)
    assert opened(tmp_path / "out").context().main_roadmap == theirs.context().main_roadmap


def test_what_two_imports_kept_under_one_name_is_all_there(memory: Memory, tmp_path: Path) -> None:
    workspace(tmp_path / "theirs")
    log = tmp_path / "theirs/.GCC/branches/main/log.md"
    log.write_text(log.read_text() + "first prose\n")
    memory.import_from(tmp_path / "theirs")
    memory.export(tmp_path / "out")
    log = tmp_path / "out/.GCC/branches/main/log.md"
    log.write_text(log.read_text() + "second prose\n")
    again = Memory.init(tmp_path / "again")

    again.import_from(tmp_path / "out")

    kept = "".join(path.read_text() for path in (again.path / "branches/main/imported").rglob("log.md*"))
    assert "first prose" in kept
    assert "second prose" in kept
    assert again.import_from(tmp_path / "out").already
