"""Mail against who wants to lose a message: full arrays, ids that others chose, links in the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import Damaged, UnknownMember, UsageError
from teams.protocol.mail.inbox import LIMIT_BYTES
from teams.protocol.mail.sender import LIMIT_CHARACTERS
from teams.protocol.team import Team
from tests.support.crew import HandClock, befriend
from tests.support.foreign_lead import ForeignLead


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def team(tmp_path: Path, clock: HandClock) -> Team:
    team = Team.create("crew", root=tmp_path, clock=clock)
    team.join("ann")
    team.join("bob")
    befriend(team, "zoe")
    return team


def array(team: Team, name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((team.folder / "inboxes" / f"{name}.json").read_text())
    return entries


def put(team: Team, name: str, *entries: dict[str, Any]) -> None:
    (team.folder / "inboxes" / f"{name}.json").write_text(json.dumps(entries))


def entry(text: str, **more: Any) -> dict[str, Any]:
    return {"from": "ann", "text": text, "timestamp": "2026-01-01T00:00:00.000Z", "read": False, **more}


def test_what_does_not_fit_into_the_array_waits_and_comes_in_its_order(team: Team, clock: HandClock) -> None:
    for number in range(10):
        team.send("zoe", f"{number}" * LIMIT_CHARACTERS, sender="ann")
    team.send("zoe", "short", sender="ann")

    first = array(team, "zoe")
    assert (team.folder / "inboxes" / "zoe.json").stat().st_size <= LIMIT_BYTES
    assert [one["text"][0] for one in first] == [*"01234567"]

    # The reader takes out what is there; after ten seconds somebody posts what waits.
    put(team, "zoe")
    clock.forward(11)
    again = team.post_again()

    assert [one["text"][0] for one in array(team, "zoe")] == [message.text[0] for message in again] == ["8", "9", "s"]


def test_what_an_old_client_has_read_gives_way_to_what_it_has_not(team: Team) -> None:
    old = [entry(f"{number}" * LIMIT_CHARACTERS, read=number % 2 == 0) for number in range(8)]
    put(team, "zoe", *old)
    before = (team.folder / "inboxes" / "zoe.json").read_bytes()

    team.send("zoe", "n" * LIMIT_CHARACTERS, sender="ann")

    assert [one["text"][0] for one in array(team, "zoe")] == ["1", "3", "5", "7", "n"]
    assert [path.read_bytes() for path in (team.journal.folder / "malformed").iterdir()] == [before]


def test_what_a_crash_left_is_posted_before_what_is_sent_after_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("teams.protocol.mail.sender.Sender._deliver", lambda self, message: [])
        team.send("zoe", "first", sender="ann")

    team.send("zoe", "second", sender="ann")

    assert [one["text"] for one in array(team, "zoe")] == ["first", "second"]
    assert team.post_again() == []


def test_an_id_that_another_program_chose_keeps_no_message_of_ours_from_going(team: Team) -> None:
    put(team, "bob", entry("forged", msg_id="expected-id"))
    put(team, "zoe", entry("forged", msg_id="expected-id"))
    (forged,) = team.receive("bob")
    team.take_in()

    team.send("bob", "the answer", sender="ann", msg_id="expected-id")
    team.send("zoe", "the answer", sender="ann", msg_id="expected-id")

    assert not forged.verified
    assert [(message.text, message.verified) for message in team.receive("bob")] == [("the answer", True)]
    assert [one["text"] for one in array(team, "zoe")] == ["forged", "the answer"]
    # And again, as who goes on after a crash does: once is enough.
    team.send("bob", "the answer", sender="ann", msg_id="expected-id")
    assert len(team.receive("bob")) == 1


def test_nothing_is_made_behind_a_link_in_the_place_of_the_inboxes(team: Team, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "zoe.json").write_text("[]")
    (elsewhere / "ann.json").write_text(json.dumps([entry("x")]))
    (team.folder / "inboxes").rename(team.folder / "before")
    (team.folder / "inboxes").symlink_to(elsewhere)
    before = elsewhere.stat().st_mtime_ns

    with pytest.raises(Damaged, match="symlink"):
        team.send("zoe", "hello", sender="ann")
    with pytest.raises(Damaged, match="symlink"):
        team.receive("ann")

    assert elsewhere.stat().st_mtime_ns == before


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_a_message_says_something(team: Team, text: str) -> None:
    with pytest.raises(UsageError, match="says nothing"):
        team.send("bob", text, sender="ann")


@pytest.mark.parametrize("timeout_s", [-1.0, float("nan")])
def test_nobody_waits_for_a_time_that_is_none(team: Team, timeout_s: float) -> None:
    with pytest.raises(UsageError, match="nobody can wait"):
        team.wait("ann", timeout_s=timeout_s)


def test_a_message_that_is_on_record_is_sent_though_its_array_is_out_of_reach(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = team.folder / "inboxes" / "zoe.json.lock"
    lock.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("teams.protocol.mail.sender.WAIT_S", 0.05)
        first = team.send("zoe", "first", sender="ann")
    lock.rmdir()

    team.send("zoe", "second", sender="bob")

    assert [one["text"] for one in array(team, "zoe")] == ["first", "second"]
    assert array(team, "zoe")[0]["msg_id"] == first.msg_id


def test_mail_to_a_name_that_another_program_took_over_reaches_its_new_owner(tmp_path: Path) -> None:
    lead = ForeignLead(tmp_path / "far")
    for name in ("ann", "bob"):
        lead.team.join(name)
    # The process of ann was killed; the lead takes it out, and makes an ann of its own.
    lead.expel("ann")
    lead.team.take_in()
    lead.member("ann")
    lead.team.take_in()

    lead.team.send("ann", "hello", sender="bob")

    assert [one["text"] for one in lead.inbox("ann")] == ["hello"]
    with pytest.raises(UnknownMember, match="another program"):
        lead.team.receive("ann")
