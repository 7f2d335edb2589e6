"""What is done for a team again and again: each by itself, and what fails is on record once."""

from pathlib import Path

import pytest

from onecontext.errors import NoTeam
from teams.protocol.care import Care
from teams.protocol.team import Team
from tests.support.crew import HandClock, befriend


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def team(tmp_path: Path, clock: HandClock) -> Team:
    """A team with a message for another program's member that never reached its inbox."""
    team = Team.create("crew", root=tmp_path, clock=clock)
    befriend(team, "zoe")
    team.take_in()
    data = {"msg_id": "m", "to": "zoe", "from": "team-lead", "text": "hello", "timestamp": "2026-01-01T00:00:00.000Z"}
    team.journal.append("message.sent", data, agent="team-lead")
    clock.forward(60)
    return team


def told(team: Team, kind: str) -> list[dict[str, object]]:
    return [dict(event.data) for event in team.journal.read() if event.type == kind]


def test_it_takes_in_frees_and_posts(team: Team, clock: HandClock) -> None:
    befriend(team, "yan")
    team.join("ann")
    team.board.create("t", key="t")
    team.board.claim("1", "ann", lease_s=1)
    clock.forward(60)

    Care(team).look()

    assert [data["name"] for data in told(team, "member.found")] == ["zoe", "yan"]
    assert len(told(team, "task.reaped")) == 1
    assert [data["msg_id"] for data in told(team, "message.posted")] == ["m"]
    assert told(team, "team.trouble") == []


def test_what_fails_is_on_record_once_until_it_succeeds_and_keeps_the_rest_from_nothing(team: Team) -> None:
    care = Care(team, mission="m-1", agent="team-lead")
    inboxes = team.folder / "inboxes"
    inboxes.rename(inboxes.with_name("aside"))
    inboxes.symlink_to("/nowhere")

    care.look()
    befriend(team, "yan")
    care.look()
    failed = told(team, "team.trouble")
    inboxes.unlink()
    inboxes.with_name("aside").rename(inboxes)
    care.look()

    assert [data["doing"] for data in failed] == ["post again"]
    assert [data["name"] for data in told(team, "member.found")] == ["zoe", "yan"]
    assert len(told(team, "message.posted")) == 1
    assert len(told(team, "team.trouble")) == 1
    (event,) = [event for event in team.journal.read() if event.type == "team.trouble"]
    assert (event.mission, event.agent) == ("m-1", "team-lead")


def test_what_fails_again_after_it_succeeded_is_told_again(team: Team) -> None:
    care = Care(team)
    ours = team.root / "onecontext"
    for _ in range(2):
        ours.write_text("somebody's")
        care.keep_journal()
        ours.unlink()
        care.keep_journal()
        for path in (*ours.rglob("*.jsonl"), *sorted(ours.rglob("*"), reverse=True), ours):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)

    assert [data["doing"] for data in told(team, "team.trouble")] == ["keep the journal"] * 2


def test_of_a_team_that_is_gone_it_says_so_and_makes_nothing(team: Team) -> None:
    team.folder.rename(team.root / "elsewhere")

    with pytest.raises(NoTeam):
        Care(team).look()

    assert not team.folder.exists()
