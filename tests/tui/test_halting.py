"""Between a word to pause or stop and what it comes to, the screen says so, and for how long."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from tests.tui.screen import shown
from tests.tui.story import Story
from tests.tui.till import middle
from tui.acting.control import Control
from tui.acting.subject import subject_of
from tui.acting.table import BY_NAME, refusal_of
from tui.frame import frame
from tui.plain.words import summary_lines
from tui.projection.gone import with_its_life
from tui.projection.teams import Glance, line_of
from tui.rows.head import head_rows
from tui.rows.spans import plain
from tui.snapshot import Heart, Snapshot

BUSY = ("thinking", "tool")


def halted(word: str, *states: str) -> Story:
    """Return a mission with a word that holds it, in which agents then say that they are at these states."""
    story = middle()
    story.tell("mission.halted", "zoe", word=word, by="zoe", reason="lunch")
    for name in {agent.name for agent in shown(story.events).agents}:
        story.tell("agent.state", name, state="idle", detail="", after_s=0)
    for number, state in enumerate(states, start=1):
        story.tell("agent.state", f"worker-{number}", state=state, detail="", after_s=0)
    return story


def head(picture: Snapshot, *, later_s: float, cells: int = 100) -> str:
    assert picture.last_event_at is not None
    return plain(head_rows(picture, cells, now=picture.last_event_at + timedelta(seconds=later_s))[0])


@pytest.mark.parametrize(
    ("word", "states", "phase"),
    [
        ("stop", BUSY, "stopping"),
        ("stop", (), "stopping"),
        ("pause", BUSY, "pausing"),
        ("pause", ("waiting", "checking"), "pausing"),
        ("pause", ("waiting", "stuck"), "paused"),
        ("pause", (), "paused"),
    ],
)
def test_the_head_and_words_alone_and_the_line_of_the_team_say_what_is_under_way_and_for_how_long(
    word: str, states: tuple[str, ...], phase: str
) -> None:
    story = halted(word, *states)
    picture, glance = shown(story.events), Glance()
    for event in story.events:
        glance.apply(event)
    assert picture.mission is not None
    assert picture.last_event_at is not None
    summary = summary_lines(picture, now=picture.last_event_at + timedelta(seconds=65), zone=UTC)

    assert f"‖ {phase} for 1m" in head(picture, later_s=65)
    assert f"mission {phase} for 1:05, begun " in summary[1]
    assert f"‖ {phase}" in frame(picture, 100, now=picture.last_event_at, zone=UTC)
    assert line_of(glance.snapshot(), "r", "till-1").phase == phase
    assert picture.mission.halted_at == next(event.at for event in story.events if event.type == "mission.halted")


def test_what_was_in_hand_comes_to_its_end_and_so_does_the_word() -> None:
    story = halted("pause", "tool")
    story.tell("agent.state", "worker-1", state="waiting", detail="paused")
    paused = shown(story.events)
    story.tell("mission.released", "zoe", by="zoe")
    on = shown(story.events)
    stopped = halted("stop", "tool")
    stopped.tell("mission.ended", ending="stopped", reason="by zoe: lunch", branch="b", commit="")
    over = shown(stopped.events)

    assert "‖ paused for 7s" in head(paused, later_s=6)
    assert "working  " in head(on, later_s=6)
    assert "‖ stopped  " in head(over, later_s=6)


def test_another_pause_goes_on_and_a_stop_begins_anew() -> None:
    story = halted("pause")
    story.tell("mission.halted", "zoe", word="pause", by="zoe", reason="tea", after_s=10)
    again = head(shown(story.events), later_s=0)
    story.tell("mission.halted", "zoe", word="stop", by="zoe", reason="home", after_s=10)

    assert "‖ paused for 10s" in again
    assert "‖ stopping for 5s" in head(shown(story.events), later_s=5)


def test_a_mission_whose_process_died_while_it_came_to_an_end_has_died() -> None:
    picture = shown(halted("stop", "tool").events)
    dead = with_its_life(replace(picture, hearts={"team-lead": Heart("gone")}))

    assert "× died" in head(dead, later_s=9)
    assert "for 9s" not in head(dead, later_s=9)


def test_what_is_being_stopped_is_neither_held_nor_let_go_on_while_its_process_lives() -> None:
    picture = replace(shown(halted("stop", "tool").events), hearts={"team-lead": Heart("alive")})
    control = Control(person="ada", live=True)

    told = {name: refusal_of(BY_NAME[name], subject_of(None, picture), control) for name in ("pause", "resume", "stop")}

    assert told == {
        "pause": "the mission is being stopped",
        "resume": "the mission is being stopped: then it can go on",
        "stop": "",
    }
