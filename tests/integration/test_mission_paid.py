"""A mission that may not spend all it would: it ends saying so, keeps what it did, and goes on with more."""

import re
from pathlib import Path

import pytest
import yaml

from tests.integration.asking import MARKS
from tests.integration.openai_server import OpenAIServer, call, streamed
from tests.integration.test_mission_real_model import play
from tests.support.missions import events_of, make_repository, onecontext, plan, says, verdict, work, write_script

pytestmark = MARKS
KEY = {"OPENAI_API_KEY": "sk-local-key-of-a-test-0123456789"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"a.txt": "no\n", "b.txt": "no\n"})


def script(folder: Path, *, turns: int = 0) -> str:
    """Two tasks side by side; ``turns`` more for the first."""
    assertions = [
        {"id": f"VAL-{name.upper()}-001", "text": f"{name} says yes", "command": says("yes", f"{name}.txt")}
        for name in "ab"
    ]
    tasks = [{"key": n, "subject": f"Let {n} say yes", "assertions": [f"VAL-{n.upper()}-001"]} for n in "ab"]
    conversations = [work(name, ("write_file", {"path": f"{name}.txt", "text": "yes\n"})) for name in "ab"]
    look = {"call": [{"tool": "read_file", "args": {"path": "a.txt"}}]}
    conversations[0]["turns"] = [look] * turns + conversations[0]["turns"]
    return write_script(folder, [plan(assertions, tasks), *conversations, verdict(task="a"), verdict(task="b")])


def run(repository: Path, model: str, *arguments: str):  # type: ignore[no-untyped-def]
    return onecontext(repository, "run", "Say yes", "--model", model, "--sandbox", "none", "--json", *arguments)


def endings(repository: Path) -> list[tuple[str, str]]:
    return [(event.data["ending"], event.data["reason"]) for event in events_of(repository, "mission.ended")]


def test_a_mission_ends_where_its_budget_does_and_goes_on_with_more(repository: Path, tmp_path: Path) -> None:
    ran = run(repository, script(tmp_path), "--budget-calls", "4")

    assert ran.code == 10
    assert endings(repository) == [
        (
            "budget_exhausted",
            f"the budget of {ran.data['mission']} has no room for another call: 4 of 4 calls are spent",
        )
    ]
    assert len(events_of(repository, "model.called")) == 4

    # Nothing more is to be had without more being allowed, and saying so costs no call.
    assert onecontext(repository, "resume", "--sandbox", "none").code == 10
    assert len(events_of(repository, "model.called")) == 4

    more = onecontext(repository, "resume", "--sandbox", "none", "--budget-calls", "40", "--json")
    assert more.code == 0, more.stderr
    assert more.data["ending"] == "done"


def test_a_plan_that_cannot_be_paid_is_not_made(repository: Path, tmp_path: Path) -> None:
    ran = run(repository, script(tmp_path), "--budget-tokens", "300")

    assert ran.code == 10
    assert events_of(repository, "model.called") == []
    assert endings(repository)[0][0] == "budget_exhausted"


