"""What waits for a person and what merely went wrong: told apart, counted, in order, and over when it runs out."""

import json
from datetime import timedelta

from tests.tui.screen import screen_after, shown, still
from tests.tui.shop import post, shop
from tests.tui.story import START, Story
from tui.projection.attention import as_of
from tui.projection.state import Monitor
from tui.rows.head import attention_line
from tui.rows.spans import plain
from tui.snapshot import Snapshot


def begun() -> Story:
    story = Story("crew", "m-9")
    story.tell("team.created", config={"name": "crew"})
    story.tell("mission.started", "team-lead", goal="A till", model="maker/small", sandbox="none")
    story.tell("member.joined", name="ann", role="worker")
    return story


def asks(story: Story, number: int, left_s: float) -> None:
    """Let ann ask leave for a command, until ``left_s`` seconds after the beginning."""
    until = (START + timedelta(seconds=left_s)).isoformat()
    body = {"type": "permission_request", "request_id": f"p-{number}", "agent_id": "ann", "tool_name": "Bash"}
    more = {"description": "Push the tag", "input": {"command": "git push"}, "expires_at": until}
    post(story, number, "ann", "team-lead", json.dumps(body | more), form="permission_request", read=False)


def picture(story: Story) -> Snapshot:
    monitor = Monitor()
    for event in story.events:
        monitor.apply(event)
    return monitor.snapshot()


def head(snapshot: Snapshot, after_s: float, cells: int = 120) -> str:
    now = START + timedelta(seconds=after_s)
    return plain(attention_line(as_of(snapshot, now), cells, now=now)).strip()


def test_the_head_counts_what_waits_for_you_apart_and_names_who_asks_once() -> None:
    story = shop()
    story.tell("team.created", config={"name": "shop"})
    asks(story, 90, 10_000)
    for number in (2, 3):
        story.tell("violation", "val", str(number), rule="claim", what="it was taken twice")

    row = head(picture(story), 100)

    assert row.startswith("▲ 4 of 6 wait for you  asks leave ann: Bash: Push the tag  ")
    assert "(ann)" not in row


def test_a_request_that_expired_waits_for_nobody_any_more() -> None:
    story = begun()
    asks(story, 1, 60)

    assert head(picture(story), 59).startswith("▲ 1 waits for you  asks leave ann: Bash: Push the tag")
    assert head(picture(story), 60).startswith("nothing needs you")
    assert as_of(picture(story), START + timedelta(seconds=60)).totals.attention_open == 0


def test_what_expired_stands_below_what_can_still_be_approved_and_is_not_counted() -> None:
    story = begun()
    asks(story, 1, 5)
    asks(story, 2, 500)
    story.tell("agent.state", "ann", after_s=10, state="thinking", detail="")

    rows = screen_after(still(shown(story.events)), (80, 24), "8").splitlines()

    first, second = (next(number for number, row in enumerate(rows) if word in row) for word in ("waits", "expired"))
    assert first < second
    assert any("1 waits for you ─╯" in row for row in rows)


def test_a_message_to_the_lead_waits_for_you_until_it_is_read_or_answered() -> None:
    story = begun()
    post(story, 1, "ann", "team-lead", "Is that what you want?", read=False)
    unread = picture(story)
    story.tell("message.delivered", "team-lead", msg_id="x-1", to="team-lead")
    read = picture(story)
    post(story, 2, "ann", "team-lead", "And that?", read=False)
    post(story, 3, "team-lead", "ann", "Yes", read=False)
    answered = picture(story)

    assert "1 waits for you  wrote to you ann: Is that what you want?" in head(unread, 10)
    assert [one.totals.attention_open for one in (unread, read, answered)] == [1, 0, 0]


def test_notices_and_mail_of_a_lead_of_another_program_wait_for_nobody() -> None:
    story = begun()
    post(story, 1, "ann", "team-lead", '{"type":"idle_notification"}', form="idle_notification", read=False)
    post(story, 2, "ann", "bob", "for you", read=False)
    foreign = Story("session-1", None)
    post(foreign, 1, "ann", "team-lead", "Is that what you want?", read=False)

    assert picture(story).totals.attention_open == 0
    assert picture(foreign).totals.attention_open == 0


def test_what_somebody_waits_for_is_on_top_of_the_sheet() -> None:
    story = begun()
    asks(story, 1, 10_000)
    story.tell("violation", "val", rule="claim", what="it was taken twice")

    rows = screen_after(still(shown(story.events)), (120, 36), "a").splitlines()

    first, second = (
        next(n for n, row in enumerate(rows) if word in row) for word in ("asks leave     ", "violation  ")
    )
    assert first < second


def test_an_interruption_waits_for_you_until_the_mission_goes_on() -> None:
    story = begun()
    story.tell("mission.interrupted", "team-lead", reason="the provider answered with an empty stream")
    broken = picture(story)
    story.tell("mission.resumed", "team-lead", reason="")

    assert "1 waits for you  interrupted the provider answered with an empty stream" in head(broken, 10)
    assert picture(story).totals.attention_open == 0
