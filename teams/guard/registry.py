"""Open a sandbox by the name of its tier.

Rule 1: "none" is only ever what somebody asked for by name; no failure leads to it.
Rule 2: what is returned was proved to work here, a moment ago, by running a command.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from onecontext.errors import NoSandbox, UsageError
from teams.guard.advice import how_to_allow, how_to_install
from teams.guard.bubblewrap import ROOTS_STAND_IN_UID, SETPRIV, Bubblewrap, Identity
from teams.guard.environment import SYSTEM_PATH, users_home
from teams.guard.limits import Limits
from teams.guard.port import Sandbox
from teams.guard.probe import probe
from teams.guard.unconfined import Unconfined

Opener = Callable[..., Sandbox]


def open_sandbox(
    tier: str = "bubblewrap",
    *,
    readable: Sequence[Path] = (),
    tools: Sequence[Path] = (),
    limits: Limits | None = None,
    search_path: Sequence[str] = SYSTEM_PATH,
) -> Sandbox:
    """Return a sandbox of ``tier`` that works on this machine.

    Args:
        tier: one of :data:`TIERS`. "none" confines nothing.
        readable: more files or folders that commands may read, at their own (absolute) paths.
        tools: folders with programs, put first on the PATH of commands.
        limits: None: the defaults.
        search_path: where the sandbox's own program is looked for.

    Raises:
        NoSandbox: it cannot be had here; the hint says what to do about it.
        UsageError: there is no such tier, or ``readable`` would show a whole home.
    """
    if tier not in TIERS:
        raise UsageError(f"there is no sandbox {tier!r}; there are {', '.join(TIERS)}")
    for folder in (*readable, *tools):
        _check_readable(folder)
    return TIERS[tier](readable=readable, tools=tools, limits=limits, search_path=search_path)


def bubblewrap_path(search_path: Sequence[str] = SYSTEM_PATH) -> Path | None:
    """Return where bwrap is, or None. Our own PATH is not asked: what is first on it may not be the system's."""
    found = shutil.which("bwrap", path=":".join(search_path))
    return None if found is None else Path(found)


def _open_unconfined(*, tools: Sequence[Path], **_: object) -> Sandbox:
    return Unconfined(tools=tools)


def open_bubblewrap(
    *,
    readable: Sequence[Path] = (),
    tools: Sequence[Path] = (),
    limits: Limits | None = None,
    search_path: Sequence[str] = SYSTEM_PATH,
) -> Bubblewrap:
    """Return bubblewrap, proved to work; see :func:`open_sandbox`.

    Raises:
        NoSandbox: it is missing, or does not work here.
    """
    bwrap = bubblewrap_path(search_path)
    if bwrap is None:
        raise NoSandbox("the sandbox needs bubblewrap, which is not installed", hint=how_to_install())
    problem: NoSandbox | None = None
    for identity in _identities():
        sandbox = Bubblewrap(bwrap, identity=identity, readable=readable, tools=tools, limits=limits)
        try:
            probe(sandbox)
        except NoSandbox as error:
            problem = error
        else:
            return sandbox
    assert problem is not None
    raise NoSandbox(problem.message, hint=how_to_allow()) from problem


def _identities() -> list[Identity | None]:
    """Return who commands may run as here, best first. A container's root may lack what dropping the id takes."""
    if os.geteuid() != 0 or not Path(SETPRIV).exists():
        return [None]
    return [Identity(ROOTS_STAND_IN_UID, stand_in=True), Identity(65533, stand_in=True), None]


def _check_readable(folder: Path) -> None:
    if not folder.is_absolute() or not folder.exists():
        raise UsageError(f"{folder} cannot be made readable: there is no such absolute path")
    home = users_home()
    if folder == Path("/") or (home is not None and (folder == home or folder in home.parents)):
        raise UsageError(f"{folder} holds a whole home, which no sandbox shows; name the folder inside it")


TIERS: dict[str, Opener] = {"bubblewrap": open_bubblewrap, "none": _open_unconfined}
