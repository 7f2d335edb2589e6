"""What the orchestrator decides after the plan: another approach, less, an end; and what a person says to it."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.missions import (
    events_of,
    git,
    journal_of,
    make_repository,
    onecontext,
    plan,
    says,
    start_onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.watching import until
from tests.support.yes import FIRST, NO_A, NO_B, ONE, SECOND, TWO, YES_A, YES_B, A, B

DROP_B = {"drop_tasks": ["second"], "drop_assertions": ["VAL-B-001"]}
PROOF = {"command": "grep -c yes a.txt", "exit_code": 1, "shows": "a says something else"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    repository = make_repository(tmp_path / "repository", {"a.txt": "?\n", "b.txt": "?\n"})
    (repository / "onecontext.toml").write_text("[run]\nmax_attempts = 1\n")
    return repository


def decides(*calls: tuple[str, dict[str, Any]], attempt: int = 2) -> dict[str, Any]:
    """Return the conversation of an orchestrator who decides for the ``attempt - 1``-th time, a call a turn."""
    return {
        "role": "orchestrator",
        "attempt": attempt,
        "turns": [{"call": [{"tool": tool, "args": args}]} for tool, args in calls],
    }


def examiner(*, confirmed: bool, why: str) -> dict[str, Any]:
    call = {"tool": "answer", "args": {"confirmed": confirmed, "why": why}}
    return {"role": "validator", "task": "feasibility", "turns": [{"call": [call]}]}


def run(repository: Path, folder: Path, *conversations: dict[str, Any]) -> Any:
    return onecontext(repository, "run", "Say yes", "--model", write_script(folder, [*conversations]), "--json")


def told_so_far(repository: Path) -> str:
    """Return what the journal of the one mission says, "" before there is one."""
    paths = (repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl")
    return "".join(path.read_text() for path in paths)


def test_a_task_that_failed_gets_another_approach_and_the_mission_is_done(repository: Path, tmp_path: Path) -> None:
    other = {**FIRST, "subject": "Let a say yes with another tool", "description": "Use the other tool."}
    pivot = decides(("change_plan", {"choice": "another_approach", "reason": "the tool was wrong", "tasks": [other]}))
    again = work("first", YES_A, attempt=2)

    ran = run(repository, tmp_path, pivot, ONE, again, work("first", NO_A), verdict())

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    (decided,) = events_of(repository, "mission.decided")
    assert (decided.data["choice"], decided.data["about"]) == ("another_approach", [["1", 1]])
    (revised,) = events_of(repository, "task.revised")
    assert revised.data["task"]["description"] == "Use the other tool."
    # What the first approach left is not what the second begins with.
    assert revised.data["task"]["metadata"]["onecontext"]["evidence"] == {}
    assert "decides: another_approach: the tool was wrong" in ran.stderr


def test_to_ask_for_less_is_said_in_the_ending(repository: Path, tmp_path: Path) -> None:
    pivot = decides(
        (
            "change_plan",
            {"choice": "shrink", "reason": "b is read-only", **DROP_B},
        )
    )

    ran = run(repository, tmp_path, pivot, TWO, work("first", YES_A), work("second", NO_B), verdict())

    assert ran.code == 0, ran.stderr
    assert ran.data["reason"].endswith("; given up: VAL-B-001 (b is read-only)")
    assert [event.data["task"]["id"] for event in events_of(repository, "task.deleted")] == ["2"]
    assert [task["key"] for task in ran.data["tasks"]] == ["first"]


def test_an_approach_that_asks_for_less_without_saying_so_is_refused_and_can_be_mended(
    repository: Path, tmp_path: Path
) -> None:
    weaker = {**A, "command": "true"}
    hidden = {"choice": "another_approach", "reason": "so it passes", "assertions": [weaker], "tasks": [FIRST]}
    honest = {
        "choice": "shrink",
        "reason": "yes cannot be said",
        "assertions": [weaker],
        "tasks": [{**FIRST, "subject": "Let a be"}],
    }
    pivot = decides(("change_plan", hidden), ("change_plan", honest))

    ran = run(repository, tmp_path, pivot, ONE, work("first", NO_A), verdict())

    assert ran.code == 0, ran.stderr
    assert "given up: VAL-A-001 (yes cannot be said)" in ran.data["reason"]
    refused = [event for event in events_of(repository, "tool.result") if not event.data["ok"]]
    assert "that is to shrink" in refused[0].data["output"]


def test_what_failed_may_not_be_left_as_it_is(repository: Path, tmp_path: Path) -> None:
    beside = {"key": "third", "subject": "Let a say yes some day", "assertions": ["VAL-C-001"]}
    new = {"id": "VAL-C-001", "text": "c", "command": "true"}
    pivot = decides(
        ("change_plan", {"choice": "another_approach", "reason": "more", "tasks": [beside], "assertions": [new]}),
        ("stop_mission", {"ending": "blocked", "reason": "somebody must say which tool"}),
    )

    ran = run(repository, tmp_path, pivot, ONE, work("first", NO_A), verdict())

    assert (ran.code, ran.data["ending"], ran.data["reason"]) == (10, "blocked", "somebody must say which tool")
    refused = [event for event in events_of(repository, "tool.result") if not event.data["ok"]]
    assert "first failed and would stay blocked" in refused[0].data["output"]


def test_after_as_many_pivots_as_are_allowed_the_mission_is_blocked(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[run]\nmax_attempts = 1\npivots = 1\n")
    other = {**FIRST, "subject": "Let a say yes otherwise"}
    pivot = decides(("change_plan", {"choice": "another_approach", "reason": "otherwise", "tasks": [other]}))

    ran = run(repository, tmp_path, pivot, ONE, work("first", NO_A), verdict())

    assert (ran.code, ran.data["ending"]) == (10, "blocked")
    assert "task 1 first is blocked" in ran.data["reason"]
    assert len(events_of(repository, "mission.decided")) == 1


def test_what_cannot_be_done_ends_as_infeasible_once_a_validator_confirms_it(repository: Path, tmp_path: Path) -> None:
    stop = {"ending": "infeasible", "reason": "a is the law and says no", "proofs": [PROOF]}
    examined = examiner(confirmed=True, why="the law cannot be changed here")

    ran = run(repository, tmp_path, examined, decides(("stop_mission", stop)), ONE, work("first", NO_A), verdict())

    assert (ran.code, ran.data["ending"], ran.data["reason"]) == (10, "infeasible", "a is the law and says no")
    (told,) = events_of(repository, "mission.examined")
    assert (told.data["verdict"], told.data["findings"]) == ("confirmed", ["the law cannot be changed here"])
    assert [check["exit_code"] for check in told.data["checks"]] == [1]


def test_that_it_cannot_be_done_may_be_found_out_before_there_is_a_plan(repository: Path, tmp_path: Path) -> None:
    call = {"tool": "stop_mission", "args": {"ending": "infeasible", "reason": "no such thing", "proofs": [PROOF]}}
    planning = {"role": "orchestrator", "attempt": 1, "turns": [{"call": [call]}]}

    ran = run(repository, tmp_path, examiner(confirmed=True, why="so it is"), planning)

    assert (ran.code, ran.data["ending"], ran.data["commit"]) == (10, "infeasible", None)
    assert events_of(repository, "mission.planned") == []


def test_infeasible_needs_proofs_that_do_what_is_said_and_a_validator_who_agrees(
    repository: Path, tmp_path: Path
) -> None:
    def stop(*proofs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "stop_mission", {"ending": "infeasible", "reason": "it cannot be", "proofs": [*proofs]}

    pivot = decides(
        stop(),
        stop({**PROOF, "exit_code": 0}),
        stop(PROOF),
        ("stop_mission", {"ending": "blocked", "reason": "a person must look"}),
    )

    ran = run(
        repository,
        tmp_path,
        examiner(confirmed=False, why="nobody tried sed"),
        pivot,
        ONE,
        work("first", NO_A),
        verdict(),
    )

    assert (ran.code, ran.data["ending"]) == (10, "blocked")
    said = [
        event.data["output"] for event in events_of(repository, "tool.result") if event.data["tool"] == "stop_mission"
    ]
    assert "needs proofs" in said[0]
    assert "exits 1, not 0" in said[1]
    assert "nobody tried sed" in said[2]
    assert [event.data["verdict"] for event in events_of(repository, "mission.examined")] == ["refuted", "refuted"]


def test_what_was_accepted_stays_as_it_is(repository: Path, tmp_path: Path) -> None:
    less = {
        "choice": "shrink",
        "reason": "none",
        "drop_tasks": ["first"],
        "drop_assertions": ["VAL-A-001"],
    }
    pivot = decides(("change_plan", less), ("stop_mission", {"ending": "blocked", "reason": "enough"}))

    ran = run(repository, tmp_path, pivot, TWO, work("first", YES_A), work("second", NO_B), verdict())

    assert ran.code == 10
    refused = [event for event in events_of(repository, "tool.result") if not event.data["ok"]]
    assert "first was accepted and stays as it is" in refused[0].data["output"]


def test_an_orchestrator_that_does_not_decide_leaves_the_mission_blocked(repository: Path, tmp_path: Path) -> None:
    silent = {"role": "orchestrator", "attempt": 2, "turns": [{"say": "I do not know."}]}

    ran = run(repository, tmp_path, silent, ONE, work("first", NO_A), verdict())

    assert (ran.code, ran.data["ending"]) == (10, "blocked")
    (decided,) = events_of(repository, "mission.decided")
    assert decided.data["choice"] == "none"


def test_a_word_from_outside_changes_the_plan_of_a_mission_that_rests(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[run]\nmax_attempts = 1\npivots = 0\n")
    assert run(repository, tmp_path, ONE, work("first", NO_A), verdict()).code == 10
    other = {**FIRST, "subject": "Let a say yes in capitals", "assertions": ["VAL-A-002"]}
    loud = {"id": "VAL-A-002", "text": "a says YES", "command": says("YES", "a.txt")}
    changed = {
        "choice": "shrink",
        "reason": "Ann wants capitals",
        "tasks": [other],
        "assertions": [loud],
        "drop_assertions": ["VAL-A-001"],
    }
    write_script(
        tmp_path,
        [
            decides(("change_plan", changed)),
            work("first", ("write_file", {"path": "a.txt", "text": "YES\n"})),
            verdict(),
        ],
    )

    told = onecontext(repository, "redirect", "In capitals, please", "--as", "ann", "--json")
    ran = onecontext(repository, "resume", "--json")

    assert (told.code, told.data["running"]) == (0, False)
    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "YES"
    (redirected,) = events_of(repository, "mission.redirected")
    (decided,) = events_of(repository, "mission.decided")
    assert (redirected.data["by"], decided.data["answers"]) == ("ann", [redirected.id])


def test_a_word_that_changes_nothing_is_answered_and_asked_about_once(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[run]\nmax_attempts = 1\npivots = 0\n")
    assert run(repository, tmp_path, ONE, work("first", NO_A), verdict()).code == 10
    write_script(tmp_path, [decides(("carry_on", {"reason": "that is the plan"}))])
    onecontext(repository, "redirect", "Let a say yes")

    first, second = (onecontext(repository, "resume", "--json") for _ in range(2))

    assert (first.code, second.code) == (10, 10)
    assert [event.data["choice"] for event in events_of(repository, "mission.decided")] == ["carry_on"]


def test_a_word_to_a_running_mission_takes_work_from_who_does_it(repository: Path, tmp_path: Path) -> None:
    slow = {"tool": "run", "args": {"command": "sleep 5"}}
    other = {**FIRST, "subject": "Let a say yes at once"}
    script = write_script(
        tmp_path,
        [
            decides(("change_plan", {"choice": "another_approach", "reason": "Ann is in a hurry", "tasks": [other]})),
            ONE,
            {
                "agent": "worker-1",
                "role": "worker",
                "turns": [{"call": [slow]}, {"call": [{"tool": "finish", "args": {"summary": "slept"}}]}],
            },
            {**work("first", YES_A), "agent": "worker-2"},
            verdict(),
        ],
    )
    mission = start_onecontext(repository, "run", "Say yes", "--model", script)
    assert until(lambda: "sleep 5" in told_so_far(repository))

    told = onecontext(repository, "redirect", "At once, please", "--json")

    assert told.data["running"] is True
    assert mission.wait(60) == 0
    (submitted,) = events_of(repository, "task.submitted")
    assert submitted.agent == "worker-2"
    # What was taken from worker-1 it does not try to give back.
    assert events_of(repository, "violation") == []


def test_a_word_that_comes_while_the_end_is_measured_is_heard(repository: Path, tmp_path: Path) -> None:
    slow = {**A, "command": f"sleep 0.7 && {says('yes', 'a.txt')}"}
    more = {"tasks": [{**SECOND, "after": []}], "assertions": [B]}
    script = write_script(
        tmp_path,
        [
            decides(("change_plan", {"choice": "another_approach", "reason": "b as well", **more})),
            plan([slow], [FIRST]),
            work("first", YES_A),
            work("second", YES_B),
            verdict(),
        ],
    )
    mission = start_onecontext(repository, "run", "Say yes", "--model", script)
    # The task's own measuring is over, and that of the whole branch has begun.
    assert until(lambda: "task.completed" in told_so_far(repository))

    told = onecontext(repository, "redirect", "b should say yes, too", "--json")

    assert told.data["running"] is True
    assert mission.wait(60) == 0
    assert [event.task for event in events_of(repository, "work.merged")] == ["1", "2"]


def test_nothing_is_said_to_a_mission_that_is_done(repository: Path, tmp_path: Path) -> None:
    assert run(repository, tmp_path, ONE, work("first", YES_A), verdict()).code == 0

    ran = onecontext(repository, "redirect", "Once more")

    assert ran.code == 3
    assert "is done" in ran.stderr
    assert onecontext(repository, "redirect", "  ").code == 2
    assert events_of(repository, "mission.redirected") == []


def test_a_decision_that_a_kill_kept_from_the_board_is_put_there_by_resume(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[run]\nmax_attempts = 1\npivots = 0\n")
    assert run(repository, tmp_path, ONE, work("first", NO_A), verdict()).code == 10
    journal = journal_of(repository)
    (planned,) = events_of(repository, "mission.planned")
    contract = {
        **planned.data["contract"],
        "tasks": [{**FIRST, "subject": "Let a say yes otherwise", "description": "", "after": []}],
    }
    journal.append(
        "mission.decided",
        {
            "choice": "another_approach",
            "reason": "otherwise",
            "about": [["1", 1]],
            "answers": [],
            "tasks": {"first": 1},
            "dropped": [],
            "given_up": [],
            "contract": contract,
        },
        mission=planned.mission,
        agent="team-lead",
    )
    write_script(tmp_path, [work("first", YES_A), verdict()])

    ran = onecontext(repository, "resume", "--json")

    assert ran.code == 0, ran.stderr
    assert [event.data["task"]["subject"] for event in events_of(repository, "task.revised")] == [
        "Let a say yes otherwise"
    ]
