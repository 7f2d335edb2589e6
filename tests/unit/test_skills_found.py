"""Where skills are found, which of two with one name counts, and what is refused."""

import os
from pathlib import Path

import pytest

from onecontext.errors import InvalidDocument
from skills.finding import scanning
from skills.finding.configured import configured_paths
from skills.finding.discover import Found, find_skills
from tests.support.skills import Write, skill_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


def _find(tmp_path: Path, **more: object) -> Found:
    return find_skills(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "bundled", **more)  # type: ignore[arg-type]


# --- places and precedence --------------------------------------------------------------------------------------------


def test_the_first_place_of_a_name_counts_and_the_others_are_shown_as_shadowed(write: Write, tmp_path: Path) -> None:
    places = [
        "said",
        "project/packages/web/.agents/skills",
        "project/packages/web/.claude/skills",
        "project/packages/.claude/skills",
        "project/.agents/skills",
        "project/.claude/skills",
        "project/tools/skills",
        "home/.agents/skills",
        "home/.claude/skills",
        "bundled",
    ]
    for place in places:
        write(place, "same")
    write("home/.claude/skills", "only-here")
    write("project/packages/api/.claude/skills", "elsewhere")

    found = _find(
        tmp_path,
        here=tmp_path / "project/packages/web",
        extra=[tmp_path / "said"],
        configured=["tools/skills"],
    )

    assert [(skill.name, skill.description) for skill in found.skills] == [
        ("only-here", "from home/.claude/skills"),
        ("same", "from said"),
    ]
    assert [shadow.skill.description for shadow in found.shadowed] == [f"from {place}" for place in places[1:]]
    assert {shadow.by.scope for shadow in found.shadowed} == {"said"}
    assert [shadow.skill.scope for shadow in found.shadowed] == [*["project"] * 6, "home", "home", "bundled"]
    assert found.shadowed[0].skill.source == ".agents/skills of packages/web"
    assert found.problems == ()


def test_a_path_that_is_one_skill_is_that_skill_and_one_that_is_not_there_is_said(write: Write, tmp_path: Path) -> None:
    one = write("anywhere", "fix-it")

    found = _find(tmp_path, extra=[one, tmp_path / "nowhere"])

    assert [(skill.name, skill.folder) for skill in found.skills] == [("fix-it", one)]
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        (tmp_path / "nowhere", "there is no such folder")
    ]


@pytest.mark.parametrize("name", ["../outside", "/etc", "link", "a\0b"])
def test_a_configuration_names_folders_in_its_project_only(write: Write, tmp_path: Path, name: str) -> None:
    write("outside", "evil")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/link").symlink_to(tmp_path / "outside")

    found = _find(tmp_path, configured=[name])

    assert found.skills == ()
    assert "leads out of the project" in found.problems[0].reason
    assert "--path" in found.problems[0].mend


def test_the_configuration_is_read_for_its_folders_alone(tmp_path: Path) -> None:
    file = tmp_path / "onecontext.toml"

    assert configured_paths(tmp_path) == ()
    file.write_text("[model]\nname = 3\n[skills]\npaths = ['a', 'b']\n")
    assert configured_paths(tmp_path) == ("a", "b")
    for text in ("[skills]\npaths = 'a'\n", "skills = 1\n", "[skills\n"):
        file.write_text(text)
        with pytest.raises(InvalidDocument):
            configured_paths(tmp_path)


def test_a_project_that_is_the_home_folder_is_searched_once_and_none_is_fine(write: Write, tmp_path: Path) -> None:
    write("project/.claude/skills", "a")
    project = tmp_path / "project"

    assert find_skills(project, project, bundled=tmp_path / "none").shadowed == ()
    assert find_skills(tmp_path / "nowhere", None, bundled=tmp_path / "none") == Found((), (), ())


def test_the_client_has_its_folder_where_it_says(write: Write, tmp_path: Path) -> None:
    write("client/skills", "a")
    write("home/.claude/skills", "b")

    found = _find(tmp_path, client=tmp_path / "client")

    assert [(skill.name, skill.scope) for skill in found.skills] == [("a", "home")]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_one_bad_skill_takes_no_other_down(write: Write, tmp_path: Path) -> None:
    place = "project/.agents/skills"
    write(place, "good")
    (write(place, "binary") / "SKILL.md").write_bytes(b"\xff\xfe")
    for name, make in (("folder", Path.mkdir), ("fifo", os.mkfifo)):
        document = write(place, name) / "SKILL.md"
        document.unlink()
        make(document)
    (tmp_path / place / "notes").mkdir()
    (tmp_path / place / "README.md").write_text("no skill")
    (tmp_path / place / ".hidden").mkdir()

    found = _find(tmp_path)

    assert [skill.name for skill in found.skills] == ["good"]
    assert [problem.path.parent.name for problem in found.problems] == ["binary", "fifo", "folder"]
    assert not any(problem.used for problem in found.problems)
    assert all(problem.mend for problem in found.problems)


