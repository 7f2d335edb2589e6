"""``onecontext ctx``, as a person and as a program meet it."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onecontext.cli.main import main

LOG = "".join(f"{n} {'error: disk full' if n % 1000 == 0 else 'all is well'}\n" for n in range(1, 5001))


class Answer:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


Shell = Callable[..., Answer]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    def run(*argv: str, stdin: str = "") -> Answer:
        out, err = io.StringIO(), io.StringIO()
        code = main(argv, env={}, cwd=tmp_path, stdin=io.StringIO(stdin), stdout=out, stderr=err)
        return Answer(code, out.getvalue(), err.getvalue())

    assert run("init").code == 0
    (tmp_path / "app.log").write_text(LOG)
    return run


def test_a_file_is_put_and_looked_at(shell: Shell) -> None:
    put = shell("ctx", "put", "app.log")
    handle = put.out.strip()

    assert put.err == f"{len(LOG):,} bytes, {len(LOG):,} characters, 5000 lines\n"
    assert shell("ctx", "head", handle, "-n", "2").out == "1 all is well\n2 all is well\n"
    assert shell("ctx", "head", handle, "-c", "5").out == "1 all\n"
    assert shell("ctx", "slice", handle, "-L", "4999:").out == "4999 all is well\n5000 error: disk full\n"
    assert shell("ctx", "slice", handle, "-L", ":1").out == "1 all is well\n"
    piece = shell("ctx", "slice", handle, "--characters", "2:5")
    assert (piece.out, piece.err) == ("all\n", f"characters 2 to 5 of {len(LOG):,}\n")
    assert shell("ctx", "list").out.startswith(f"{handle}  ")


def test_a_search_prints_lines_as_grep_does(shell: Shell) -> None:
    handle = shell("ctx", "put", "app.log").out.strip()

    found = shell("ctx", "grep", handle, "ERROR", "-i", "-C", "1", "-m", "2")
    none = shell("ctx", "grep", handle, "panic")

    assert found.out.splitlines() == [
        *("999-999 all is well", "1000:1000 error: disk full", "1001-1001 all is well"),
        "--",
        *("1999-1999 all is well", "2000:2000 error: disk full", "2001-2001 all is well"),
    ]
    assert found.err == "2 matching lines; there are more than 2\n"
    assert (found.code, none.code, none.out, none.err) == (0, 1, "", "no line matches\n")


def test_programs_are_told_in_json(shell: Shell) -> None:
    put = shell("ctx", "put", "-", "--json", stdin="é\npassword: hunter2!secret\n").data

    assert put["redacted"] == 1
    handle = put["handle"]
    assert shell("ctx", "head", handle, "--json").data["text"] == "é\npassword: [redacted:credential]\n"
    assert shell("ctx", "grep", "--json", handle, "é").data["lines"] == [
        {"number": 1, "text": "é", "match": True, "cut": False}
    ]
    counted = shell("ctx", "count", handle, "--tokens", "--grep", "a", "--json").data
    assert (counted["lines"], counted["matches"], counted["characters"]) == (2, 1, 34)
    assert counted["tokens"] > 5
    assert shell("ctx", "list", "--json").data[0]["handle"] == handle
    assert shell("ctx", "collect", "--json").data == {"removed": [], "kept": 1, "size_bytes": 0}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["ctx"], "required: WORD"),
        (["ctx", "burn"], "invalid choice"),
        (["ctx", "put", "missing.log"], "there is no file"),
        (["ctx", "put", "."], "not a regular file"),
        (["ctx", "head", "nonsense"], "'nonsense' is no handle"),
        (["ctx", "head", "ctx:0000"], "there is no ctx:0000"),
        (["ctx", "slice", "ctx:0000"], "one of the arguments"),
        (["ctx", "slice", "ctx:0000", "-L", "x"], "'x' is no range"),
        (["ctx", "grep", "ctx:0000", "("], "cannot be searched for: missing )"),
        (["ctx", "collect", "--grace", "1"], "grace period"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(shell: Shell, argv: list[str], said: str) -> None:
    answer = shell(*argv)

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_without_a_memory_it_says_what_to_do(tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()

    code = main(["ctx", "list"], env={}, cwd=tmp_path, stdin=io.StringIO(), stdout=out, stderr=err)

    assert code == 3
    assert "onecontext init" in err.getvalue()


def test_control_characters_do_not_reach_a_terminal(shell: Shell) -> None:
    handle = shell("ctx", "put", "-", stdin="\x1b[31mred\x1b[0m\n").out.strip()

    for words in (["head", handle], ["slice", handle, "-c", ":"], ["grep", handle, "red"]):
        assert "\x1b" not in shell("ctx", *words).out


def test_a_pipe_is_read_as_bytes_and_one_that_closes_is_no_error(shell: Shell, tmp_path: Path) -> None:
    def piped(line: str) -> subprocess.CompletedProcess[bytes]:
        command = line.replace("onecontext", f"{sys.executable} -m onecontext")
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"], cwd=tmp_path, capture_output=True, check=False
        )

    put = piped("printf 'a\\xff\\xc3\\xa9\\n' | onecontext ctx put - --json")
    handle = json.loads(put.stdout)["data"]["handle"]
    assert json.loads(put.stdout)["data"]["replaced"] == 1
    assert "a\ufffdé\n".encode() == piped(f"onecontext ctx head {handle}").stdout
    whole = shell("ctx", "put", "-", stdin=LOG * 40).out.strip()

    closed = piped(f"onecontext ctx slice {whole} -c : | head -1")

    assert (closed.returncode, closed.stdout) == (141, b"1 all is well\n")
    assert b"Traceback" not in closed.stderr
    assert piped("onecontext ctx list > /dev/full").returncode == 6


# --- ask -------------------------------------------------------------------------------------------------------------

SCRIPT = """
version: 1
conversations:
  - role: reader
    turns: [{say: "the disk was full at line 1000"}]
