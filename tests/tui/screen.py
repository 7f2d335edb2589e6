"""The text of a screen as the compositor drew it, and golden files of it.

``UPDATE_SCREENS=1 pytest tests/tui`` writes the golden files anew; look at what changed before committing it.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from textual.pilot import Pilot

from tui.app import MonitorApp
from tui.clocks import newest_event
from tui.pictures import Still
from tui.projection.state import Monitor
from tui.snapshot import GraphLine, Snapshot

SCREENS = Path(__file__).parent / "screens"
GRAPH = (
    GraphLine("*", "a1", ("main",), ("b1", "b2"), "merge fix-prices", "orchestrator"),
    GraphLine("|\\"),
    GraphLine("| *", "b2", ("fix-prices",), ("c1",), "Prices are Decimal", "worker-1"),
    GraphLine("|/"),
    GraphLine("*", "c1", (), (), "the plan", "orchestrator"),
)


def text_of(app: MonitorApp) -> str:
    """Return what the screen shows, without colours and trailing spaces."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


def shown(events: object, *, trouble: str = "", graph: tuple[GraphLine, ...] = GRAPH) -> Snapshot:
    """Return the picture of ``events`` with a memory beside them."""
    monitor = Monitor()
    for event in events:  # type: ignore[attr-defined]
        monitor.apply(event)
    last = monitor.snapshot().last_event_at
    return replace(monitor.snapshot(), trouble=trouble, graph=tuple(replace(line, at=last) for line in graph))


def still(snapshot: Snapshot, **more: object) -> MonitorApp:
    """Return an app that shows one snapshot, at the time of its last event."""
    return MonitorApp(Still(snapshot), label="finished", now=newest_event, zone=UTC, **more)  # type: ignore[arg-type]


def play(
    app: MonitorApp, size: tuple[int, int], act: Callable[[Pilot[None]], Awaitable[object]], *, notices: bool = False
) -> None:
    """Run the app without a terminal and let ``act`` use it; ``notices``: what is said for some seconds is drawn."""

    async def run() -> None:
        async with app.run_test(size=size, notifications=notices) as pilot:
            await pilot.pause()
            await act(pilot)

    asyncio.run(run())


def screens_after(app: MonitorApp, size: tuple[int, int], *steps: Sequence[str]) -> list[str]:
    """Return the screen's text after each of these groups of keys, one after the other."""
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        for keys in steps:
            await pilot.press(*keys)
            await pilot.pause()
            seen.append(text_of(app))

    play(app, size, act)
    return seen


def screen_after(app: MonitorApp, size: tuple[int, int], *keys: str) -> str:
    """Return the screen's text after these keys."""
    return screens_after(app, size, keys)[0]


def assert_screen(name: str, text: str) -> None:
    """Compare with the golden file, or write it when that was asked for."""
    path = SCREENS / f"{name}.txt"
    if os.environ.get("UPDATE_SCREENS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"the screen differs from {path.name}"
