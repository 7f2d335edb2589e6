"""What runs a trusted skill's commands for a person: the sandbox of the agents, which this package does not have.

Rule 1: it is named as a string, as the command line names its words: it is loaded when there is something to run.
Rule 2: what is run sees the project read-only, as the folder it is in, and the skill's own folder; it has no network.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from skills.activation.port import Ran, Runner

_SANDBOXES = "teams.guard.registry"


def runner(project: Path, skill_folder: Path) -> Runner:
    """Return what runs commands in ``project``; the sandbox is made with the first.

    Raises, when it is called:
        NoSandbox: it cannot be had on this machine.
    """
    opened: list[Any] = []

    def run(argv: Sequence[str], *, env: Mapping[str, str], timeout_s: float) -> Ran:
        if not opened:
            opened.append(import_module(_SANDBOXES).open_sandbox(readable=[skill_folder]))
        result = opened[0].run(argv, workspace=project, writable=False, timeout_s=timeout_s, env=env)
        return Ran(result.exit_code, result.output)

    return run
