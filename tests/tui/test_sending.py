"""What is sent to the terminal: what changed on the screen, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from tests.tui.screen import play, shown, still, text_of
from tests.tui.till import whole
from tui.app import MonitorApp
from tui.snapshot import Snapshot
from tui.theme import DARK, LIGHT
from tui.views.registry import VIEWS


def drawn_rows(app: MonitorApp) -> set[int]:
    """Return the rows of the screen that wait to be drawn again, and forget them."""
    return {
        row
        for widget, (region, _) in app.screen._compositor.visible_widgets.items()
        for dirty in widget._exchange_repaint_regions()
        for row in dirty.translate(region.offset).line_range
    }


def rows_of_change(before: Snapshot, after: Snapshot, *keys: str, size: tuple[int, int] = (120, 36)) -> set[int]:
    """Return the rows that are drawn anew when ``after`` follows ``before`` on the view that ``keys`` lead to."""
    app = still(before)
    rows: set[int] = set()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.pause()
        drawn_rows(app)
        app.snapshot = after
        app._draw()
        rows.update(drawn_rows(app))

    play(app, size, act)
    return rows


@pytest.mark.parametrize("key", ["0", *(key for entry in VIEWS for key in [entry.key])])
def test_a_tick_on_which_nothing_changed_draws_nothing(key: str) -> None:
    snapshot = shown(whole().events)

    assert rows_of_change(snapshot, replace(snapshot), key, key) == set()


def test_one_more_event_draws_its_own_row_and_what_counts() -> None:
    snapshot = shown(whole().events)
    # Not the last one: that is what was done last, and the head says so as well.
    log = (*snapshot.log[:-2], replace(snapshot.log[-2], text="another word"), snapshot.log[-1])

    rows = rows_of_change(snapshot, replace(snapshot, log=log), "3", "3")

    assert len(rows) == 1


def test_what_a_key_drew_meanwhile_is_drawn_over() -> None:
    """The cursor stood on a row, went, and the next picture brings it back to where the one before had it."""
    snapshot = shown(whole().events)
    app = still(snapshot)
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("2", "2")
        app.snapshot = replace(snapshot, agents=snapshot.agents[:1])
        app._draw()
        await pilot.pause()
        await pilot.press("down", "up")
        app.snapshot = snapshot
        app._draw()
        await pilot.pause()
        seen.append(text_of(app))

    play(app, (120, 36), act)

    assert all(agent.name in seen[0] for agent in snapshot.agents)


def test_a_later_time_draws_the_clock_and_the_ages_alone() -> None:
    snapshot = shown(whole().events[:-6])
    app = still(snapshot)
    rows: set[int] = set()

    async def act(pilot: Pilot[None]) -> None:
        await pilot.pause()
        drawn_rows(app)
        earlier = app._now(snapshot)
        app._now = lambda _: earlier + timedelta(seconds=1)
        app._draw()
        rows.update(drawn_rows(app))

    play(app, (120, 36), act)

    assert 0 in rows  # the stopwatch of the mission
    assert len(rows) < 12


def test_a_title_in_a_frame_is_text_and_no_markup() -> None:
    app = still(shown(whole().events))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        app.query_one("#log").border_title = "[red]worker[/nothing]"
        await pilot.pause()
        seen.append(text_of(app))

    play(app, (120, 36), act)

    assert "─ [red]worker[/nothing]" in seen[0]


def test_another_palette_draws_everything_in_its_colours() -> None:
    app = still(shown(whole().events))
    colours: list[set[str]] = []

    async def act(pilot: Pilot[None]) -> None:
        for _ in range(2):
            await pilot.pause()
            styles = {segment.style for strip in app.screen._compositor.render_strips() for segment in strip}
            colours.append({str(getattr(style, "color", None) and style.color.name) for style in styles if style})
            await pilot.press("t")

    play(app, (120, 36), act)

    dark, light = colours
    assert DARK.foreground in dark
    assert LIGHT.foreground in light
    ours = {DARK.foreground, DARK.success, DARK.variables["quiet"], DARK.primary}
    assert not ours & light
