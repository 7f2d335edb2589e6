"""The menu of acts on small and large screens: what cannot be done says why, to the last word."""

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from teams.protocol.team import Team
from tests.tui.acting import drive, make_team, until, watching
from tests.tui.screen import text_of
from tui.views.menu import Choices


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team with a mission that no process runs, and a member of ours."""
    return make_team(tmp_path / "shop")


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_a_long_reason_can_be_read_whole_and_the_cursor_goes_from_act_to_act(size: tuple[int, int], team: Team) -> None:
    task = team.board.create("Fix it", key="fix", by="ann")
    app = watching(team)
    reasons: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("1", "1")
        await until(pilot, lambda: getattr(app.under_cursor, "id", None) == task.id)
        await pilot.press("exclamation_mark")
        for _ in range(12):
            await pilot.pause()
            reasons.append(text_of(app))
            await pilot.press("down")
        assert app.screen.query_one(Choices).pointed is not None

    drive(app, act, size=size)

    shown = [" ".join(re.sub(r"[│╭╮╰╯─▁-█▎]", " ", text).split()) for text in reasons]
    whole = "its mission gives tasks out itself; redirect says what is wanted otherwise"
    assert any(whole in text for text in shown), shown[-1]
    assert not any("…" in text.partition("what to do")[2].partition("enter")[0] for text in shown)