def test_a_task_that_takes_too_much_is_blocked_and_the_others_are_done(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[budget.task]\ncalls = 4\n")

    ran = run(repository, script(tmp_path, turns=6))

    assert ran.code == 10
    ((ending, reason),) = endings(repository)
    assert (ending, "the budget of task a has no room for another call: 4 of 4" in reason) == ("blocked", True)
    assert {task["key"]: task["state"] for task in ran.data["tasks"]} == {"a": "blocked", "b": "done"}


def test_a_worker_that_took_its_share_is_given_nothing_more(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[budget.agent]\ncalls = 3\n")

    ran = run(repository, script(tmp_path, turns=6), "--workers", "2")

    assert ran.code == 10
    ((ending, reason),) = endings(repository)
    assert ending == "budget_exhausted"
    assert "the budget of agent worker-1 has no room for another call: 3 of 3" in reason
    by_agent: dict[str, int] = {}
    for event in events_of(repository, "model.called"):
        by_agent[event.agent or ""] = by_agent.get(event.agent or "", 0) + 1
    assert max(by_agent.values()) <= 3


@pytest.mark.parametrize(("usd", "code"), [("0.003", 0), ("0.001", 10)])
def test_dollars_hold_over_http_and_every_answer_is_bounded(repository: Path, usd: str, code: int) -> None:
    with OpenAIServer().running() as server:
        server.plan(play)
        command = ["run", "Say yes", "--model", "openai/gpt-4o-mini", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--budget-usd", usd, "--json", env=KEY)

        assert ran.code == code, ran.stderr
        cost = ran.data["spent"]["cost_usd"]
        assert cost is not None
        assert cost <= float(usd)
        assert all(0 < request["max_tokens"] < 16_384 for request in server.requests)


def test_a_model_of_unknown_price_takes_no_budget_in_dollars(repository: Path) -> None:
    with OpenAIServer().running() as server:
        server.plan(play)
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--budget-usd", "1", env=KEY)

        assert ran.code == 3
        assert "nobody knows the price of openai/local" in ran.stderr
        assert server.requests == []


def test_who_says_nothing_of_what_it_took_does_not_answer_for_ever(repository: Path) -> None:
    with OpenAIServer().running() as server:
        looks = [call(0, id="c", name="read_file", arguments=f'{{"path": "{number}.txt"}}') for number in range(30)]
        server.plan(*(streamed(look, finish="tool_calls", usage=None) for look in looks))
        command = ["run", "Say yes", "--model", "openai/gpt-4o-mini", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--budget-tokens", "20000", "--json", env=KEY)
        took = [event.data["tokens_in"] + event.data["tokens_out"] for event in events_of(repository, "model.called")]

        assert ran.code == 10, ran.stderr
        assert all(tokens > 0 for tokens in took)
        assert sum(took) <= 20_000


def test_no_model_is_asked_for_more_than_it_can_say(repository: Path) -> None:
    with OpenAIServer().running() as server:
        server.plan(play)
        command = ["run", "Say yes", "--model", "openai/gpt-3.5-turbo", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--budget-calls", "50", env=KEY)

        assert ran.code == 0, ran.stderr
        assert {request["max_tokens"] for request in server.requests} == {4096}


def test_what_was_allowed_last_is_what_is_allowed(repository: Path, tmp_path: Path) -> None:
    assert run(repository, script(tmp_path), "--budget-calls", "4").code == 10
    assert onecontext(repository, "resume", "--sandbox", "none", "--budget-calls", "5").code == 10
    assert len(events_of(repository, "model.called")) == 5

    ((_, first), (_, second)) = endings(repository)
    assert onecontext(repository, "resume", "--sandbox", "none").code == 10
    assert endings(repository)[-1][1] == second != first


def waits(folder: Path, *, task: str, wait_s: float) -> str:
    """A script of two tasks; each turn of the one takes so long."""
    path = Path(script(folder, turns=3).removeprefix("scripted:"))
    document = yaml.safe_load(path.read_text())
    for conversation in document["conversations"]:
        if conversation["role"] == "worker" and conversation["task"] == task:
            for turn in conversation["turns"]:
                turn["wait_s"] = wait_s
    return write_script(folder, document["conversations"])


def test_a_mission_works_no_longer_than_it_may_and_goes_on_with_more(repository: Path, tmp_path: Path) -> None:
    slow = waits(tmp_path, task="a", wait_s=3.0)

    ran = run(repository, slow, "--budget-seconds", "8")

    assert ran.code == 10, ran.stderr
    ((ending, reason),) = endings(repository)
    assert ending == "budget_exhausted"
    assert re.fullmatch(rf"the budget of {ran.data['mission']} has no time left: \d+ of 8 s are over", reason)
    # What was at work was given back in order.
    assert [task["state"] for task in ran.data["tasks"] if task["key"] == "a"] == ["ready"]

    # Nothing more is begun without more being allowed.
    called = len(events_of(repository, "model.called"))
    assert onecontext(repository, "resume", "--sandbox", "none").code == 10
    assert len(events_of(repository, "model.called")) == called

    more = onecontext(repository, "resume", "--sandbox", "none", "--budget-seconds", "600", "--json")
    assert more.code == 0, more.stderr


def test_a_task_that_takes_too_long_is_blocked_and_the_others_are_done(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[budget.task]\nseconds = 6\n")

    ran = run(repository, waits(tmp_path, task="a", wait_s=2.5))

    assert ran.code == 10
    ((ending, reason),) = endings(repository)
    assert (ending, "the budget of task a has no time left" in reason) == ("blocked", True)
    assert {task["key"]: task["state"] for task in ran.data["tasks"]} == {"a": "blocked", "b": "done"}


def test_who_answered_is_told_by_provider(repository: Path, tmp_path: Path) -> None:
    judge = write_script(tmp_path, [verdict()])
    with OpenAIServer().running() as server:
        server.plan(play)
        (repository / "onecontext.toml").write_text(f'[model]\nroles = {{ validator = "{judge}" }}\n')
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--json", env=KEY)
        assert ran.code == 0, ran.stderr
        host = server.url.removeprefix("http://").removesuffix("/v1")

    told = onecontext(repository, "cost", "--by", "provider", "--json").data
    assert {group["provider"]: group["calls"] > 0 for group in told["groups"]} == {host: True, "scripted": True}
