"""Skills: the format, and where they are found."""

from pathlib import Path

import pytest

from onecontext.errors import InvalidDocument
from skills.finding.discover import Found, find_skills
from skills.format.reading import read_skill
from tests.support.skills import Write, skill_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


def _find(tmp_path: Path) -> Found:
    return find_skills(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "bundled")


# --- the format -------------------------------------------------------------------------------------------------------


def test_a_skill_with_every_field_is_read_and_has_no_fault(write: Write) -> None:
    front = (
        "name: fix-it\ndescription: Fixes it.\nlicense: MIT\ncompatibility: Needs git\n"
        "allowed-tools: Bash(git:*) Read\nmetadata:\n  version: '1.0'\n"
    )

    skill, faults = read_skill(write("x", "fix-it", front))

    assert faults == []
    assert (skill.name, skill.description, skill.license) == ("fix-it", "Fixes it.", "MIT")
    assert skill.allowed_tools == ("Bash(git:*)", "Read")
    assert skill.metadata == {"version": "1.0"}


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("description: d\n", "'name' is missing"),
        ("name: a\n", "'description' is missing"),
        ("name: a\ndescription: ' '\n", "'description' is missing"),
        ("name: b\ndescription: d\n", "'name' is 'b' but the folder is 'a'"),
        ("name: A\ndescription: d\n", "must be 1 to 64 of a-z"),
        ("name: a--b\ndescription: d\n", "must be 1 to 64 of a-z"),
        ("name: -a\ndescription: d\n", "must be 1 to 64 of a-z"),
        (f"name: {'a' * 65}\ndescription: d\n", "must be 1 to 64 of a-z"),
        (f"name: a\ndescription: {'d' * 1025}\n", "has 1025 characters, more than 1024"),
        ("name: a\nname: a\ndescription: d\n", "line 3: the key 'name' twice"),
        ("name: [a\ndescription: d\n", "front matter, line"),
    ],
)
def test_a_skill_whose_name_or_description_is_in_doubt_is_refused(write: Write, front: str, reason: str) -> None:
    with pytest.raises(InvalidDocument, match=reason):
        read_skill(write("x", "a", front))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("model: large", "no field 'model'"),
        ("license: 3", "'license' must be text"),
        (f"compatibility: {'c' * 501}", "501 characters, more than 500"),
        ("metadata: {version: 1.0}", "must map text to text"),
        ("allowed-tools: [Read]", "'allowed-tools' must be text"),
    ],
)
def test_a_lesser_fault_is_reported_and_the_skill_used(write: Write, line: str, reason: str) -> None:
    skill, (fault,) = read_skill(write("x", "a", f"name: a\ndescription: d\n{line}\n"))

    assert skill.name == "a"
    assert reason in fault.reason
    assert not fault.fatal


# --- finding ----------------------------------------------------------------------------------------------------------


def test_the_first_place_of_a_name_counts_and_the_others_are_shown_as_shadowed(write: Write, tmp_path: Path) -> None:
    places = [
        "project/.agents/skills",
        "project/.claude/skills",
        "home/.agents/skills",
        "home/.claude/skills",
        "bundled",
    ]
    for place in places:
        write(place, "same")
    write("home/.claude/skills", "only-here")

    found = _find(tmp_path)

    assert [(skill.name, skill.description) for skill in found.skills] == [
        ("only-here", "from home/.claude/skills"),
        ("same", "from project/.agents/skills"),
    ]
    assert [shadow.skill.description for shadow in found.shadowed] == [f"from {place}" for place in places[1:]]
    assert {shadow.by.source for shadow in found.shadowed} == {".agents/skills of the project"}
    assert found.problems == ()


def test_one_bad_skill_takes_no_other_down(write: Write, tmp_path: Path) -> None:
    place = "project/.agents/skills"
    write(place, "good")
    write(place, "bad", "name: other\ndescription: d\n")
    (write(place, "binary") / "SKILL.md").write_bytes(b"\xff\xfe")
    document = write(place, "pipe") / "SKILL.md"
    document.unlink()
    document.mkdir()
    (tmp_path / place / "notes").mkdir()
    (tmp_path / place / "README.md").write_text("no skill")

    found = _find(tmp_path)

    assert [skill.name for skill in found.skills] == ["good"]
    assert {problem.path.parent.name: problem.reason for problem in found.problems}.keys() == {"bad", "binary", "pipe"}
    assert not any(problem.used for problem in found.problems)


def test_what_a_symlink_brings_in_from_outside_is_refused_and_inside_it_is_followed(
    write: Write, tmp_path: Path
) -> None:
    outside = write("outside", "away")
    root = tmp_path / "project/.agents/skills"
    inside = write("project/.agents/skills", "here")
    (root / "away").symlink_to(outside)
    (root / "file").mkdir()
    (root / "file" / "SKILL.md").symlink_to(outside / "SKILL.md")
    (inside / "copy.md").write_text("x")

    found = _find(tmp_path)

    assert [skill.name for skill in found.skills] == ["here"]
    assert [problem.path.name for problem in found.problems] == ["away", "file"]
    assert all("leads out of skills" in problem.reason for problem in found.problems)


def test_a_project_that_is_the_home_folder_is_searched_once_and_none_is_fine(write: Write, tmp_path: Path) -> None:
    write("project/.claude/skills", "a")
    project = tmp_path / "project"

    assert find_skills(project, project, bundled=tmp_path / "none").shadowed == ()
    assert find_skills(tmp_path / "nowhere", None, bundled=tmp_path / "none") == Found((), (), ())
