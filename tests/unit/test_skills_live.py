"""Skills of a process that runs for long: new, changed and removed ones are seen, and half-written ones do no harm."""

import shutil
from pathlib import Path

import pytest

from skills.finding import discover, live
from skills.finding.live import EVERY_S, LiveSkills
from skills.finding.places import Search
from skills.format import loading
from tests.support.skills import Write, skill_writer


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def skills(write: Write, tmp_path: Path, clock: Clock) -> LiveSkills:
    write("project/.agents/skills", "a")
    write("home/.claude/skills", "b")
    search = Search(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "none")
    return LiveSkills(search, clock=clock)


def _names(skills: LiveSkills) -> list[str]:
    return [skill.name for skill in skills.found.skills]


def test_what_is_added_changed_and_removed_is_seen_at_the_next_look(
    skills: LiveSkills, write: Write, tmp_path: Path, clock: Clock
) -> None:
    def look() -> bool:
        clock.now += EVERY_S
        changed = skills.changed()
        skills.refresh()
        return changed

    assert not look()
    write("project/.claude/skills", "new")
    assert look()
    assert _names(skills) == ["a", "b", "new"]
    (tmp_path / "project/.agents/skills/a/SKILL.md").write_text("---\nname: a\ndescription: changed\n---\n")
    assert look()
    assert skills.found.skills[0].description == "changed"
    shutil.rmtree(tmp_path / "home/.claude/skills/b")
    assert look()
    assert _names(skills) == ["a", "new"]
    assert not look()


def test_between_two_looks_nothing_is_asked_of_the_disk(
    skills: LiveSkills, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    see = live.see
    monkeypatch.setattr(live, "see", lambda search: looks.append(search) or see(search))

    for _ in range(1000):
        assert not skills.changed()
    clock.now += EVERY_S
    for _ in range(1000):
        assert not skills.changed()

    assert len(looks) == 1


def test_who_watches_files_is_asked_for_nothing_and_heard_at_once(
    write: Write, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("project/.agents/skills", "a")
    skills = LiveSkills(Search(tmp_path / "project", None, bundled=tmp_path / "none"), watched=True, clock=clock)
    folder = write("project/.agents/skills", "new")
    clock.now += 1000

    assert not skills.changed()
    skills.touched(folder / "SKILL.md")
    assert skills.changed()
    skills.refresh()
    assert _names(skills) == ["a", "new"]
    assert not skills.changed()
    assert any(folder.is_relative_to(top) for top in skills.folders())


def test_only_what_changed_is_read_again(skills: LiveSkills, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = (tmp_path / "project/.agents/skills/a/SKILL.md").stat().st_ctime_ns + 10**10
    monkeypatch.setattr(discover.time, "time_ns", lambda: later)
    live_skills = LiveSkills(Search(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "none"))
    read = []
    load = loading.load
    monkeypatch.setattr(loading, "load", lambda path, folder: read.append(folder.name) or load(path, folder))

    (tmp_path / "home/.claude/skills/b/SKILL.md").write_text("---\nname: b\ndescription: changed\n---\n")
    live_skills.refresh()

    assert read == ["b"]


@pytest.mark.parametrize("half", ["", "---\nname: a\ndescr", "---\n"])
def test_a_document_that_is_half_written_leaves_the_skill_as_it_was(
    skills: LiveSkills, tmp_path: Path, half: str
) -> None:
    document = tmp_path / "project/.agents/skills/a/SKILL.md"
    before = skills.found.skills[0]
    document.write_text(half)

    for _ in range(3):
        found = skills.refresh()
        assert found.skills[0] == before
        (problem,) = found.problems
        assert (problem.path, problem.used) == (document, True)
        assert "it is used as it was before" in problem.reason

    document.write_text("---\nname: a\ndescription: whole\n---\n")
    found = skills.refresh()
    assert (found.skills[0].description, found.problems) == ("whole", ())
    document.unlink()
    assert [skill.name for skill in skills.refresh().skills] == ["b"]


def test_a_document_that_never_was_a_skill_is_none(skills: LiveSkills, write: Write) -> None:
    (write("project/.agents/skills", "half") / "SKILL.md").write_text("---\nname: half\n")

    found = skills.refresh()

    assert [skill.name for skill in found.skills] == ["a", "b"]
    assert [problem.used for problem in found.problems] == [False]
