"""The messages: conversations, what waits to be read, and what structured ones say."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from tests.tui.screen import assert_screen, screen_after, screens_after, shown, still
from tests.tui.shop import post, shop
from tests.tui.story import START, Story
from tui.projection.state import Monitor
from tui.rows.messages import queue_row, thread_row
from tui.rows.spans import plain, spans_width
from tui.rows.threads import MOST_TOLD, queues, threads
from tui.snapshot import Message, Snapshot

SMALL, LARGE = (80, 24), (200, 50)


def picture(story: Story) -> Snapshot:
    monitor = Monitor()
    for event in story.events:
        monitor.apply(event)
    return monitor.snapshot()


def message(number: int, sender: str, to: str, **more: object) -> Message:
    plain_one = Message(
        f"m{number}", START + timedelta(seconds=number), sender, to, f"text {number}", "", "", idle=False
    )
    return replace(plain_one, **more)  # type: ignore[arg-type]


# --- what the events say --------------------------------------------------------------------------------------------


def test_one_message_to_two_readers_is_two_that_are_read_apart() -> None:
    story = Story()
    for to in ("bob", "carol"):
        story.tell("message.sent", "ann", msg_id="same", **{"from": "ann"}, to=to, text="hello all")
    story.tell("message.delivered", "carol", msg_id="same", to="carol")

    messages = picture(story).messages

    assert [(one.to, one.delivered, one.waits) for one in messages] == [("bob", False, True), ("carol", True, False)]
    assert messages[1].delivered_at == story.events[-1].at


def test_what_is_in_the_inbox_of_another_program_waits_no_more_and_is_not_called_read() -> None:
    story = Story()
    story.tell("message.sent", "ann", msg_id="1", **{"from": "ann"}, to="guest", text="hello")
    story.tell("message.posted", "ann", msg_id="1", to="guest")

    (one,) = picture(story).messages

    assert (one.posted, one.delivered, one.waits) == (True, False, False)


@pytest.mark.parametrize(
    ("form", "text", "about"),
    [
        ("task_assignment", '{"taskId":"3"}', "#3"),
        ("plan_approval_request", '{"requestId":"plan-1"}', "plan-1"),
        ("permission_request", '{"request_id":"perm-1"}', "perm-1"),
        ("", '{"taskId":"3"}', ""),
        ("task_assignment", "no JSON", ""),
    ],
)
def test_a_structured_message_is_about_a_task_or_a_request(form: str, text: str, about: str) -> None:
    story = Story()
    story.tell("message.sent", "ann", msg_id="1", **{"from": "ann"}, to="bob", text=text, form=form)

    assert picture(story).messages[0].about == about


# --- conversations --------------------------------------------------------------------------------------------------


def test_messages_of_the_same_two_are_one_conversation_and_the_newest_is_on_top() -> None:
    found = threads(
        [message(1, "ann", "bob"), message(2, "carol", "ann"), message(3, "bob", "ann"), message(4, "dave", "eve")]
    )

    assert [(thread.people, len(thread.messages)) for thread in found] == [
        ("dave → eve", 1),
        ("ann ⇄ bob", 2),
        ("carol → ann", 1),
    ]
    assert found[1].newest.id == "m3"


def test_what_is_about_a_task_or_a_request_is_a_conversation_of_its_own_with_its_answers() -> None:
    request = message(1, "ann", "lead", form="plan_approval_request", about="plan-1")
    answer = message(3, "lead", "ann", form="plan_approval_response", about="plan-1")
    word = message(4, "ann", "lead", in_reply_to="m3")

    found = threads([request, message(2, "ann", "lead"), answer, word])

    assert [[one.id for one in thread.messages] for thread in found] == [["m1", "m3", "m4"], ["m2"]]
    assert found[0].about == "plan-1"


def test_idle_notices_are_folded_into_one_line_at_the_end() -> None:
    idle = [message(number, "ann", "lead", idle=True, form="idle_notification") for number in range(12)]
    row = thread_row(threads([*idle, message(99, "ann", "bob")])[-1], 80, now=START, zone=UTC)

    assert plain(row) == "○ 12 idle notices  ann 12"


def test_a_queue_is_as_old_as_its_oldest_message_and_warns_above_a_minute() -> None:
    waiting = [message(0, "a", "bob"), message(50, "a", "carol"), message(55, "a", "bob"), message(56, "a", "gone")]

    found = queues([*waiting, message(9, "a", "dave", delivered=True)], {"gone"})

    assert [(queue.reader, queue.held) for queue in found] == [("bob", 2), ("carol", 1)]
    row = plain(queue_row(found, 80, now=START + timedelta(seconds=61)))
    assert row == "not read yet: ▲ bob 2 for 1m · ◌ carol 1 for 11s"


@pytest.mark.parametrize("cells", [30, 44, 70, 118])
def test_a_row_keeps_to_its_width(cells: int) -> None:
    now = START + timedelta(hours=1)
    for thread in threads(picture(shop()).messages):
        row = thread_row(thread, cells, now=now, zone=UTC)
        assert spans_width(row) <= cells or not thread.waiting


# --- the view -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
def test_conversations_stand_above_the_one_under_the_cursor(size: tuple[int, int]) -> None:
    first, moved = screens_after(still(shown(shop().events)), size, "55", ["down", "down"])

    assert_screen(f"messages-{size[0]}x{size[1]}", moved)
    assert "does not shut down: still busy" in first
    assert "Never as float." in moved
    assert "▲ team-lead 2 for 1m" in moved
    assert "3 idle notices" in moved
    assert max(map(len, moved.splitlines())) <= size[0]


def test_f_shows_each_message_in_the_order_they_were_sent_and_back() -> None:
    flat, folded = screens_after(still(shown(shop().events)), LARGE, ["5", "5", "f"], ["f"])

    assert flat.count("idle") >= 3
    assert "⇄" not in flat.split("╭─ ")[1]
    assert "alice ⇄ bob" in folded


def test_an_opened_conversation_has_all_its_messages_with_the_newest_first() -> None:
    text = screen_after(still(shown(shop().events)), LARGE, "5", "down", "down", "enter")

    assert "alice ⇄ bob" in text
    sheet = text[text.index("2 messages") :]
    assert sheet.index("Yes, as whole cents.") < sheet.index("Do you read prices as cents?")
    assert "✓ read 09:00:46" in sheet


def test_a_conversation_of_thousands_is_told_up_to_a_bound() -> None:
    (thread,) = threads([message(number, "ann", "bob") for number in range(3_000)])

    title, paragraphs = thread.told(UTC)

    assert title == "ann → bob"
    assert sum("text" in words for _, words, *_ in paragraphs) == MOST_TOLD
    assert paragraphs[-1].text == "… 2,800 before them"


def test_conversations_are_narrowed_by_fields_and_by_what_was_said() -> None:
    waiting, said = screens_after(
        still(shown(shop().events)),
        LARGE,
        ["5", "5", "slash", *"state:waiting", "enter"],
        ["slash", *["backspace"] * 13, *"float", "enter"],
    )

    assert ("which tax?" in waiting, "alice ⇄ bob" in waiting) == (True, False)
    assert ("which tax?" in said, "alice ⇄ bob" in said) == (False, True)


def test_a_new_message_brings_its_conversation_to_the_top_and_the_cursor_stays_with_its_own() -> None:
    story = shop()
    before = screen_after(still(shown(story.events)), LARGE, "5", "5")
    post(story, 20, "bob", "alice", "And in euros?")
    after = screen_after(still(shown(story.events)), LARGE, "5", "5")

    def first(text: str) -> str:
        return next(line for line in text.splitlines() if " → " in line or " ⇄ " in line)

    assert "dave" in first(before)
    assert "And in euros?" in first(after)
