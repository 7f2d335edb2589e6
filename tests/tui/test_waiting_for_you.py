"""What waits for a person and what merely went wrong: told apart, counted, in order, and over when it runs out."""

import json
from dataclasses import replace
from datetime import timedelta

from tests.tui.screen import screen_after, shown, still
from tests.tui.shop import post, put, shop
from tests.tui.story import START, Story
from tui.acting.subject import subject_of
from tui.projection.attention import as_of
from tui.projection.state import Monitor
from tui.rows.agents import waiting_for
from tui.rows.detail import detail_of
from tui.rows.floor import floor_of
from tui.rows.head import attention_line, head_rows
from tui.rows.spans import plain
from tui.rows.threads import threads
from tui.snapshot import Attention, Snapshot
from tui.words import lasting


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


def test_an_answer_in_a_conversation_goes_to_the_other_one_whoever_wrote_last() -> None:
    story = begun()
    post(story, 1, "ann", "team-lead", "Is that what you want?", read=False)
    asked = picture(story)
    post(story, 2, "team-lead", "ann", "Yes", read=False)
    told = picture(story)

    for snapshot in (asked, told):
        agents = [subject_of(item, snapshot).agent for item in (*threads(snapshot.messages), snapshot.messages[-1])]
        assert {agent.name if agent else None for agent in agents} == {"ann"}


def test_what_waits_for_you_says_what_can_be_done_about_it_until_it_is_over() -> None:
    snapshot = Snapshot()
    for kind in ("asks leave", "wrote to you", "needs input", "blocked", "paused", "interrupted", "process gone"):
        item = Attention(1, START, kind, "words", None, "")

        assert any(label == "then" for label, *_ in detail_of(item, snapshot, None)[1])
        assert not any(label == "then" for label, *_ in detail_of(replace(item, open=False), snapshot, None)[1])


def test_how_a_mission_ended_and_what_it_lacks_comes_before_each_of_its_blocked_tasks() -> None:
    story = shop()
    put(story, "blocked", 2, "blocked", "team-lead", reason="rejected 3 times")
    story.tell("mission.ended", "team-lead", ending="blocked", reason="say which tax holds")

    assert "ended as blocked: say which tax holds" in head(picture(story), 200)


def test_the_time_of_a_mission_that_was_interrupted_stands_still() -> None:
    story = begun()
    story.tell("mission.interrupted", "team-lead", after_s=60, reason="the provider is gone")
    snapshot = picture(story)

    row = plain(head_rows(snapshot, 100, now=START + timedelta(hours=3))[0])

    assert "‖ interrupted  1:0" in row


def test_of_a_task_that_is_sent_back_again_and_again_only_the_last_time_is_open() -> None:
    story = begun()
    for attempt in range(1, 4):
        put(story, "submitted", 2, "review", "ann", author="ann", attempt=attempt)
        story.tell("verify.command", "val", "2", assertion="VAL-1", command="make check", exit_code=1)
        story.tell("verdict.given", "val", "2", verdict="rejected", findings=["not yet"], attempt=attempt)
    open_items = [item.kind for item in picture(story).attention if item.open]

    assert open_items == ["failed command", "rejected"]


def test_in_a_pause_agents_wait_for_a_resume() -> None:
    story = begun()
    story.tell("agent.state", "ann", state="waiting", detail="paused")
    snapshot = picture(story)

    assert waiting_for(snapshot.agents[-1], floor_of(snapshot, START)) == "a resume"


def test_what_was_sent_this_moment_is_not_read_yet() -> None:
    assert (lasting(0.2), lasting(75)) == (" yet", " for 1m")