"""


def test_a_model_is_asked_about_a_value_and_the_answer_says_what_it_took(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    handle = shell("ctx", "put", "app.log").out.strip()

    asked = shell("ctx", "ask", handle, "Why did it fail?", "--model", f"scripted:{tmp_path / 'script.yaml'}")
    data = shell("ctx", "ask", handle, "-", "--model", "scripted:script.yaml", "--json", stdin="Why?\n")

    assert (asked.code, asked.out) == (0, "the disk was full at line 1000\n")
    assert "5 of 5 portions read; 6 calls, " in asked.err
    assert data.code == 3  # a path of a script is from where the process is, as for every command
    data = shell(
        "ctx",
        "ask",
        handle,
        "-",
        "--model",
        f"scripted:{tmp_path / 'script.yaml'}",
        "--json",
        "--calls",
        "2",
        stdin="Why?",
    ).data
    assert (data["partial"], data["read"], data["calls"], data["cost_usd"]) == (True, 1, 1, 0.0)


def test_calls_are_in_the_journal_of_the_team_that_is_named(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    (tmp_path / "onecontext.toml").write_text(f'[model]\nname = "scripted:{tmp_path / "script.yaml"}"\n')
    handle = shell("ctx", "put", "app.log").out.strip()
    assert shell("team", "new", "fix", "--root", ".onecontext").code == 0

    shell("ctx", "ask", handle, "Why?", "--team", "fix")

    cost = shell("cost", "--team", "fix", "--root", ".onecontext", "--json").data
    assert (cost["together"]["calls"], cost["groups"][0]["agent"]) == (6, "agent")


def test_a_budget_of_the_configuration_holds_for_a_question_too(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    (tmp_path / "onecontext.toml").write_text("[budget]\ncalls = 2\n")
    handle = shell("ctx", "put", "app.log").out.strip()

    asked = shell("ctx", "ask", handle, "Why?", "--model", f"scripted:{tmp_path / 'script.yaml'}")

    assert asked.code == 0
    assert "the disk was full" in asked.out
    assert "partial: a call failed: " in asked.err
    assert "2 of 5 portions read" in asked.err


def test_a_question_without_a_model_says_how_to_name_one(shell: Shell, tmp_path: Path) -> None:
    handle = shell("ctx", "put", "app.log").out.strip()

    asked = shell("ctx", "ask", handle, "Why?")
    elsewhere = tmp_path / "onecontext.toml"
    elsewhere.write_text('[model]\nname = "openai/gpt-5"\napi_base = "https://evil.example/v1"\n')
    sent = shell("ctx", "ask", handle, "Why?")

    assert (asked.code, sent.code) == (3, 2)
    assert "no model was named" in asked.err
    assert "would send your key and your code to evil.example" in sent.err
