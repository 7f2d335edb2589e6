"""The command line's own manners: help, versions, typos, streams."""

import json
from pathlib import Path

import pytest

from onecontext import __version__
from onecontext.cli.commands import COMMANDS
from onecontext.cli.output import printable
from tests.support.missions import onecontext


def test_help_lists_every_command_and_exits_0(tmp_path: Path) -> None:
    ran = onecontext(tmp_path, "--help")

    assert ran.code == 0
    assert all(f"  {word} " in ran.stdout for word in COMMANDS)


def test_without_a_word_the_help_is_shown_and_nothing_was_done(tmp_path: Path) -> None:
    assert onecontext(tmp_path).code == 2


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert onecontext(tmp_path, "--version").stdout == f"onecontext {__version__}\n"


def test_a_typo_is_met_with_the_nearest_command(tmp_path: Path) -> None:
    ran = onecontext(tmp_path, "bord")

    assert ran.code == 2
    assert "did you mean 'board'?" in ran.stderr


def test_a_wrong_argument_is_one_sentence_on_stderr(tmp_path: Path) -> None:
    ran = onecontext(tmp_path, "run", "x", "--sandbox", "jail")

    assert ran.code == 2
    assert ran.stdout == ""
    assert "jail" in ran.stderr
    assert "onecontext run --help" in ran.stderr


@pytest.mark.parametrize("word", sorted(COMMANDS))
def test_every_command_explains_itself_on_stdout(tmp_path: Path, word: str) -> None:
    ran = onecontext(tmp_path, word, "--help")

    assert ran.code == 0
    assert f"onecontext {word}" in ran.stdout
    assert "--json" in ran.stdout
    assert ran.stderr == ""


@pytest.mark.parametrize(
    "words", [["log"], ["context"], ["board"], ["events"], ["resume"], ["mail"], ["commit", "x"], ["step", "-o", "x"]]
)
def test_in_an_empty_folder_each_command_says_what_to_do(tmp_path: Path, words: list[str]) -> None:
    ran = onecontext(tmp_path, *words, "--json")

    assert ran.code == 3
    error = json.loads(ran.stdout)["error"]
    assert error["exit_code"] == 3
    assert error["hint"]
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_text_of_agents_cannot_command_a_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\nd\te") == "a\\x1b[2Jb\\u202ec\nd\te"
