"""The doctor's line about the sandbox, from really running a command in it."""

from collections.abc import Iterable
from pathlib import Path

from onecontext.doctor.check import Check
from onecontext.errors import NoSandbox
from teams.guard.probe import probe
from teams.guard.registry import bubblewrap_path, open_bubblewrap


def checks(cwd: Path) -> Iterable[Check]:
    """Open the default sandbox, which runs a command that looks for what it must not reach."""
    try:
        sandbox = open_bubblewrap()
    except NoSandbox as error:
        # Memory needs no sandbox, so its absence is no failure; one that is there and does not hold is.
        yield Check("sandbox", "warn" if bubblewrap_path() is None else "fail", error.message, error.hint)
        return
    yield Check("sandbox", "ok", "; ".join(probe(sandbox)))
