"""``validate``: the published cases of the reference validator, and what each rule says with its line and mend."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from skills.format.strict import BEYOND, check, validate

PUBLISHED = json.loads((Path(__file__).parents[1] / "data/skills/published.json").read_text(encoding="utf-8"))["cases"]


def _written(case: dict[str, Any], top: Path) -> Path:
    folder = top / case["folder"]
    folder.mkdir()
    if case["document"]:
        (folder / case["document"]).write_text(case["text"], encoding="utf-8")
    return folder


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["case"])
def test_the_published_cases_of_the_reference_come_out_the_same(case: dict[str, Any], tmp_path: Path) -> None:
    faults = validate(_written(case, tmp_path))

    assert (faults == []) == case["valid"], faults
    if case["rule"]:
        assert case["rule"] in [fault.rule for fault in faults]


def test_a_path_that_is_not_there_or_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("test")

    assert "is not there" in validate(tmp_path / "nonexistent")[0].reason
    assert "is not a folder" in validate(tmp_path / "file.txt")[0].reason


def test_of_two_documents_the_one_in_upper_case_counts(tmp_path: Path) -> None:
    (tmp_path / "SKILL.md").write_text("upper case")
    (tmp_path / "skill.md").write_text(f"---\nname: {tmp_path.name}\ndescription: d\n---\n")

    assert [fault.rule for fault in validate(tmp_path)] == ["front-matter"]


HEAD = "---\nname: a\ndescription: d\n"


@pytest.mark.parametrize(
    ("text", "rule", "line", "reason"),
    [
        ("---\nname: a\ndescription: Use this: always\n---\n", "yaml", 3, "mapping values"),
        ("---\nname: a\nname: b\ndescription: d\n---\n", "yaml", 3, "the key 'name' twice"),
        ("---\nname: &n a\ndescription: d\n---\n", "yaml", 2, "anchors"),
        ("---\nname: a\ndescription: !!str d\n---\n", "yaml", 3, "tags"),
        ("---\nname: a\ndescription: *x\n---\n", "yaml", 3, "aliases"),
        (f"{HEAD}metadata: {{a: b}}\n---\n", "flow", 4, "not portable"),
        (f"{HEAD}metadata:\n  a:\n    b: c\n---\n", "metadata", 4, "map texts to texts"),
        (f"{HEAD}metadata: text\n---\n", "metadata", 4, "map texts to texts"),
        (f"{HEAD}license:\n  - MIT\n---\n", "text", 4, "'license' must be text"),
        (f"{HEAD}allowed-tools:\n  - Read\n---\n", "text", 4, "'allowed-tools' must be text"),
        (f"{HEAD}compatibility:\n---\n", "compatibility-empty", 4, "is empty"),
        (f"{HEAD}model: large\n---\n", "field", 4, "no field 'model'"),
        ("---\nname:\n  - a\ndescription: d\n---\n", "name-missing", 2, "must be text"),
        ("---\nname: a\ndescription: ' '\n---\n", "description-missing", 3, "is missing"),
        (f"---\nname: a\ndescription: {'d' * 1025}\n---\n", "description", 3, "1,025 characters, more than 1,024"),
        ("---\nname: b\ndescription: d\n---\n", "folder", 2, "'name' is 'b' but the folder is 'a'"),
        ("\ufeff---\nname: a\ndescription: d\n---\n", "front-matter", 1, "no front matter"),
        ("---name: a\ndescription: d\n---\n", "opened", 1, "no front matter"),
        ("---\nname: a\ndescription: d\n----\n", "closed", 1, "never closed"),
        (f"---\nname: a\ndescription: d\n{'# x' * 30_000}\n---\n", "size", 2, "longer than 65,536"),
    ],
)
def test_each_rule_is_told_with_its_line_and_a_mend(text: str, rule: str, line: int, reason: str) -> None:
    (fault,) = check(text, "a")

    assert (fault.rule, fault.line) == (rule, line)
    assert reason in fault.reason
    assert fault.mend


def test_all_faults_are_told_at_once_by_their_lines() -> None:
    faults = check("---\nmodel: x\nname: A_b\nlicense:\n  - x\n---\n", "a")

    assert [(fault.rule, fault.line) for fault in faults] == [
        ("description-missing", 1),
        ("field", 2),
        ("name", 3),
        ("folder", 3),
        ("text", 4),
    ]


@pytest.mark.parametrize("text", ["name: 1.10", "name: '1.10'", "name: yes", "name: 2026-01-02"])
def test_a_value_is_the_text_that_was_written(text: str) -> None:
    written = text.removeprefix("name: ").strip("'")
    faults = check(f"---\nname: a\ndescription: {written}\nmetadata:\n  version: {written}\n---\n", "a")

    assert faults == []


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_of_other_systems_make_no_difference(ending: str) -> None:
    assert check("---\nname: a\ndescription: d\n---\nbody\n".replace("\n", ending), "a") == []


def test_what_the_reference_fails_on_is_a_fault_of_the_file(tmp_path: Path) -> None:
    def fault_of(name: str) -> tuple[str, int | None]:
        ((rule, line, _, mend),) = validate(tmp_path / name)
        assert mend
        assert rule in BEYOND
        return rule, line

    for name in ("folder", "fifo", "latin", "wide", "large", "nul"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder/SKILL.md").mkdir()
    os.mkfifo(tmp_path / "fifo/SKILL.md")
    (tmp_path / "latin/SKILL.md").write_bytes(b"---\nname: latin\ndescription: caf\xe9\n---\n")
    (tmp_path / "wide/SKILL.md").write_bytes("---\nname: wide\n---\n".encode("utf-16"))
    (tmp_path / "large/SKILL.md").write_bytes(b"---\nname: large\ndescription: d\n---\n" + b"x" * 1024 * 1024)
    (tmp_path / "nul/SKILL.md").write_bytes(b"---\nname: nul\ndescription: d\n---\n\n\0")

    assert [fault_of(name) for name in ("folder", "fifo", "latin", "wide", "large", "nul")] == [
        ("file", None),
        ("file", None),
        ("file", 3),
        ("file", 1),
        ("file", None),
        ("file", 6),
    ]


def test_the_working_folder_is_a_path_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "fix-it"
    folder.mkdir()
    (folder / "SKILL.md").write_text("---\nname: fix-it\ndescription: d\n---\n")
    monkeypatch.chdir(folder)

    assert validate(Path()) == validate(Path("SKILL.md")) == validate(Path("../fix-it")) == []
