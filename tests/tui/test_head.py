"""The head and the foot: what a stranger sees first."""

import re
from dataclasses import replace
from datetime import timedelta

from tests.tui.shop import put, shop
from tests.tui.story import START
from tests.tui.till import middle, opening, whole
from tui.projection.state import Monitor
from tui.rows.head import attention_line, head_rows, most_pressing
from tui.rows.spans import plain, spans_width
from tui.snapshot import Attention, Snapshot
from tui.views.header import ALWAYS, AWAY, kept


def picture(events: object) -> Snapshot:
    monitor = Monitor()
    for event in events:  # type: ignore[attr-defined]
        monitor.apply(event)
    return monitor.snapshot()


def item(number: int, kind: str, *, is_open: bool = True) -> Attention:
    return Attention(number, START, kind, "words", None, "", is_open)


def test_what_somebody_waits_for_comes_before_what_merely_went_wrong() -> None:
    items = [item(1, "needs input"), item(2, "stuck"), item(3, "rejected"), item(4, "asks leave", is_open=False)]

    assert most_pressing(items) == items[0]
    assert most_pressing(items[1:]) == items[1]
    assert most_pressing([item(1, "rejected"), item(2, "failed command")]) == item(2, "failed command")
    assert most_pressing(items[3:]) is None


def test_the_head_says_which_question_waits_for_a_person_and_for_how_long() -> None:
    snapshot = picture(shop().events)

    row = plain(attention_line(snapshot, 120, now=snapshot.last_event_at or START))

    assert "▲ 3 wait for you  needs input #8 (carol) 7 or 19 percent?  1m" in row
    assert row.endswith("a shows all")


def test_where_nothing_needs_anybody_it_says_what_was_done_last() -> None:
    snapshot = picture(whole().events)
    now = (snapshot.last_event_at or START) + timedelta(seconds=5)

    row = plain(attention_line(snapshot, 120, now=now))

    assert row == "  nothing needs you · sent back 1, put right · 5s ago: orchestrator mission done"


def test_when_a_mission_is_over_the_branch_with_the_work_is_named_at_any_width() -> None:
    snapshot = picture(whole().events)
    assert snapshot.mission
    named = [plain(head_rows(snapshot, cells, now=START)[1]) for cells in (80, 100, 200)]
    unsafe = replace(
        snapshot, mission=replace(snapshot.mission, branch="onecontext/prices-to-the-cent", sandbox="none")
    )
    going_on = head_rows(picture(middle().events), 80, now=START)[1]

    assert all(row.startswith("  branch onecontext/m-1") for row in named), named
    assert all("3/3 tasks  3/3 checks" in row and row.endswith("cost unknown") for row in named)
    assert plain(head_rows(unsafe, 80, now=START)[1]).startswith("  branch onecontext/prices-to-the-cent ")
    assert "branch" not in plain(going_on)


def test_on_a_short_row_what_was_done_last_comes_before_what_was_sent_back() -> None:
    snapshot = picture(middle().events)
    assert snapshot.totals.rejections
    ended = replace(snapshot.log[-1], type="task.completed", agent="validator-1", text="✓ completed #12 count-days")
    snapshot = replace(
        snapshot, log=(*snapshot.log, ended), totals=replace(snapshot.totals, attention_open=0), attention=()
    )

    wide, narrow = (plain(attention_line(snapshot, cells, now=ended.at)) for cells in (120, 80))

    assert wide == "  nothing needs you · sent back 1, put right · just now: validator-1 ✓ completed #12 count-days"
    assert narrow == "  nothing needs you · just now: validator-1 ✓ completed #12 count-days"


def test_how_far_it_is_stands_as_a_bar_and_the_cost_against_what_is_allowed_at_any_width() -> None:
    story = shop()
    put(story, "completed", 2, "done", "val", author="bob", attempt=2)
    snapshot = picture(story.events)

    for cells, bar in ((80, 0), (100, 8), (120, 12)):
        row = head_rows(snapshot, cells, now=START)[1]
        assert plain(row).count("━") == bar
        assert "2/9 tasks" in plain(row)
        assert re.search(r"[\d.]+k? tokens", plain(row))
        assert "cost $0.20 of $5.00" in plain(row)
        assert spans_width(row) <= cells
    assert "of" not in plain(head_rows(replace(snapshot, spending=Snapshot().spending), 80, now=START)[1])


def test_where_the_second_row_is_short_what_matters_least_goes_before_the_models_name_is_cut() -> None:
    snapshot = picture(shop().events)
    mission = replace(snapshot.mission, model="anthropic/claude-opus-4-5-20251101")  # type: ignore[type-var]

    rows = {
        cells: plain(head_rows(replace(snapshot, mission=mission), cells, now=START)[1]).strip()
        for cells in (120, 100, 80, 60, 40)
    }

    assert re.split(r" {2,}", rows[120].replace("━", "")) == [
        "model anthropic/claude-opus-4-5-20251101", "1/9 tasks", "0/1 checks", "138.0k tokens", "cost $0.20 of $5.00"
    ]  # fmt: skip
    assert rows[100].startswith("claude-opus-4-5-20251101  ")
    assert "138.0k tokens" in rows[100]
    assert re.split(r" {2,}", rows[80]) == [
        "claude-opus-4-5-20251101", "1/9 tasks", "0/1 checks", "cost $0.20 of $5.00"
    ]  # fmt: skip
    assert "claude-opus-4-5-202" in rows[60]
    assert rows[40].endswith("1/9 tasks  cost $0.20 of $5.00")


def test_a_sandbox_that_is_none_is_said_on_the_shortest_row() -> None:
    snapshot = picture(shop().events)
    mission = replace(snapshot.mission, sandbox="none", model="a-model-with-a-long-name")  # type: ignore[type-var]

    row = plain(head_rows(replace(snapshot, mission=mission), 60, now=START)[1])

    assert row.startswith("  sandbox none · a-mo")


def test_how_a_mission_ended_is_said_once() -> None:
    story, short = opening(), opening()
    story.tell("mission.ended", "team-lead", ending="budget_exhausted", reason="$5.00 are spent")
    short.tell("mission.ended", "team-lead", ending="infeasible")

    row = plain(attention_line(picture(story.events), 120, now=START))

    assert "  ended as budget exhausted: $5.00 are spent" in row
    assert row.count("ended") == 1
    assert picture(short.events).attention[-1].text == "as infeasible"


def test_after_a_resume_the_last_thing_done_is_not_that_it_stopped() -> None:
    story = opening()
    story.tell("mission.ended", "team-lead", ending="stopped", reason="stopped by ada")
    story.tell("mission.resumed", "team-lead", reason="the last run did not come to its end")

    row = plain(attention_line(picture(story.events), 120, now=START))

    assert "mission resumed" in row
    assert "stopped" not in row


def test_keys_that_are_the_same_everywhere_make_way_and_help_and_quit_stay() -> None:
    keys = (*AWAY, ("d", "dependencies"), *ALWAYS)

    assert kept(keys, 200) == list(keys)
    assert [key for key, _ in kept(keys, 60)] == ["0", "d", "/", "?", "q"]
    assert [key for key, _ in kept(keys, 1)] == ["?", "q"]
