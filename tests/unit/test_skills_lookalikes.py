"""Names that look like others: who may have one, and who is refused."""

from pathlib import Path

import pytest

from skills.finding.confusables import LOOKS_LIKE
from skills.finding.discover import find_skills
from skills.finding.lookalikes import imitates, skeleton
from skills.format.names import is_name
from tests.support.skills import Write, skill_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


@pytest.mark.parametrize(
    ("name", "looks"),
    [("сору", "copy"), ("gіt-help", "git-help"), ("раураl", "paypal"), ("ο", "o"), ("ɡit", "git")],
)
def test_a_name_of_other_letters_that_looks_like_one_of_ascii_is_told(name: str, looks: str) -> None:
    assert imitates(name) == looks


@pytest.mark.parametrize("name", ["git", "навык", "мой-навык", "技能", "café", "læs", "größe", "δοκιμή"])
def test_a_name_that_looks_like_itself_is_nobody_elses(name: str) -> None:
    assert imitates(name) == ""


@pytest.mark.parametrize(("one", "other"), [("modern", "modem"), ("v1", "vl"), ("go", "g0"), ("gіt", "git")])
def test_names_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_the_table_has_only_what_a_name_may_hold() -> None:
    assert len(LOOKS_LIKE) > 200
    for character, looks in LOOKS_LIKE.items():
        assert is_name(chr(character))
        assert looks.isascii()
        assert is_name(looks)


@pytest.mark.parametrize(
    ("home", "project", "kept"),
    [
        ("git-help", "git-he1p", "git-help"),
        ("git-he1p", "git-help", "git-he1p"),  # whoever the person trusts more
        ("git-help", "gіt-help", "git-help"),
        ("gіt-help", "git-help", "git-help"),  # nobody may have other letters
    ],
)
def test_of_two_that_look_alike_the_trusted_one_counts(
    write: Write, tmp_path: Path, home: str, project: str, kept: str
) -> None:
    write("project/.agents/skills", project)
    write("home/.agents/skills", home)

    found = find_skills(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "none")

    assert [skill.name for skill in found.skills] == [kept]
    (problem,) = found.problems
    assert "looks like" in problem.reason
    assert not problem.used
    assert problem.mend


def test_how_an_accent_is_stored_makes_no_other_name(write: Write, tmp_path: Path) -> None:
    write("project/.agents/skills", "caf\u00e9", "name: cafe\u0301\ndescription: d\n")
    write("home/.agents/skills", "caf\u00e9")

    found = find_skills(tmp_path / "project", tmp_path / "home", bundled=tmp_path / "none")

    assert [skill.name for skill in found.skills] == ["caf\u00e9"]
    assert len(found.shadowed) == 1
    assert found.problems == ()


def test_letters_that_only_become_plain_ones_are_refused(write: Write, tmp_path: Path) -> None:
    write("project/.agents/skills", "git", "name: \uff47\uff49\uff54\ndescription: d\n")

    found = find_skills(tmp_path / "project", None, bundled=tmp_path / "none")

    assert found.skills == ()
    assert "which it looks like" in found.problems[0].reason
