"""What tired people type: words of other tools, nothing to go on with, typos in files, streams that take nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.missions import make_repository, onecontext, write_script
from tests.support.plays import QUIET


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "yes\n"})


@pytest.mark.parametrize(
    ("word", "said"), [("status", "'onecontext monitor --once'"), ("abort", "'onecontext stop'"), ("logs", "events")]
)
def test_a_word_of_another_tool_is_met_with_ours(tmp_path: Path, word: str, said: str) -> None:
    ran = onecontext(tmp_path, word)

    assert ran.code == 2
    assert said in ran.stderr


@pytest.mark.parametrize(
    "words", [["resume"], ["pause"], ["stop"], ["redirect", "x"], ["retry", "a"], ["fork", "--list"]]
)
def test_where_there_never_was_a_mission_none_is_found_and_a_way_to_one_is_said(
    repository: Path, words: list[str]
) -> None:
    ran = onecontext(repository, *words)

    assert ran.code == 3
    assert f"there is no mission in {repository}" in ran.stderr
    assert "onecontext run" in ran.stderr
    assert not (repository / ".onecontext").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--budget-usd", "-1"), ("--budget-tokens", "0"), ("--workers", "1000000")]
)
def test_a_number_that_cannot_be_is_told_with_the_option_that_was_typed(
    repository: Path, option: str, value: str
) -> None:
    ran = onecontext(repository, "run", "x", "--model", "scripted:x", option, value)

    assert ran.code == 2
    assert f"onecontext: {option}: " in ran.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[modle]\nname = 'x'", "modle: no such key; did you mean 'model'?"),
        ("[run]\nworker = 2", "run.worker: no such key; did you mean 'workers'?"),
        ("[budget.task]\ndollars = 2", "budget.task.dollars: no such key; there are calls, seconds, tokens, usd"),
        ("[model.limits.gpt]\nrequests_per_minut = 1", "did you mean 'requests_per_minute'?"),
        ("[model.difficulty]\nheavy = 'x'", "model.difficulty.heavy: Input should be 'easy'"),
    ],
)
def test_a_typo_in_a_key_is_met_with_the_nearest_key(repository: Path, text: str, said: str) -> None:
    (repository / "onecontext.toml").write_text(text)

    ran = onecontext(repository, "run", "x", "--model", "scripted:x")

    assert ran.code == 2
    assert said in ran.stderr


def test_a_typo_in_a_playbook_is_met_with_the_nearest_key_and_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("version: 1\nname: mine\ndescription: d\nsteps:\n  a:\n    comand: {run: ls}\n")

    ran = onecontext(tmp_path, "play", "--check", str(path))

    assert ran.code == 2
    assert f"{path}:6: steps.a.comand: no such key; did you mean 'command'?" in ran.stderr


def test_a_pattern_that_no_event_fits_is_answered_with_a_word(tmp_path: Path) -> None:
    onecontext(tmp_path, "team", "new", "web", "--root", str(tmp_path))

    ran = onecontext(tmp_path, "events", "--root", str(tmp_path), "--type", "nonsense")

    assert (ran.code, ran.stdout) == (0, "")
    assert "no event of web is one of these" in ran.stderr


@pytest.mark.parametrize("dirty", [True, False])
def test_a_run_says_that_what_is_not_committed_is_not_seen(repository: Path, tmp_path: Path, dirty: bool) -> None:
    if dirty:
        (repository / "a.txt").write_text("no\n")

    ran = onecontext(repository, "run", "x", "--model", write_script(tmp_path, QUIET))

    assert ran.code == 7
    assert ("changes that are not committed are not seen by agents" in ran.stderr) is dirty
    told = ran.stderr.splitlines()
    interrupted = next(number for number, line in enumerate(told) if "interrupted:" in line)
    assert "the work so far is kept" in told[interrupted + 1], "it is told behind what it is said of"


def test_a_resumed_mission_says_why_the_last_run_ended(repository: Path, tmp_path: Path) -> None:
    onecontext(repository, "run", "x", "--model", write_script(tmp_path, QUIET))

    again = onecontext(repository, "resume")

    assert "has no conversation for agent 'team-lead'" in again.stderr.partition("resumed: ")[2].splitlines()[0]


def test_an_error_that_cannot_be_said_still_has_its_exit_code(repository: Path) -> None:
    command = [sys.executable, "-m", "onecontext", "resume"]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, cwd=repository, stderr=full, stdout=subprocess.DEVNULL)

    assert ran.returncode == 6


INTERRUPTED_WHILE_LOADED = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, *more):
        if name == "teams.cli.run":
            os.kill(os.getpid(), signal.SIGINT)

from onecontext.cli.main import entry
sys.meta_path.insert(0, Interrupts())
entry()
"""


def test_an_interrupt_while_a_command_is_loaded_ends_the_process_without_a_traceback(repository: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED_WHILE_LOADED, "run", "x", "--model", "scripted:x"]

    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=60)

    assert (ran.returncode, ran.stdout, ran.stderr) == (-signal.SIGINT, "", "")
    assert not (repository / ".onecontext").exists()
