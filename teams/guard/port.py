"""What an agent knows of a sandbox: a command goes in, its result comes out.

Rule 1: a command that ran and failed is a result; only a sandbox that cannot run commands at all is an error.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended.

    ``exit_code`` is 128 + the signal when a signal ended it, and None when it was ended for taking too long, or because
    it was told to stop (``stopped``).
    ``output`` is stdout and stderr as they came, at most the sandbox's limit of bytes, head and tail kept;
    ``omitted_bytes`` counts what was left out of the middle (0: nothing).
    """

    argv: tuple[str, ...]
    exit_code: int | None
    output: str
    omitted_bytes: int
    duration_s: float
    stopped: bool = False

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0


class Sandbox(Protocol):
    """Runs commands that agents wrote, so that they reach only their own working copy."""

    tier: str

    def take_over(self, workspace: Path) -> None:
        """Make the workspace ready, as the first command that may write there would: afterwards only commands touch it.

        Raises:
            OSError: the folder is missing, or we may not.
        """
        ...

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
        """Run ``argv`` with ``workspace`` as its folder and wait for it and all its children.

        Args:
            writable: False mounts the workspace read-only (where the tier can).
            timeout_s: after this the whole process tree is killed.
            env: added to the sandbox's own small environment; None adds nothing. Nothing is inherited.
            text: what it reads on its stdin; None is nothing.
            stop: set, it kills the whole process tree within a second.
            on_output: is given what it prints, as it comes, all of it.

        Raises:
            NoSandbox: this tier does not work on this machine.
        """
        ...
