"""The command line's own manners: help, versions, typos, streams."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from onecontext import __version__
from onecontext.cli.commands import COMMANDS
from onecontext.cli.output import Output, printable
from teams.protocol.team import Team
from tests.support.missions import onecontext

FROM_NOWHERE = "from onecontext.cli.main import entry; entry()"


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


@pytest.mark.parametrize("words", [["bord"], ["run", "x", "--sandbox", "jail"], ["log", "-n", "many"]])
def test_what_cannot_be_understood_is_one_json_document_for_programs(tmp_path: Path, words: list[str]) -> None:
    ran = onecontext(tmp_path, *words, "--json")

    error = json.loads(ran.stdout)["error"]
    assert (ran.code, error["type"], error["exit_code"]) == (2, "UsageError", 2)
    assert words[-1] in error["message"]


def start_entry(cwd: Path, words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command line through a shell, as a process of its own."""
    return subprocess.run(
        ["sh", "-c", f'"$0" -m onecontext {words}', sys.executable],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device stands in for a full disk here")
@pytest.mark.parametrize("words", ["--help", "log --help", "log", "log --json", "nonsense --json"])
def test_an_answer_that_cannot_be_written_is_one_sentence(tmp_path: Path, words: str) -> None:
    ran = start_entry(tmp_path, f"{words} > /dev/full")

    assert ran.returncode in (3, 6)
    assert ran.stderr.startswith("onecontext: ")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_stops_nobody(tmp_path: Path, closed: str) -> None:
    ran = start_entry(tmp_path, f"init {closed}")

    assert ran.returncode == 0
    assert (tmp_path / ".onecontext" / "main.md").exists()


def test_a_working_folder_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    ran = subprocess.run(
        ["sh", "-c", 'mkdir gone; cd gone; rmdir ../gone; "$0" -c "$1" init', sys.executable, FROM_NOWHERE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 3
    assert ran.stderr.startswith("onecontext: the working folder was removed")


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


def test_nor_can_it_in_json_which_says_the_same_to_programs() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    text = "a\x1b[2J\x7fb\u009b31mc\u202ed\udc80e\u00e9\n"

    Output(stdout, stderr, json=True).answer({"text": text}, "")

    assert json.loads(stdout.getvalue())["data"]["text"] == text
    assert printable(stdout.getvalue()) == stdout.getvalue()
    assert "é" in stdout.getvalue()


def test_text_of_agents_cannot_command_a_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\nd\te") == "a\\x1b[2Jb\\u202ec\nd\te"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_a_character_is_shown_its_escape(tmp_path: Path, encoding: str) -> None:
    Team.create("crew", root=tmp_path / ".claude").board.create("😀 → é", key="t")
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": os.pathsep.join(sys.path)}

    shown, told = [
        subprocess.run([sys.executable, "-c", FROM_NOWHERE, "board", *more], cwd=tmp_path, env=env, capture_output=True)
        for more in ([], ["--json"])
    ]

    assert (shown.returncode, told.returncode) == (0, 0), shown.stderr
    assert rb"\U0001f600 \u2192 " in shown.stdout
    assert json.loads(told.stdout.decode(encoding))["data"]["tasks"][0]["subject"] == "😀 → é"
