"""Skills in use: bodies and files on demand, the agent's tool, and the command."""

import io
import json
from pathlib import Path

import pytest

from onecontext.cli.main import main
from onecontext.errors import InvalidDocument, UnknownSkill
from skills.activation.activate import activate
from skills.activation.files import files, read_skill_file
from skills.activation.tool import skill_tool
from tests.support.skills import Write, read_skill, skill_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    return skill_writer(tmp_path)


# --- activation -------------------------------------------------------------------------------------------------------


def test_activation_gives_the_body_and_names_the_files_which_are_read_on_demand(write: Write) -> None:
    folder = write("x", "a", body="# A\n\nRead more.md.\n", **{"more.md": "more", ".hidden": "no"})
    skill, _ = read_skill(folder)

    assert activate(skill) == "# A\n\nRead more.md.\n\nFiles of this skill: more.md"
    assert read_skill_file(skill, "more.md") == "more"


@pytest.mark.parametrize("name", ["../b/SKILL.md", "/etc/hosts", "link", "refs/../../b/SKILL.md", "dir-link/SKILL.md"])
def test_nothing_outside_the_folder_of_the_skill_is_read(write: Write, name: str) -> None:
    outside = write("x", "b")
    folder = write("x", "a")
    (folder / "link").symlink_to(outside / "SKILL.md")
    (folder / "dir-link").symlink_to(outside)
    (folder / "refs").mkdir()
    skill, _ = read_skill(folder)

    with pytest.raises(InvalidDocument, match="leads out of the folder"):
        read_skill_file(skill, name)
    assert files(skill) == []


@pytest.mark.parametrize("name", ["none.md", "refs", "a\0b", "x" * 5000])
def test_a_file_that_is_not_there_is_a_sentence(write: Write, name: str) -> None:
    folder = write("x", "a")
    (folder / "refs").mkdir()

    with pytest.raises(InvalidDocument):
        read_skill_file(read_skill(folder)[0], name)


def test_the_tool_reads_bodies_and_files_and_says_what_there_is(write: Write) -> None:
    tool = skill_tool([read_skill(write("x", "a", **{"more.md": "more"}))[0]])

    assert tool.__name__ == "skill"
    assert (tool.__doc__ or "").startswith("Read a skill")
    assert tool("a").startswith("Do it.")
    assert tool(" a/more.md ") == "more"
    with pytest.raises(UnknownSkill, match="no skill 'b' among 1"):
        tool("b")


# --- the command ------------------------------------------------------------------------------------------------------


def _run(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    env = {"HOME": str(tmp_path / "home")}
    code = main(["skill", *words], env=env, cwd=tmp_path / "project", stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def test_list_says_where_from_what_it_costs_and_what_is_wrong(write: Write, tmp_path: Path) -> None:
    write("project/.agents/skills", "a", 'name: a\ndescription: "bad \\e[31m"\n')
    write("home/.claude/skills", "a")
    write("project/.agents/skills", "b", "name: x\ndescription: d\n")

    code, out, err = _run(tmp_path, "list", "--why", "--tokens")

    assert code == 0
    assert "bad \\x1b[31m" in out
    assert "from .agents/skills of the project" in out
    assert "shadows " in out
    assert "tokens in the catalogue" in out
    assert "b/SKILL.md:2: used, though 'name' is 'x' but the folder is 'b'" in err


@pytest.mark.parametrize("words", [("list", "--json"), ("--json", "list"), ("--json", "list", "--json")])
def test_programs_get_json_wherever_they_ask_for_it(write: Write, tmp_path: Path, words: tuple[str, ...]) -> None:
    write("project/.agents/skills", "a")

    data = json.loads(_run(tmp_path, *words)[1])["data"]

    assert {"a", "onecontext-memory"} <= {skill["name"] for skill in data["skills"]}
    assert data["problems"] == []


def test_show_use_and_validate(write: Write, tmp_path: Path) -> None:
    write("project/.agents/skills", "a", **{"more.md": "more"})
    write("project/.agents/skills", "b", "name: b\ndescription: d\nmodel: m\n")

    assert "files: more.md" in _run(tmp_path, "show", "a")[1]
    assert _run(tmp_path, "use", "a")[1] == "Do it.\n\nFiles of this skill: more.md\n"
    assert _run(tmp_path, "use", "a", "more.md")[1] == "more\n"
    assert _run(tmp_path, "use", "zzz")[0] == 2
    assert _run(tmp_path, "validate", ".agents/skills/a")[:2] == (0, "a is a valid skill\n")
    assert _run(tmp_path, "validate", ".agents/skills/a/SKILL.md")[0] == 0
    code, out, _ = _run(tmp_path, "validate", ".agents/skills/b")
    assert (code, "SKILL.md:4: the format has no field 'model'" in out) == (2, True)
    assert _run(tmp_path, "validate", "nowhere")[0] == 2


def test_the_example_in_the_documentation_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = (root / "docs" / "skills.md").read_text(encoding="utf-8").split("```python\n")[-1].split("```")[0]
    monkeypatch.chdir(tmp_path)

    exec(compile(code, "docs/skills.md", "exec"), {})

    assert "<name>onecontext-memory</name>" in capsys.readouterr().out
