"""What activating a skill needs of others: somebody who runs a command, as safely as it can be done here.

Rule 1: skills have no sandbox of their own: whoever has one hands it in. Without one nothing is run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Ran:
    """How a command ended: ``exit_code`` None: it took too long. ``output``: what it printed, head and tail of much."""

    exit_code: int | None
    output: str


class Runner(Protocol):
    """Runs one command in a sandbox, in the folder that is worked in, and waits for it and all its children."""

    def __call__(self, argv: Sequence[str], *, env: Mapping[str, str], timeout_s: float) -> Ran:
        """Run ``argv``; ``env`` is added to the sandbox's own small environment.

        Raises:
            NoSandbox: there is none that works here.
        """
        ...
