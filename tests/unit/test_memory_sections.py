"""main.md merged by section."""

import time

from onecontext.memory.sections import add_bullet, merge, split

BASE = "# Roadmap\n\n## Goal\n\nA till\n\n## Milestones\n\n- one\n\n## Decisions\n"


def test_the_sections_joined_are_the_text() -> None:
    text = "before\n# A\nx\n```\n# not a heading\n```\n## B\n### inside\n# A\nagain"

    sections = split(text)

    assert list(sections) == ["", "# A", "## B", "# A (2)"]
    assert "".join(sections.values()) == text


def test_what_only_one_side_changed_is_taken() -> None:
    ours = BASE.replace("A till", "A better till")
    theirs = BASE + "\n- use decimals\n"

    merged, conflicts = merge(BASE, ours, theirs)

    assert merged == ours + "\n- use decimals\n"
    assert conflicts == []


def test_lines_that_both_added_are_all_kept() -> None:
    ours, theirs = BASE.replace("- one", "- one\n- two"), BASE.replace("- one", "- one\n- three")

    merged, conflicts = merge(BASE, ours, theirs)

    assert "- one\n- two\n- three\n\n## Decisions" in merged
    assert conflicts == []


def test_a_section_that_both_changed_keeps_ours_and_tells_both_without_markers() -> None:
    ours, theirs = BASE.replace("A till", "A shop"), BASE.replace("A till", "A bank")

    merged, (conflict,) = merge(BASE, ours, theirs)

    assert merged == ours
    assert "<<<<" not in merged
    assert (conflict.heading, conflict.ours, conflict.theirs) == (
        "## Goal",
        "## Goal\n\nA shop\n\n",
        "## Goal\n\nA bank\n\n",
    )


def test_a_section_that_only_theirs_took_away_goes() -> None:
    merged, conflicts = merge(BASE, BASE + "\nx\n", BASE.replace("## Milestones\n\n- one\n\n", ""))

    assert "## Milestones" not in merged
    assert conflicts == []


def test_a_section_taken_away_here_and_changed_there_is_a_conflict() -> None:
    ours, theirs = BASE.replace("## Goal\n\nA till\n\n", ""), BASE.replace("A till", "A bank")

    _, conflicts = merge(BASE, ours, theirs)

    assert [(conflict.heading, conflict.ours) for conflict in conflicts] == [("## Goal", None)]


def test_a_bullet_goes_to_the_end_of_its_section() -> None:
    assert add_bullet(BASE, "## Milestones", "two").count("- one\n- two\n\n## Decisions\n") == 1


def test_a_bullet_makes_its_section_when_there_is_none() -> None:
    assert add_bullet("# Mine", "## Milestones", "one") == "# Mine\n\n## Milestones\n\n- one\n"
    assert add_bullet("", "## Milestones", "one") == "## Milestones\n\n- one\n"


def test_the_first_bullet_stands_apart_from_the_heading() -> None:
    assert add_bullet("## Milestones\n\n## Decisions\n", "## Milestones", "one") == (
        "## Milestones\n\n- one\n\n## Decisions\n"
    )


def test_a_text_of_nothing_but_headings_is_taken_apart_in_time() -> None:
    text = "".join(f"## {number}\n\n```\n## no heading\n```\n" for number in range(20_000))
    began = time.monotonic()

    found = split(text)

    assert len(found) == 20_000
    assert "".join(found.values()) == text
    assert time.monotonic() - began < 30
