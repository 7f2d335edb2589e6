"""Tier "none": no confinement, but the promises of the port hold."""

import os
import time
from pathlib import Path

import pytest

from teams.guard.unconfined import Unconfined
from tests.support.guard import bash


@pytest.fixture
def sandbox() -> Unconfined:
    return Unconfined()


def test_exit_codes_are_those_of_the_command(sandbox: Unconfined, tmp_path: Path) -> None:
    codes = {command: bash(sandbox, command, tmp_path).exit_code for command in ("exit 3", "kill -9 $$", "nosuch")}

    assert codes == {"exit 3": 3, "kill -9 $$": 137, "nosuch": 127}
    assert sandbox.run(["nosuch"], workspace=tmp_path).exit_code == 127


def test_a_command_runs_in_its_workspace_with_a_small_environment(
    sandbox: Unconfined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-4711")

    result = bash(sandbox, "pwd; env; cat", tmp_path, env={"GIVEN": "yes"})

    assert result.output.startswith(f"{tmp_path}\n")
    assert "GIVEN=yes" in result.output
    assert "canary" not in result.output
    assert f"HOME={os.environ['HOME']}" not in result.output


def test_a_timeout_ends_also_those_who_left_the_session(sandbox: Unconfined, tmp_path: Path) -> None:
    command = "(setsid setsid bash -c 'trap \"\" TERM HUP; while :; do echo x >> beat; sleep 0.05; done' &); sleep 60"

    result = bash(sandbox, command, tmp_path, timeout_s=0.8)
    size = (tmp_path / "beat").stat().st_size
    time.sleep(0.3)

    assert result.exit_code is None
    assert result.duration_s < 30
    assert (tmp_path / "beat").stat().st_size == size


def test_what_is_left_in_the_background_ends_with_the_command(sandbox: Unconfined, tmp_path: Path) -> None:
    result = bash(sandbox, "(setsid sleep 300 & echo $! > pid); sleep 0.2; exit 5", tmp_path)

    assert result.exit_code == 5
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_much_output_costs_no_memory(sandbox: Unconfined, tmp_path: Path) -> None:
    result = bash(sandbox, "head -c 200000000 /dev/zero | tr '\\0' x; echo last", tmp_path)

    assert len(result.output.encode()) <= 64 * 1024
    assert result.output.endswith("last\n")
    assert result.omitted_bytes > 199_000_000