def test_what_a_symlink_brings_in_from_outside_is_refused_and_inside_it_is_followed(
    write: Write, tmp_path: Path
) -> None:
    outside = write("outside", "away")
    root = tmp_path / "project/.agents/skills"
    inside = write("project/.agents/skills", "here")
    (root / "away").symlink_to(outside)
    (root / "circle").symlink_to(root / "circle")
    (root / "file").mkdir()
    (root / "file/SKILL.md").symlink_to(outside / "SKILL.md")
    (root / "own").mkdir()
    (root / "own/README.md").write_text("---\nname: own\ndescription: d\n---\n")
    (root / "own/SKILL.md").symlink_to("README.md")
    (root / "deep").symlink_to(inside / "more")
    (inside / "more").mkdir()
    (inside / "more/SKILL.md").write_text("---\nname: more\ndescription: d\n---\n")

    found = _find(tmp_path)

    assert [skill.name for skill in found.skills] == ["here", "more", "own"]
    assert [problem.path.parent.name for problem in found.problems] == ["skills", "file"]
    assert all("leads out of" in problem.reason for problem in found.problems)


def test_a_place_of_the_project_that_lies_elsewhere_is_refused_and_one_of_a_person_is_theirs(
    write: Write, tmp_path: Path
) -> None:
    write("outside", "a")
    write("home/.agents/skills", "b")
    (tmp_path / "project/.claude").mkdir(parents=True)
    (tmp_path / "project/.claude/skills").symlink_to(tmp_path / "outside")
    (tmp_path / "project/.agents").symlink_to(tmp_path / "home/.agents")
    (tmp_path / "home/.claude").mkdir()
    (tmp_path / "home/.claude/skills").symlink_to(tmp_path / "dotfiles")
    write("dotfiles", "c")

    found = _find(tmp_path)

    assert [(skill.name, skill.scope) for skill in found.skills] == [("b", "home"), ("c", "home")]
    assert [problem.path.relative_to(tmp_path).as_posix() for problem in found.problems] == [
        "project/.agents/skills",
        "project/.claude/skills",
    ]
    assert all("leads out of the project" in problem.reason for problem in found.problems)


def test_a_symlink_to_a_skill_of_another_searched_place_is_that_skill(write: Write, tmp_path: Path) -> None:
    """Installers of skills put them into ``.agents/skills`` and link to them from ``.claude/skills``."""
    write("project/.agents/skills", "a")
    (tmp_path / "project/.claude/skills").mkdir(parents=True)
    (tmp_path / "project/.claude/skills/a").symlink_to("../../.agents/skills/a")

    found = _find(tmp_path)

    assert [skill.name for skill in found.skills] == ["a"]
    assert (found.problems, found.shadowed) == ((), ())


def test_a_place_that_cannot_be_read_is_a_problem(as_nobody: Path) -> None:
    place = as_nobody / ".agents/skills"
    (place / "a").mkdir(parents=True)
    (place / "a/SKILL.md").write_text("---\nname: a\ndescription: d\n---\n")
    (place / "a/SKILL.md").chmod(0)
    (as_nobody / ".claude/skills").mkdir(parents=True)
    (as_nobody / ".claude/skills").chmod(0)

    found = find_skills(as_nobody, None, bundled=as_nobody / "none")

    (as_nobody / ".claude/skills").chmod(0o700)
    assert [problem.path.name for problem in found.problems] == ["SKILL.md", "skills"]
    assert all("cannot be read: Permission denied" in problem.reason for problem in found.problems)


def test_more_skills_than_are_read_is_said(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MAX_SKILLS", 2)
    for name in ("a", "b", "c"):
        write("project/.agents/skills", name)

    found = _find(tmp_path)

    assert [skill.name for skill in found.skills] == ["a", "b"]
    assert "more than 2 folders" in found.problems[0].reason


def test_a_folder_whose_name_is_no_text_is_a_skill_by_its_own_name(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "project/.agents/skills") + b"/caf\xe9"
    Path(os.fsdecode(folder)).mkdir(parents=True)
    Path(os.fsdecode(folder), "SKILL.md").write_text("---\nname: coffee\ndescription: d\n---\n")

    found = _find(tmp_path)

    assert [skill.name for skill in found.skills] == ["coffee"]
    assert len(found.problems) == 1


def test_who_only_wants_part_of_a_name_gets_nothing_else(write: Write, tmp_path: Path) -> None:
    """Of what is in a folder, only ``SKILL.md`` is a document: neither a longer name nor one in a folder below."""
    folder = write("project/.agents/skills", "a")
    (folder / "SKILL.md").rename(folder / "SKILL.md.bak")
    (folder / "below").mkdir()
    (folder / "below/SKILL.md").write_text("---\nname: below\ndescription: d\n---\n")

    assert _find(tmp_path) == Found((), (), ())
