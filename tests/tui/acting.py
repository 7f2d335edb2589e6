"""A team folder that is watched by a screen whose keys act on it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.pilot import Pilot

from onecontext.api import Memory
from teams.protocol.mail.forms import PermissionRequest
from teams.protocol.team import Team
from tests.support.missions import make_repository
from tests.tui.screen import text_of
from tui.acting.control import Control
from tui.app import MonitorApp
from tui.sources.folder import Place
from tui.sources.follow import Follower

PATIENCE_S = 15.0
"""How long a screen or a file may take to become as it shall be, on a machine that is busy."""


STARTED = {
    "goal": "Make the suite pass",
    "branch": "onecontext/till-1",
    "base": "1" * 40,
    "model": "scripted:script",
    "scripted": True,
    "workers": 2,
    "sandbox": "bubblewrap",
    "max_attempts": 3,
}


def make_team(project: Path) -> Team:
    """Make a team with a mission that no process runs, a member of ours, and one of another program."""
    make_repository(project, {"a.txt": "a\n"})
    Memory.init(project)
    team = Team.create("till-1", root=project / ".onecontext", cwd=project)
    team.journal.append("mission.started", STARTED, mission="till-1")
    team.join("ann")
    config = team.folder / "config.json"
    document = json.loads(config.read_text())
    guest = {"agentId": "guest@till-1", "name": "guest", "color": "green", "joinedAt": 1, "tmuxPaneId": "in-process"}
    document["members"].append({**guest, "subscriptions": [], "agentType": "general-purpose", "cwd": str(project)})
    config.write_text(json.dumps(document, indent=2))
    team.take_in()
    return team


def ask(team: Team, command: str = "ls till", why: str = "to see the till") -> PermissionRequest:
    """Have ``ann`` ask leave for a command."""
    form = PermissionRequest.make(
        "ann", tool_name="Bash", tool_use_id="t", description=why, input={"command": command, "timeout": 5}
    )
    team.send("team-lead", form.to_text(), sender="ann")
    return form


def recorded(team: Team, *types: str) -> Sequence[tuple[str | None, dict[str, object]]]:
    """Return who is recorded to have done events of these types, and their data."""
    return [(event.agent, dict(event.data)) for event in team.journal.read() if event.type in types]


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
