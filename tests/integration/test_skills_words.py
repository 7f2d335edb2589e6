"""``onecontext skill new | validate | list``, as a person at a terminal meets them."""

import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import pytest

from onecontext.cli.main import main
from skills.cli.skill import WORDS
from skills.format.strict import validate
from tests.support.skills import Write, skill_writer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    (tmp_path / "project/.git").mkdir(parents=True)
    return skill_writer(tmp_path)


def _run(tmp_path: Path, *words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    env = {"HOME": str(tmp_path / "home")}
    code = main(["skill", *words], env=env, cwd=tmp_path / "project", stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


# --- new --------------------------------------------------------------------------------------------------------------

DESCRIPTIONS = [
    None,
    "Fixes it. Use when it is broken.",
    "Fixes it: quickly, # and 'well' \"too\" \\ {a} [b] &c *d",
    "yes",
    "2026-01-02",
    "- Исправляет это 修复 🙂",
    "two\nlines\tand tabs",
    "x" * 1024,
]


@pytest.mark.parametrize("description", DESCRIPTIONS)
@pytest.mark.parametrize("name", ["fix-it", "123", "no", "мой-навык"])
def test_a_new_skill_fits_the_format_and_says_what_was_said(
    write: Write, tmp_path: Path, name: str, description: str | None
) -> None:
    said = ["--description", description] if description is not None else []

    code, _, err = _run(tmp_path, "new", name, *said)

    folder = tmp_path / "project/.agents/skills" / name
    assert code == 0, err
    assert validate(folder) == []
    data = json.loads(_run(tmp_path, "show", name, "--json")[1])["data"]
    assert data["description"] == " ".join((description or data["description"]).split())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Fix It", "fix-it"),
        ("../x", "'x' is"),
        ("", ""),
        ("-a", "'a' is"),
        ("сору", "plain letters"),
        ("ｇit", "plain"),
    ],
)
def test_a_name_that_is_none_is_refused_and_nothing_made(write: Write, tmp_path: Path, name: str, hint: str) -> None:
    code, _, err = _run(tmp_path, "new", "--", name)

    assert code == 2
    assert hint in err
    assert not (tmp_path / "project/.agents").exists()


@pytest.mark.parametrize("description", ["", "  ", "x" * 1025, "bell \x07", "mark \ufeff"])
def test_a_description_that_cannot_be_one_is_refused(write: Write, tmp_path: Path, description: str) -> None:
    code, _, err = _run(tmp_path, "new", "a", "--description", description)

    assert (code, "the description" in err) == (2, True)
    assert not (tmp_path / "project/.agents").exists()


def test_what_is_there_is_never_overwritten(write: Write, tmp_path: Path) -> None:
    folder = write("project/.agents/skills", "a")
    before = (folder / "SKILL.md").read_text()
    elsewhere = tmp_path / "target"
    (write("project/.agents/skills", "b") / "SKILL.md").unlink()
    (tmp_path / "project/.agents/skills/b/SKILL.md").symlink_to(elsewhere)

    (tmp_path / "empty").mkdir()
    (tmp_path / "project/.agents/skills/c").symlink_to(tmp_path / "empty")

    assert [_run(tmp_path, "new", name)[0] for name in ("a", "b", "c")] == [2, 2, 2]
    assert list((tmp_path / "empty").iterdir()) == []
    assert (folder / "SKILL.md").read_text() == before
    assert not elsewhere.exists()


def test_nothing_is_made_outside_the_project_unless_a_person_names_it(write: Write, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "project/.agents").symlink_to(tmp_path / "outside")

    code, _, err = _run(tmp_path, "new", "a")

    assert (code, "leads out of the project" in err) == (2, True)
    assert list((tmp_path / "outside").iterdir()) == []
    assert _run(tmp_path, "new", "a", "--path", "../mine")[0] == 0
    assert validate(tmp_path / "mine/a") == []


# --- validate ---------------------------------------------------------------------------------------------------------


def test_many_are_checked_at_once_and_each_fault_is_told_with_its_place(write: Write, tmp_path: Path) -> None:
    write("project/skills", "good")
    bad = write("project/skills", "bad", "name: Bad\ndescription: d\nmodel: m\n")

    code, out, _ = _run(tmp_path, "validate", "skills/good", "skills/bad/SKILL.md", "skills/none")

    assert code == 2
    assert out.startswith("good is a valid skill\n")
    assert f"{bad}/SKILL.md:2: 'name' 'Bad' is not" in out
    assert f"{bad}/SKILL.md:4: the format has no field 'model'\n  put it under 'metadata'" in out
    assert "skills/none is not there" in out
    rows = json.loads(_run(tmp_path, "validate", "skills/good", "skills/bad", "--json")[1])["data"]["skills"]
    assert [row["valid"] for row in rows] == [True, False]
    assert {fault["rule"] for fault in rows[1]["faults"]} == {"name", "folder", "field"}


def test_a_valid_name_that_looks_like_another_is_told(write: Write, tmp_path: Path) -> None:
    write("project/skills", "сору")

    code, out, _ = _run(tmp_path, "validate", "skills/сору")

    assert code == 0
    assert "looks like 'copy'" in out


