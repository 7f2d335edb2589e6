"""The skills that the figures are measured on: many, different, valid, and the same for everybody."""

from pathlib import Path

from skills.finding.discover import find_skills
from skills.search.index import SkillIndex
from tests.support.many_skills import made_skills, write_skills


def test_they_are_the_same_for_the_same_seed_however_many_are_wanted() -> None:
    few, many = list(made_skills(20)), list(made_skills(400))

    assert few == many[:20]
    assert few != list(made_skills(20, seed=8))
    assert len({skill.name for skill in many}) == 400


def test_each_is_found_as_it_was_meant_in_every_form_of_its_front_matter(tmp_path: Path) -> None:
    made = write_skills(tmp_path / ".agents" / "skills", 400)

    found = find_skills(tmp_path, None, bundled=tmp_path / "none")

    assert found.problems == ()
    assert {skill.name: skill.description for skill in found.skills} == {one.name: one.description for one in made}
    forms = {one.document.partition("description:")[2].strip()[0] for one in made}
    assert {'"', "'", ">"} < forms, "quoted in two ways, folded, and plain"
    assert any("\r\n" in one.document for one in made)


def test_one_is_found_among_thousands_by_the_words_of_its_name(tmp_path: Path) -> None:
    write_skills(tmp_path / ".agents" / "skills", 1500)
    skills = find_skills(tmp_path, None, bundled=tmp_path / "none").skills
    index = SkillIndex(skills)

    for skill in skills[::150]:
        assert skill.name in [hit.skill.name for hit in index.search(skill.name.replace("-", " "), 5)]
