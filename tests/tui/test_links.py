"""A symlink that somebody puts in the place of what a team owns is told, never followed; what was shown stands."""

from pathlib import Path

import pytest

from teams.protocol.heartbeat import Heartbeats
from tests.support.missions import onecontext
from tests.tui.till import middle, whole
from tui.sources import hearts
from tui.sources.folder import JOURNAL, Place, Spot
from tui.sources.follow import Follower
from tui.sources.glance import TeamGlance
from tui.sources.recording import opened
from tui.sources.unlinked import IN_A_TEAM, NOT_FOLLOWED

OWN = ("", "onecontext", "onecontext/journal.jsonl")
"""What of a team's folder may be put elsewhere: all of it, ours in it, the journal."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / ".onecontext"
    middle().write(root / "teams" / "till-1" / JOURNAL)
    return root


def strange(tmp_path: Path) -> Path:
    """Return a folder like a team's, with a journal of somebody else, and a heart that beats."""
    folder = tmp_path / "elsewhere"
    story = whole()
    story.tell("message.sent", "eve", msg_id="m", to="all", text="not yours to read", **{"from": "eve"})
    story.write(folder / JOURNAL)
    Heartbeats(folder / "onecontext" / "heartbeat").beat("worker-1")
    return folder


def put_elsewhere(root: Path, own: str, elsewhere: Path) -> Path:
    """Put a symlink to what is ``elsewhere`` in the place of what the team owns, and return where that is now."""
    place = root / "teams" / "till-1" / own
    kept = root.parent / "kept"
    place.rename(kept)
    place.symlink_to(elsewhere / own)
    return kept


@pytest.mark.parametrize("own", OWN)
def test_of_a_team_that_is_followed_what_was_shown_stands_and_it_goes_on_when_the_link_is_gone(
    own: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearts, "READ_AGAIN_S", 0.0)
    elsewhere, story = strange(tmp_path), middle()
    follower = Follower(Place(root, "till-1"), None)
    before = follower.catch_up()
    kept = put_elsewhere(root, own, elsewhere)
    linked = follower.catch_up()
    place = root / "teams" / "till-1" / own
    place.unlink()
    kept.rename(place)
    story.tell("mission.halted", "zoe", word="stop", by="zoe", reason="")
    (root / "teams" / "till-1" / JOURNAL).write_bytes(story.write(tmp_path / "longer").read_bytes())
    after = follower.catch_up()

    assert (linked.totals, linked.messages, linked.tasks) == (before.totals, before.messages, before.tasks)
    assert linked.trouble == f"the journal cannot be read: {NOT_FOLLOWED}: {place}"
    assert linked.hearts == {}
    assert (after.totals.events, after.trouble) == (before.totals.events + 1, "")


@pytest.mark.parametrize("own", OWN[1:])
def test_of_a_team_that_is_found_so_nothing_is_read(own: str, root: Path, tmp_path: Path) -> None:
    put_elsewhere(root, own, strange(tmp_path))
    spot = Spot(root, "till-1", root / "teams" / "till-1" / JOURNAL)
    glance = TeamGlance(spot)
    glance.step(())

    for trouble, events in (
        (glance.line.trouble, glance.line.agents),
        ((shown := Follower(Place(root), None).catch_up()).trouble, shown.totals.events),
    ):
        assert (NOT_FOLLOWED in trouble, events) == (True, 0)


def test_a_team_that_was_named_and_is_a_symlink_is_one_line(root: Path, tmp_path: Path) -> None:
    put_elsewhere(root, "", strange(tmp_path))

    ran = onecontext(tmp_path, "monitor", "--once", "--team", "till-1")

    assert f"the team cannot be read: {NOT_FOLLOWED}: {root / 'teams' / 'till-1'}" in ran.stdout
    assert "eve" not in ran.stdout


def test_the_past_of_a_team_is_no_way_round_and_a_recording_may_lie_behind_a_symlink(
    root: Path, tmp_path: Path
) -> None:
    path = root / "teams" / "till-1" / JOURNAL
    recording = opened(path, folders=IN_A_TEAM)
    read = recording.count
    put_elsewhere(root, "", strange(tmp_path))
    recording.read_all()

    assert (recording.count, NOT_FOLLOWED in recording.trouble) == (read, True)
    assert opened(path).count > 0


def test_no_descriptor_is_left_open(root: Path, tmp_path: Path) -> None:
    follower = Follower(Place(root, "till-1"), None)
    follower.catch_up()
    put_elsewhere(root, "", strange(tmp_path))
    count = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        follower.catch_up()

    assert len(list(Path("/proc/self/fd").iterdir())) == count
