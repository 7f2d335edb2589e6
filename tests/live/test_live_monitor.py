"""The monitor over a live client's team: what the client does is on the screen, and what is typed there reaches it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from teams import Team
from tests.live.claude_client import Call, Client, until
from tests.support.terminal import Terminal
from tests.tui.live import monitor
from tui.snapshot import Snapshot
from tui.sources.folder import Place
from tui.sources.follow import Follower

pytestmark = pytest.mark.timeout(180)


def seen(follow: Follower, client: Client, holds: Callable[[Snapshot], bool], what: str) -> Snapshot:
    """Look until the picture is so, and return it."""
    found: list[Snapshot] = []

    def look() -> bool:
        found[:] = [follow.catch_up()]
        return holds(found[0])

    until(look, what, client)
    return found[0]


def message(to: str, text: str) -> tuple[str, dict[str, object]]:
    return "SendMessage", {"to": to, "summary": text, "message": text}


def is_shown(screen: Terminal, client: Client, call: Call, words: str) -> None:
    """Let the client send until ``words`` are shown: what its reader took out before we looked, nobody can show."""
    for _ in range(6):
        client.do(call)
        end = time.monotonic() + 4
        while words not in screen.text() and time.monotonic() < end:
            time.sleep(0.05)
        if words in screen.text():
            return
    raise AssertionError(f"{words!r} was sent six times and never shown")


def states(snapshot: Snapshot) -> dict[str, str]:
    return {agent.name: agent.state for agent in snapshot.agents}


def test_people_tasks_and_mail_of_a_live_client_are_on_the_screen_while_it_works(
    client: Client, tmp_path: Path
) -> None:
    with monitor(tmp_path, "--root", str(client.root), size=(200, 50)) as screen:
        screen.wait_for("of another program")
        screen.wait_for("bob")

        client.do(("TaskCreate", {"subject": "Count the pears", "description": "all of them"}))
        screen.wait_for("Count the pears")
        is_shown(screen, client, message("bob", "which fruit is it"), "which fruit is it")
        asked = {"description": "a colleague", "prompt": "you are eve", "subagent_type": "general-purpose"}
        client.do(("Agent", {**asked, "name": "eve"}))
        screen.wait_for("eve came through another program")
        ends = {"to": "eve", "message": {"type": "shutdown_request", "reason": "it is late"}}
        is_shown(screen, client, ("SendMessage", ends), "asks to shut down")
        leaves(screen)

    follow = Follower(Place(client.root, client.team), None)
    snapshot = seen(follow, client, lambda now: bool(now.tasks), "the task is there")
    assert {agent.name for agent in snapshot.agents if agent.state != "left"} == set(client.names())
    assert [task.subject for task in snapshot.tasks] == ["Count the pears"]
    assert (snapshot.trouble, snapshot.violations, snapshot.totals.unknown_events) == ("", (), 0)


def test_what_a_member_of_ours_writes_on_the_screen_is_taken_by_the_client(client: Client, tmp_path: Path) -> None:
    Team.open(client.team, root=client.root).join("kim")  # as 'team join --by-hand' does
    with monitor(tmp_path, "--root", str(client.root), "--as", "kim", "--control", size=(200, 50)) as screen:
        screen.wait_for("of another program, which members of ours joined")
        screen.wait_for("team-lead")
        screen.wait_for("bob")
        to(screen, "team-lead")
        screen.type("M")
        screen.wait_for("message to team-lead")
        screen.type("the pears are ready\r")
        screen.wait_for("sent to team-lead")
        shown = client.saw("the pears are ready")
        assert '<teammate-message teammate_id="kim"' in shown

        size = screen.written_bytes
        client.do(message("kim", "thank you kim"))
        screen.wait_for("thank you kim", since_bytes=size)
        leaves(screen)

    follow = Follower(Place(client.root, client.team), None)
    snapshot = seen(
        follow, client, lambda now: any(one.text == "thank you kim" for one in now.messages), "the answer is there"
    )
    assert states(snapshot)["kim"] == "idle"
    assert states(snapshot)["team-lead"] in ("unknown", "idle")
    assert {agent.name for agent in snapshot.agents if agent.state != "left"} == set(client.names())


def test_who_did_not_join_is_told_so_and_nothing_is_sent(client: Client, tmp_path: Path) -> None:
    with monitor(tmp_path, "--root", str(client.root), "--as", "nobody", "--control", size=(200, 50)) as screen:
        screen.wait_for("bob")
        to(screen, "bob")
        screen.type("M")
        screen.wait_for("message to bob")
        screen.type("never to be sent\r")
        screen.wait_for("belongs to another program")
        leaves(screen)

    inboxes = [path.read_text() for path in client.root.glob("teams/*/inboxes/*.json")]
    assert inboxes
    assert not any("never to be sent" in inbox for inbox in inboxes)


def to(screen: Terminal, name: str) -> None:
    """Narrow the agents to one, which then is under the cursor; a person waits for the screen after each key, too."""
    for key in ("2", "2", "/", name, "\r"):
        screen.type(key)
        time.sleep(0.5)


def leaves(screen: Terminal) -> None:
    screen.type("q")
    assert screen.wait() == 0
    assert "Traceback" not in screen.text()
