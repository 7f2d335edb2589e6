"""A worker's tools, over a sandbox that only remembers."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from teams.agent.tools import tool_from
from teams.agent.worktools import head_and_tail, work_tools
from teams.guard.port import CommandResult
from teams.guard.workspace import Workspace


class RecordingSandbox:
    """Answers every command the same way and remembers how it was asked."""

    tier = "recording"

    def __init__(self, exit_code: int | None = 0, output: str = "fine\n") -> None:
        self.asked: list[tuple[tuple[str, ...], bool, float]] = []
        self._exit_code = exit_code
        self._output = output

    def take_over(self, workspace: Path) -> None:
        """Nothing is written here."""

    def run(
        self,
        argv: Sequence[str],
        *,
        workspace: Path,
        writable: bool = True,
        timeout_s: float = 120.0,
        env: Mapping[str, str] | None = None,
        text: str | None = None,
        stop: threading.Event | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> CommandResult:
        if on_output is not None:
            on_output(self._output.encode())
        self.asked.append((tuple(argv), writable, timeout_s))
        return CommandResult(tuple(argv), self._exit_code, self._output, 0, 0.1)


def named(sandbox: RecordingSandbox, path: Path, *, read_only: bool = False):  # type: ignore[no-untyped-def]
    tools = work_tools(Workspace(path), sandbox, read_only=read_only, timeout_s=7)
    return tools, {function.__name__: function for function in tools.functions}


def test_commands_are_recorded_as_they_went(tmp_path: Path) -> None:
    sandbox = RecordingSandbox(exit_code=2, output="boom\n")
    tools, by_name = named(sandbox, tmp_path)

    answer = by_name["run"]("make test")

    assert answer == "exit code 2\nboom\n"
    assert sandbox.asked == [(("bash", "-c", "make test"), True, 7)]
    assert [(result.argv[-1], result.exit_code) for result in tools.commands] == [("make test", 2)]


def test_a_command_that_took_too_long_is_said_to_have(tmp_path: Path) -> None:
    _, by_name = named(RecordingSandbox(exit_code=None, output=""), tmp_path)

    assert by_name["run"]("sleep 99").startswith("ended after 7 s")


def test_a_judge_cannot_write(tmp_path: Path) -> None:
    sandbox = RecordingSandbox()
    _, by_name = named(sandbox, tmp_path, read_only=True)

    by_name["run"]("true")

    assert set(by_name) == {"run", "read_file", "list_files", "search"}
    assert sandbox.asked[0][1] is False


def test_files_are_written_edited_listed_and_found(tmp_path: Path) -> None:
    _, by_name = named(RecordingSandbox(), tmp_path)

    assert by_name["list_files"]() == "no files"
    assert by_name["write_file"]("src/a.py", "x = 1\ny = 2\n") == "wrote src/a.py, 2 lines"
    assert by_name["edit_file"]("src/a.py", "x = 1", "x = 3") == "edited src/a.py"
    assert by_name["read_file"]("src/a.py") == "x = 3\ny = 2\n"
    assert by_name["search"]("y =") == "src/a.py:2: y = 2"
    assert by_name["search"]("z") == "not found"
    assert by_name["list_files"]("src") == "src/a.py"


@pytest.mark.parametrize("text", ["", "short", "x" * 100])
def test_short_output_is_shown_whole(text: str) -> None:
    assert head_and_tail(text, limit_chars=100) == text


def test_long_output_shows_its_ends() -> None:
    shown = head_and_tail("a" * 300 + "b" * 300, limit_chars=100)

    assert shown == "a" * 50 + "\n… 500 characters left out …\n" + "b" * 50


def test_each_tool_costs_few_words(tmp_path: Path) -> None:
    tools, _ = named(RecordingSandbox(), tmp_path)

    for function in tools.functions:
        spec = tool_from(function).spec
        assert len(spec.description) < 90, spec.name
        assert len(str(dict(spec.parameters))) < 320, spec.name
