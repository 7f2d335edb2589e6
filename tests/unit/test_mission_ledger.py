"""What models cost is added up from the journal; what nobody knows is not called free."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onecontext.cli.main import main
from teams.engine.event import Event
from teams.mission.spending.ledger import GROUPS, NOBODY, Spent, spent, spent_by
from teams.protocol.team import Team


def call(agent: str | None = "ann", *, task: str | None = None, mission: str | None = None, **data: Any) -> Event:
    told = {
        "model": "m",
        "tokens_in": 10,
        "tokens_cached": 4,
        "tokens_out": 2,
        "cost_usd": 0.5,
        "latency_s": 1.5,
        **data,
    }
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Event(
        seq=1, id="i", at=at, type="model.called", team="t", data=told, agent=agent, task=task, mission=mission
    )


def test_calls_are_added_up() -> None:
    both = spent([call(), call(cost_usd=0.25, scripted=True)])

    assert both == Spent(
        calls=2,
        scripted=1,
        tokens_in=20,
        tokens_cached=8,
        tokens_out=4,
        known_usd=0.75,
        unpriced=0,
        seconds=3.0,
        counted_tokens=24,
        counted_usd=0.75,
    )
    assert both.cost_usd == 0.75


def test_a_call_without_a_price_leaves_the_sum_unknown_and_what_is_known_stands() -> None:
    both = spent([call(), call(cost_usd=None)])

    assert (both.cost_usd, both.known_usd, both.unpriced) == (None, 0.5, 1)


def test_what_another_program_tells_together_counts_as_the_calls_it_made_and_nonsense_as_one() -> None:
    assert spent([call(calls=7), call(), call(calls=0), call(calls=-3), call(calls="9"), call(calls=1e300)]).calls == 12


def test_nothing_called_is_nothing_spent() -> None:
    assert spent([]) == Spent()
    assert spent([]).cost_usd == 0.0


def test_other_events_are_passed_over() -> None:
    other = call()
    other = Event(other.seq, other.id, other.at, "agent.state", other.team, other.data)
    assert spent_by([other], GROUPS["agent"]) == {}


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("agent", ["ann", "bob", NOBODY]),
        ("task", ["#1", NOBODY]),
        ("model", ["m", "n"]),
        ("mission", ["x", NOBODY]),
    ],
)
def test_calls_are_grouped_in_the_order_in_which_the_groups_began(by: str, names: list[str]) -> None:
    events = [call(task="1", mission="x"), call("bob", model="n"), call(None), call(task="1", mission="x")]

    groups = spent_by(events, GROUPS[by])

    assert list(groups) == names
    assert sum(some.calls for some in groups.values()) == 4


@given(
    st.dictionaries(
        st.sampled_from(["tokens_in", "tokens_cached", "tokens_out", "cost_usd", "latency_s", "scripted", "model"]),
        st.sampled_from([None, True, -1, 3, 10**400, 0.5, -0.5, 1e308, float("inf"), float("nan"), "7", [1], {}]),
    )
)
def test_whatever_a_journal_says_a_sum_is_a_sum(data: dict[str, Any]) -> None:
    some = spent([call(**data)])

    assert some.calls == 1
    assert all(value >= 0 for value in (some.tokens_in, some.tokens_cached, some.tokens_out, some.known_usd))
    assert some.cost_usd is None or some.cost_usd == some.known_usd
    assert len(spent_by([call(**data)], GROUPS["model"])) == 1


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".onecontext")
    for event in (call(mission="x", task="1"), call("bob", mission="y", cost_usd=None, model="local\x1b[31m")):
        team.journal.append("model.called", event.data, agent=event.agent, mission=event.mission, task=event.task)
    return team


def typed(cwd: Path, *argv: str) -> tuple[int, str]:
    out = io.StringIO()
    code = main(argv, env={}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=io.StringIO())
    return code, out.getvalue()


def test_cost_is_shown_by_agent_and_together(team: Team, tmp_path: Path) -> None:
    code, out = typed(tmp_path, "cost")

    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["agent", "calls", "tokens", "in", "cached", "out", "seconds", "cost"],
        ["ann", "1", "10", "4", "2", "1.5", "$0.50"],
        ["bob", "1", "10", "4", "2", "1.5", "unknown"],
        ["together", "2", "20", "8", "4", "3.0", "≥", "$0.50"],
    ]


def test_cost_of_one_mission_by_model_as_json(team: Team, tmp_path: Path) -> None:
    code, out = typed(tmp_path, "cost", "--by", "model", "--mission", "x", "--json")
    data = json.loads(out)["data"]

    assert (code, data["by"], [group["model"] for group in data["groups"]]) == (0, "model", ["m"])
    assert data["together"]["cost_usd"] == 0.5
    assert data["together"]["calls"] == 1


def test_a_name_in_the_journal_cannot_paint_the_terminal(team: Team, tmp_path: Path) -> None:
    assert "\x1b" not in typed(tmp_path, "cost", "--by", "model")[1]


def test_a_team_that_called_no_model_says_so(tmp_path: Path) -> None:
    Team.create("crew", root=tmp_path / ".onecontext")

    assert typed(tmp_path, "cost") == (0, "no model was called\n")


@pytest.mark.parametrize("number", [1e308, 1.7e308, 10**400, float("inf"), float("nan")])
def test_sums_stay_numbers_that_json_has(number: float) -> None:
    both = spent([call(cost_usd=number, latency_s=number, tokens_in=number)] * 3)

    json.dumps([both.known_usd, both.seconds, both.tokens_in], allow_nan=False)
    assert both.cost_usd is None


def test_a_name_in_the_journal_is_one_line_of_the_table(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path / ".onecontext", cwd=tmp_path)
    data = {"model": "m\ntogether  0\x1b[2J" + "x" * 500, "tokens_in": 1, "tokens_out": 1, "cost_usd": 0.5}
    team.journal.append("model.called", data, agent="ann")
    out = io.StringIO()
    code = main(["cost", "--by", "model"], env={}, cwd=tmp_path, stdin=io.StringIO(), stdout=out, stderr=io.StringIO())

    assert code == 0
    assert len(out.getvalue().splitlines()) == 3
    assert "\x1b" not in out.getvalue()