# --- list -------------------------------------------------------------------------------------------------------------


def test_list_tells_programs_source_shadowing_problems_and_costs(write: Write, tmp_path: Path) -> None:
    write("project/.agents/skills", "a")
    write("home/.claude/skills", "a")
    write("project/.agents/skills", "b", "name: b\ndescription: Use it: now\n")
    (write("project/.agents/skills", "c") / "SKILL.md").write_text("")

    data = json.loads(_run(tmp_path, "list", "--why", "--tokens", "--json")[1])["data"]

    rows = {row["name"]: row for row in data["skills"]}
    place = tmp_path / "project/.agents/skills"
    assert rows["a"]["source"] == ".agents/skills of the project"
    assert (rows["a"]["scope"], rows["a"]["folder"]) == ("project", str(place / "a"))
    assert rows["a"]["shadows"] == [str(tmp_path / "home/.claude/skills/a")]
    assert 0 < rows["a"]["catalogue_tokens"] < 30
    assert rows["a"]["body_tokens"] > 0
    assert data["catalogue_tokens"] >= rows["a"]["catalogue_tokens"] + rows["b"]["catalogue_tokens"]
    problems = [(p["path"], p["line"], p["used"], bool(p["mend"])) for p in data["problems"]]
    assert problems == [(str(place / "b/SKILL.md"), 3, True, True), (str(place / "c/SKILL.md"), None, False, True)]


def test_a_path_that_a_person_names_goes_before_all_others(write: Write, tmp_path: Path) -> None:
    write("project/.agents/skills", "a")
    write("mine", "a")

    row = json.loads(_run(tmp_path, "list", "--path", "../mine", "--why", "--json")[1])["data"]["skills"][0]

    assert row["scope"] == "said"
    assert _run(tmp_path, "show", "a", "--path", "../mine/a")[1].startswith("name: a\ndescription: from mine\n")


def test_configured_paths_are_searched_and_a_broken_configuration_is_told(write: Write, tmp_path: Path) -> None:
    write("project/tools", "a")
    (tmp_path / "project/onecontext.toml").write_text("[skills]\npaths = ['tools', '../..']\n")

    code, out, err = _run(tmp_path, "list")

    assert code == 0
    assert "a  from project/tools" in out
    assert "'../..' leads out of the project" in err
    (tmp_path / "project/onecontext.toml").write_text("[skills]\npaths = 1\n")
    assert _run(tmp_path, "list")[0] == 2


def _at_a_terminal(command: list[str], cwd: Path, env: dict[str, str], columns: int) -> str:
    """Return what a command prints at a terminal of that many columns."""
    main_end, terminal = pty.openpty()
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdin=terminal, stdout=terminal, stderr=subprocess.PIPE
    ) as process:
        os.close(terminal)
        read = b""
        while True:
            try:
                part = os.read(main_end, 4096)
            except OSError:  # EIO: the other end is closed
                break
            if not part:
                break
            read += part
        assert process.wait() == 0
    os.close(main_end)
    return read.decode("utf-8").replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [80, 40])
def test_at_a_terminal_no_line_is_wider_than_it(write: Write, tmp_path: Path, root: Path, columns: int) -> None:
    write(
        "project/.agents/skills",
        "a-rather-long-name-of-a-skill",
        f"name: a-rather-long-name-of-a-skill\ndescription: {'word ' * 99}\n",
    )
    write("project/.agents/skills", "技能", f"name: 技能\ndescription: {'技能' * 99}\n")
    write("home/.claude/skills", "技能")
    env = {**os.environ, "HOME": str(tmp_path / "home"), "NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    env.pop("COLUMNS", None)

    command = [sys.executable, "-m", "onecontext", "skill", "list", "--why", "--tokens"]
    lines = _at_a_terminal(command, tmp_path / "project", env, columns).splitlines()

    assert len(lines) > 10
    assert max(sum(2 if ord(character) > 0x2E80 else 1 for character in line) for line in lines) <= columns
    assert sum(line.endswith("…") for line in lines) >= 2


# --- the words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", WORDS)
def test_each_word_has_a_help_of_its_own(write: Write, tmp_path: Path, word: str) -> None:
    code, out, _ = _run(tmp_path, word, "--help")

    assert code == 0
    assert f"onecontext skill {word}" in out
    assert WORDS[word].help in _run(tmp_path, "--help")[1].replace("\n" + " " * 24, " ")


def test_only_the_file_of_the_word_is_loaded(tmp_path: Path) -> None:
    code = (
        "import io, sys; from pathlib import Path; from onecontext.cli.main import main\n"
        f"main(['skill', 'list'], env={{}}, cwd=Path({str(tmp_path)!r}), stdin=io.StringIO(),"
        " stdout=io.StringIO(), stderr=io.StringIO())\n"
        "print(*sorted(name for name in sys.modules if name.startswith('skills.cli.')))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) == {"skills.cli.skill", "skills.cli.list_", "skills.cli.found", "skills.cli.lines"}
