"""Where the money goes: the ledger of the projection, its curve, and the view."""

import re
from datetime import timedelta

import pytest

from tests.tui.screen import assert_screen, screens_after, shown, still
from tests.tui.story import START, Story
from tests.tui.till import opening
from tui.projection.spending import MOST_POINTS
from tui.rows.cost import parts_of, plot_rows, plot_title
from tui.rows.spans import plain, spans_width
from tui.snapshot import Snapshot, Spending, SpentPoint, Usage


def costly(
    budget: dict[str, object] | None = None, *, calls: int = 40, priced: bool = True, price: float = 0.001
) -> Story:
    """A mission whose calls become dearer, by three agents on three tasks."""
    story = opening()
    story.tell("mission.resumed", reason="", repaired=[], budget=budget if budget is not None else {"usd": 2.0})
    for number in range(calls):
        who = ("worker-1", "worker-2", "validator-1")[number % 3]
        story.tell(
            "model.called",
            who,
            str(number % 3 + 1),
            after_s=7,
            model="maker/large" if number % 4 else "maker/small",
            tokens_in=1000 + 50 * number,
            tokens_cached=800,
            tokens_out=100,
            cost_usd=price * number if priced else None,
            latency_s=1.0,
            text="…",
        )
    return story


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_the_cost_stands_against_the_budget_over_time_and_by_agent(size: tuple[int, int]) -> None:
    snapshot = shown(costly({"usd": 1.5, "tokens": 90_000, "seconds": 600}).events)

    by_agent, by_task, by_model = screens_after(still(snapshot), size, "7", "b", "b")

    assert_screen(f"cost-{size[0]}x{size[1]}", by_agent)
    assert "by agent" in by_agent
    assert re.search(r"│ #1 ", by_task)
    assert re.search(r"│ maker/large .*100%|│ maker/large ", by_model)
    assert "≥ $0.78" in by_agent
    assert max(map(len, by_agent.splitlines())) <= size[0]


def test_the_dearest_comes_first_and_shares_are_of_the_money() -> None:
    parts = parts_of(shown(costly().events).spending, "agent")

    assert [part.name for part in parts[:2]] == ["worker-1", "validator-1"]
    assert sum(part.share for part in parts) == pytest.approx(1)
    assert parts[-1].name == "orchestrator"
    assert parts[-1].share == 0


def test_without_a_price_it_is_called_unknown_and_shares_are_of_tokens() -> None:
    snapshot = shown(costly({}, priced=False).events)

    (text,) = screens_after(still(snapshot), (120, 36), "7")

    assert "unknown" in text
    assert "no limit was set" in text
    assert "tokens over time: no price is known" in text
    assert re.search(r"\d tokens", text)
    assert sum(part.share for part in parts_of(snapshot.spending, "model")) == pytest.approx(1)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_where_nothing_was_paid_tokens_are_drawn_over_time_and_it_says_so(size: tuple[int, int]) -> None:
    (text,) = screens_after(still(shown(costly({}, price=0.0).events)), size, "7")

    assert_screen(f"cost-free-{size[0]}x{size[1]}", text)
    assert "tokens over time: no price is known" in text
    assert "█" in text


def test_the_curve_says_what_it_is_of() -> None:
    def title(cost: float | None, *, unpriced: int = 0) -> str:
        points = (SpentPoint(START, cost, 1, 1), SpentPoint(START + timedelta(seconds=1), cost, 2, 2))
        return plain(plot_title(Spending({"model": {"m": Usage(turns=2, unpriced_turns=unpriced)}}, points)))

    assert title(0.5) == "cost over time"
    assert title(0.0) == "tokens over time: no call cost anything"
    assert title(None, unpriced=2) == "tokens over time: no price is known"
    assert title(0.0, unpriced=1) == "tokens over time: no price is known"
    assert plain(plot_title(Spending())) == ""


def test_a_limit_that_is_used_up_is_said_and_one_that_will_be_says_when() -> None:
    (text,) = screens_after(still(shown(costly({"usd": 0.5, "tokens": 10_000_000}).events)), (120, 36), "7")

    assert re.search(r"usd .*156%  \$0\.78 of \$0\.50  used up", text)
    assert re.search(r"tokens .*1%  \d+\.\dk of 10\.0M  gone in \d+[mhd] at this rate", text)


@pytest.mark.parametrize("event", ["mission.ended", "mission.interrupted", "mission.halted"])
def test_what_nobody_spends_is_gone_at_no_time(event: str) -> None:
    story = costly({"usd": 50.0, "seconds": 1e6})
    story.tell(event, "team-lead", ending="done", reason="", commit="c", word="pause", by="ann")

    (text,) = screens_after(still(shown(story.events)), (120, 36), "7")

    assert "of $50.00" in text
    assert "gone in" not in text


def test_a_curve_has_a_bounded_number_of_points_and_ends_where_the_run_does() -> None:
    spending = shown(costly(calls=5 * MOST_POINTS).events).spending

    assert len(spending.points) <= MOST_POINTS + 2
    assert spending.points[-1].calls == 5 * MOST_POINTS + 1
    times = [point.at for point in spending.points]
    assert times == sorted(times)


@pytest.mark.parametrize("cells", [30, 80, 200])
@pytest.mark.parametrize("count", [2, 3, 500])
def test_a_curve_fits_its_place_never_falls_and_touches_the_top_at_its_end(cells: int, count: int) -> None:
    points = [SpentPoint(START + timedelta(seconds=9 * n), n / 7, n, n) for n in range(count)]

    rows = plot_rows(points, cells, 8)

    assert len(rows) == 8
    assert all(spans_width(row) <= cells for row in rows)
    drawn = [plain(row) for row in rows[:-1]]
    assert drawn[0].endswith("█")
    columns = zip(*(line.split("│")[1].ljust(cells) for line in drawn), strict=False)
    heights = [sum(" ▁▂▃▄▅▆▇█".index(block) for block in column) for column in columns]
    inked = heights[: len(drawn[0].split("│")[1])]
    assert inked == sorted(inked)


def test_one_call_is_no_curve_and_none_is_no_table() -> None:
    assert parts_of(Snapshot().spending, "agent") == []
    (one,) = screens_after(still(shown(opening().events)), (120, 36), "7")

    assert "a curve is drawn from the second call on" in one


def test_enter_tells_one_line_in_full() -> None:
    (text,) = screens_after(still(shown(costly().events)), (120, 36), ["7", "enter"])

    assert "╭─ cost by agent" in text
    assert "of them from the cache" in text
