"""A sandbox for tests, or the reason why there is none."""

import os
from pathlib import Path

import pytest

from onecontext.errors import NoSandbox
from teams.guard.bubblewrap import Bubblewrap
from teams.guard.port import CommandResult, Sandbox
from teams.guard.registry import open_bubblewrap


def bubblewrap_or_skip() -> Bubblewrap:
    """Return a sandbox that works here; without one the test is skipped, and in CI it fails."""
    try:
        return open_bubblewrap()
    except NoSandbox as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must have the sandbox: {error.message}; {error.hint}")
        pytest.skip(f"no sandbox here: {error.message}")


def bash(sandbox: Sandbox, command: str, workspace: Path, *, timeout_s: float = 20.0, **more: object) -> CommandResult:
    """Run a bash command."""
    return sandbox.run(["bash", "-c", command], workspace=workspace, timeout_s=timeout_s, **more)  # type: ignore[arg-type]
