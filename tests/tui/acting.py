"""A team folder that is watched by a screen whose keys act on it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from teams.protocol.team import Team
from tests.tui.screen import text_of
from tui.acting.control import Control
from tui.app import MonitorApp
from tui.sources.folder import Place
from tui.sources.follow import Follower

PATIENCE_S = 15.0
"""How long a screen or a file may take to become as it shall be, on a machine that is busy."""


def watching(team: Team, *, said: bool = True, person: str = "ada") -> MonitorApp:
    """Return a screen over ``team`` on which ``person`` may act at once (``said``), or is asked first."""
    control = Control(person=person, live=True, env={}, said=said)
    return MonitorApp(Follower(Place(team.root, team.name), None), label="test", control=control)


def drive(
    app: MonitorApp, act: Callable[[Pilot[None]], Awaitable[object]], *, size: tuple[int, int] = (120, 36)
) -> None:
    """Run the screen without a terminal, wait for its first picture, and let ``act`` use it."""

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: app.snapshot.totals.events > 0)
            await act(pilot)

    asyncio.run(run())


def notices(app: MonitorApp) -> str:
    """Return what the notices on the screen say, without the line breaks of their frames."""
    return " | ".join(notice.message for notice in app._notifications)


async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
    """Wait for something to be so.

    Raises:
        AssertionError: it never was; the message shows the screen.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"it never came to be so: {notices(pilot.app)}\n{text_of(pilot.app)}"  # type: ignore[arg-type]
        await pilot.pause(0.05)


def everything(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return each file and folder below ``root`` with its mode, the time of its last change and its content."""
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(root.rglob("*"))
    }
