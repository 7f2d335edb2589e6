"""A member of a team whose process was killed: it is something to look at until somebody is that member, or it left."""

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onecontext.cli.output import Output
from teams.member.seat import seat
from teams.protocol.team import Team
from tests.tui.test_killed import STARTED, kill
from tui.plain.following import Wanted, _Teller
from tui.snapshot import Snapshot
from tui.sources import hearts
from tui.sources.folder import JOURNAL, Place, Spot
from tui.sources.follow import Follower
from tui.sources.glance import TeamGlance

MEMBER = """
import sys, time
from pathlib import Path
from teams.member.seat import seat
from teams.protocol.team import Team
team = Team.open("till-1", root=Path(sys.argv[1]))
with seat(team, "ann", role="worker", model=None), team.beating("ann"), team.beating("worker-1"):
    print("sits", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read hearts whenever a picture is wanted."""
    monkeypatch.setattr(hearts, "READ_AGAIN_S", 0.0)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A team whose mission has ended; ``worker-1`` is an agent of that mission."""
    team = Team.create("till-1", root=tmp_path / ".onecontext", cwd=tmp_path)
    team.journal.append("mission.started", STARTED, mission="till-1", agent="team-lead")
    team.join("worker-1")
    ended = {"ending": "done", "reason": "all of it", "branch": "b", "commit": None}
    team.journal.append("mission.ended", ended, mission="till-1", agent="team-lead")
    return team


@contextmanager
def ann(team: Team) -> "Iterator[subprocess.Popen[str]]":
    """Run a process that is the member ``ann``, and beats for an agent of a mission as well."""
    command = [sys.executable, "-c", MEMBER, str(team.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sits\n"
        try:
            yield process
        finally:
            process.kill()


def missed(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Return who is to be looked at because its process is gone, and in which words."""
    return [(item.agent, item.text) for item in snapshot.attention if item.open and item.kind == "member gone"]


def test_a_member_that_was_killed_is_missed_until_somebody_is_that_member_and_words_tell_it_once(team: Team) -> None:
    follower = Follower(Place(team.root, team.name), None)
    glance = TeamGlance(Spot(team.root, team.name, team.folder / JOURNAL))
    out = io.StringIO()
    teller = _Teller(Output(out, out), Wanted(None, until_ended=False, recorded=False))
    with ann(team) as process:
        alive = follower.catch_up()
        teller.begin(alive)
        glance.step(())
        assert not glance.is_due(())
        kill(process)
    gone, again = follower.catch_up(), follower.catch_up()
    teller.take(gone)
    teller.take(again)
    glance.is_due(())
    with seat(team, "ann", role="worker", model=None):
        back = follower.catch_up()

    words = "ann went without a word; 'onecontext team join' with its name goes on as it"
    assert [missed(one) for one in (alive, gone, back)] == [[], [("ann", words)], []]
    assert [one.totals.attention_open for one in (alive, gone, back)] == [0, 1, 0]
    assert (glance.line.attention, glance.line.needs) == (1, ("member gone",))
    assert out.getvalue().count(f"member gone: {words}") == 1


def test_what_it_has_in_hand_is_said_and_who_left_is_not_missed(team: Team) -> None:
    team.board.create("Read prices to the cent", key="fix-prices")
    with ann(team) as process:
        team.board.claim("1", "ann", lease_s=600)
        kill(process)
    held = Follower(Place(team.root, team.name), None).catch_up()
    team.leave("ann", reason="it was killed")

    assert "ann went without a word with #1 in hand;" in missed(held)[0][1]
    assert missed(Follower(Place(team.root, team.name), None).catch_up()) == []
