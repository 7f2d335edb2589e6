"""Loading: every document becomes a skill, or one problem with line and mend; reading it is linear in its length."""

from pathlib import Path
from typing import Any

import pytest

from skills.finding.discover import find_skills
from skills.format.loading import load, load_text
from skills.format.reading import read_body
from tests.support.untidy import BODY, UNTIDY, Untidy
from tests.support.work import calls_of


def _document(top: Path, untidy: Untidy) -> Path:
    folder = top / "fix-it"
    folder.mkdir()
    (folder / "SKILL.md").write_bytes(untidy.content)
    return folder / "SKILL.md"


@pytest.mark.parametrize("case", UNTIDY, ids=str)
def test_a_document_becomes_a_skill_or_one_problem(case: str, tmp_path: Path) -> None:
    untidy = UNTIDY[case]

    skill, problem = load(_document(tmp_path, untidy))

    assert (skill.name if skill else "") == untidy.name, problem
    if skill:
        assert skill.description.startswith(untidy.description)
        assert len(skill.description) <= 1024
    if untidy.line == 0:
        assert problem is None
    else:
        assert problem is not None
        assert problem.used == (skill is not None)
        assert untidy.reason in problem.reason
        assert problem.mend
        assert untidy.line is None or problem.line == untidy.line


@pytest.mark.parametrize("case", [case for case in UNTIDY if UNTIDY[case].name], ids=str)
def test_an_agent_is_never_shown_front_matter_as_text(case: str, tmp_path: Path) -> None:
    body = read_body(_document(tmp_path, UNTIDY[case]).parent).replace("\r\n", "\n").replace("\r", "\n")

    assert body in (BODY, BODY.lstrip("\n"), "")


def test_no_one_of_them_takes_another_down(tmp_path: Path) -> None:
    place = tmp_path / ".agents/skills"
    for number, untidy in enumerate(UNTIDY.values()):
        folder = place / f"skill-{number}"
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_bytes(untidy.content)
    good = place / "the-good-one"
    good.mkdir()
    (good / "SKILL.md").write_text("---\nname: the-good-one\ndescription: d\n---\n")

    found = find_skills(tmp_path, None, bundled=tmp_path / "none")

    told = {problem.path.parent.name for problem in found.problems}
    taken = {skill.folder.name for skill in (*found.skills, *(shadow.skill for shadow in found.shadowed))}
    assert len(found.problems) == len(told)
    assert told | taken == {path.name for path in place.iterdir()}
    assert "the-good-one" in taken - told


def test_values_are_kept_as_they_were_written(tmp_path: Path) -> None:
    def loaded(case: str) -> Any:
        (tmp_path / case).mkdir()
        return load(_document(tmp_path / case, UNTIDY[case])).skill

    assert loaded("metadata in braces").metadata == {"version": "1.10", "author": "me"}
    assert loaded("metadata nested").metadata == {"author.name": "me", "tags": "a, b"}
    assert loaded("a list of tools").allowed_tools == ("Bash(git add:*)", "Read")
    assert loaded("fields of a client").more == {"argument-hint": "[what]", "model": "opus", "hooks": {"Stop": ["x"]}}


@pytest.mark.parametrize(
    ("written", "tools"),
    [
        ("Bash(git:*) Read", ("Bash(git:*)", "Read")),
        ("Bash(git add:*, git rm:*), Read,Write", ("Bash(git add:*, git rm:*)", "Read", "Write")),
        ("", ()),
        ("Bash(never closed", ("Bash(never closed",)),
    ],
)
def test_tools_are_told_apart_outside_their_brackets(written: str, tools: tuple[str, ...]) -> None:
    text = f"---\nname: a\ndescription: d\nallowed-tools: {written}\n---\n"

    skill, problem = load_text(text, Path("/a/SKILL.md"), Path("/a"))

    assert skill is not None
    assert skill.allowed_tools == tools
    assert problem is None


@pytest.mark.parametrize(("name", "mend"), [("skill.md", "name it SKILL.md"), ("Skill.MD", "name it SKILL.md")])
def test_a_document_in_other_case_is_taken(tmp_path: Path, name: str, mend: str) -> None:
    folder = tmp_path / ".agents/skills/fix-it"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(UNTIDY["tidy"].content)

    found = find_skills(tmp_path, None, bundled=tmp_path / "none")

    assert [skill.name for skill in found.skills] == ["fix-it"]
    assert [(problem.mend, problem.used) for problem in found.problems] == [(mend, True)]
    assert read_body(folder) == BODY


@pytest.mark.parametrize(
    "unit", ["k: v: w\n", "name: a\n", "- x\n", "x\n", "\n", "'", "a: '\n", "# x\n", "(", "d: [\n", "---x\n", "\t\n"]
)
@pytest.mark.parametrize(
    "top", ["---\nname: a\ndescription: d\n{}\n---\n", "---\ndescription: {}\n---\n", "{}", "---\n---\n{}"]
)
def test_twice_the_text_is_twice_the_work(top: str, unit: str) -> None:
    def load_of(size: int) -> object:
        return load_text(top.format(unit * (size // len(unit))), Path("/a/SKILL.md"), Path("/a"))

    small, large = (calls_of(lambda size=size: load_of(size)) for size in (8_000, 16_000))  # type: ignore[misc]

    assert large <= 2.2 * small + 200
